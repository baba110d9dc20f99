"""Who wrote a field last, by managedFields as the API server keeps them."""

from __future__ import annotations

from typing import Any

import pytest

from kubectl_calico_nic.owners.last_writer import (
    STRATEGY_PATH,
    Writer,
    env_path,
    last_writer,
    network_path,
)

OURS = "kubectl-calico-nic"
METHOD = "IP_AUTODETECTION_METHOD"


def entry(manager: str, at: str, *names: str, **more: Any) -> dict[str, Any]:
    env = {f'k:{{"name":"{name}"}}': {".": {}, "f:value": {}} for name in names}
    containers = {'k:{"name":"calico-node"}': {"f:env": env}}
    spec = {"f:template": {"f:spec": {"f:containers": containers}}}
    return {"manager": manager, "time": at, "fieldsV1": {"f:spec": spec}, **more}


def written(*entries: Any) -> Writer | None:
    item = {"metadata": {"managedFields": list(entries)}}
    return last_writer(item, [env_path(METHOD), env_path("IP")], OURS)


def test_who_has_the_field_wrote_it() -> None:
    found = written(
        entry(OURS, "2026-01-01T02:00:00Z", "IP"),
        entry("argocd-controller", "2026-01-01T02:00:03Z", METHOD),
        entry("helm", "2026-01-01T02:00:09Z", "FELIX_X"),
    )
    assert found == Writer("argocd-controller", "2026-01-01T02:00:03Z")


def test_what_only_this_program_has_was_written_by_who_came_after_it() -> None:
    """It is asked about what is not as this program set it: it may be one entry of two."""
    ours, before = entry(OURS, "2026", METHOD), entry("helm", "2025-01-01T00:00:00Z")
    assert written(before, ours) is None
    after = entry("kubectl-edit", "2026-01-01T02:00:01Z", "FELIX_X")
    assert written(before, ours, after) == Writer("kubectl-edit", "2026-01-01T02:00:01Z")


def test_a_field_that_was_removed_was_written_by_who_came_after_us() -> None:
    ours = entry(OURS, "2026-01-01T02:00:00Z")
    after = entry("kubectl-edit", "2026-01-01T02:00:01Z")
    status = entry("kube-controller-manager", "2026-01-01T02:00:05Z", subresource="status")
    assert written(ours, after, status) == Writer("kubectl-edit", "2026-01-01T02:00:01Z")
    assert written(ours, entry("helm", "2025-12-31T00:00:00Z"), status) is None


def test_the_update_strategy() -> None:
    def typed(manager: str, at: str, *keys: str) -> dict[str, Any]:
        fields = {"f:spec": {"f:updateStrategy": {f"f:{key}": {} for key in keys}}}
        return {"manager": manager, "time": at, "fieldsV1": fields}

    first = typed("helm", "2026-01-01T02:00:09Z", "rollingUpdate")
    later = typed("kubectl-patch", "2026-01-01T02:00:05Z", "type")
    item = {"metadata": {"managedFields": [first, entry(OURS, "2026"), later]}}
    found = last_writer(item, [STRATEGY_PATH], OURS)
    assert found == Writer("kubectl-patch", "2026-01-01T02:00:05Z")


def test_a_field_of_an_installation() -> None:
    fields = {"f:spec": {"f:calicoNetwork": {"f:nodeAddressAutodetectionV4": {}}}}
    entries = [{"manager": "kustomize-controller", "time": "2026", "fieldsV1": fields}]
    item = {"metadata": {"managedFields": entries}}
    paths = [network_path("nodeAddressAutodetectionV4")]
    assert last_writer(item, paths, OURS) == Writer("kustomize-controller", "2026")


@pytest.mark.parametrize(
    "listed",
    [None, "x", [], [None], [{"manager": 1}], [{"manager": "a", "fieldsV1": [], "time": 3}]],
)
def test_what_cannot_be_told_is_not_guessed(listed: Any) -> None:
    found = last_writer({"metadata": {"managedFields": listed}}, [env_path("IP")], OURS)
    assert found in (None, Writer("a", ""))
