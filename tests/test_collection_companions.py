"""Objects that marks point to: read where rights allow, passed over without a word where not."""

from __future__ import annotations

from typing import Any

import pytest

from kubectl_calico_nic.cluster.errors import ApiError
from kubectl_calico_nic.collection.companions import read_companions
from kubectl_calico_nic.snapshot.companions import Reference

CONFIG = Reference("helm.cattle.io", ("v1",), "helmchartconfigs", "rke2-calico", "kube-system")
RELEASE = Reference("helm.toolkit.fluxcd.io", ("v2", "v2beta2"), "helmreleases", "net", "flux")
APPLICATION = Reference("argoproj.io", ("v1alpha1",), "applications", "net")
CONFIG_PATH = "/apis/helm.cattle.io/v1/namespaces/kube-system/helmchartconfigs/rke2-calico"


class Api:
    """Answers by path; everything else is not found."""

    def __init__(self, answers: dict[str, Any]) -> None:
        self._answers = answers
        self.asked: list[str] = []

    def get(self, path: str, query: Any = ()) -> Any:
        self.asked.append(path)
        found = self._answers.get(path, ApiError(404, "NotFound", "not found"))
        if isinstance(found, Exception):
            raise found
        return found

    def pages(self, path: str, query: Any = (), limit: int = 250) -> Any:
        (selector,) = query
        return iter([self.get(f"{path}?{selector[0]}={selector[1]}")])


def read(answers: dict[str, Any], *references: Reference) -> Any:
    api = Api(answers)
    return *read_companions(api, references), api.asked  # type: ignore[arg-type]


def config(content: Any) -> dict[str, Any]:
    return {CONFIG_PATH: {"spec": {"valuesContent": content}}}


def test_the_yaml_of_a_helm_chart_config_is_read() -> None:
    found, gaps, _ = read(config("installation:\n  registry: x\n"), CONFIG)
    assert found[CONFIG][0].values == {"installation": {"registry": "x"}}
    assert gaps == ()


@pytest.mark.parametrize(
    "content",
    [
        *("- a", "a: [", "", None, 7, "!!python/name:os.system x", "[" * 5000),
        *("a: !!bool x", 'a: !!int ""', 'a: !!float ""', "a: !!timestamp x", "? [a]\n: b"),
    ],
)
def test_what_is_no_mapping_of_values_is_none(content: Any) -> None:
    found, gaps, _ = read(config(content), CONFIG)
    (companion,) = found[CONFIG]
    assert (companion.values, gaps) == (None, ())


def test_an_older_version_of_the_api_is_tried() -> None:
    path = "/apis/helm.toolkit.fluxcd.io/v2beta2/namespaces/flux/helmreleases/net"
    found, _, asked = read({path: {"spec": {"suspend": True}}}, RELEASE)
    assert found[RELEASE][0].spec == {"suspend": True}
    assert len(asked) == 2


def test_an_application_is_looked_for_in_every_namespace() -> None:
    path = "/apis/argoproj.io/v1alpha1/applications?fieldSelector=metadata.name=net"
    found, _, asked = read({path: [{"metadata": {"name": "net"}}]}, APPLICATION)
    assert asked == [path]
    assert found[APPLICATION][0].metadata == {"name": "net"}


def test_a_missing_right_and_a_missing_crd_are_no_gap() -> None:
    found, gaps, _ = read({CONFIG_PATH: ApiError(403, "Forbidden", "forbidden")}, CONFIG, RELEASE)
    assert (found, gaps) == ({RELEASE: ()}, ())


def test_any_other_failure_is_one() -> None:
    found, (gap,), _ = read({CONFIG_PATH: ApiError(500, "InternalError", "boom")}, CONFIG)
    assert found == {}
    assert (gap.verb, gap.resource) == ("get", "helmchartconfigs.helm.cattle.io")
    assert not gap.forbidden


@pytest.mark.parametrize("name", ["../../secrets/x", "a,b=c", "A", "x/y", "", "."])
def test_a_mark_that_is_no_name_asks_for_nothing(name: str) -> None:
    one = Reference("argoproj.io", ("v1alpha1",), "applications", name)
    other = Reference("argoproj.io", ("v1alpha1",), "applications", "net", name or "..")
    assert read({}, one, other)[2] == []
