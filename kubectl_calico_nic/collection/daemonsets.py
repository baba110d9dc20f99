"""Finds the calico-node DaemonSets of a cluster."""

from __future__ import annotations

from collections.abc import Sequence

from kubectl_calico_nic.cluster.errors import ApiError
from kubectl_calico_nic.collection.port import Api
from kubectl_calico_nic.errors import CalicoNicError, UsageError
from kubectl_calico_nic.snapshot.daemonset import CONTAINER, DaemonSet
from kubectl_calico_nic.snapshot.shape import is_daemon_set
from kubectl_calico_nic.snapshot.snapshot import Gap
from kubectl_calico_nic.snapshot.undo_record import RECORD_ANNOTATION

USUAL_NAMESPACES = ("kube-system", "calico-system")
"""Where upstream manifests and the operator put calico-node."""


class DaemonSetNotFound(CalicoNicError):
    """There is no calico-node DaemonSet where it was looked for."""


def find_daemon_sets(
    api: Api, namespace: str | None, wanted: str | None
) -> tuple[tuple[DaemonSet, ...], tuple[Gap, ...]]:
    """Find every DaemonSet with a container named calico-node, sorted by key.

    ``namespace`` narrows the search (``-n``), ``wanted`` is ``--daemonset [NAMESPACE/]NAME``.
    Where listing all namespaces is forbidden, the usual ones are tried, which is a gap.

    Raises:
        DaemonSetNotFound: there is none; says where it looked.
        ApiError: no DaemonSet may be read anywhere.
    """
    place, _, name = (wanted or "").rpartition("/")
    namespace = place or namespace
    gaps: tuple[Gap, ...] = ()
    try:
        found = _list(api, namespace)
    except ApiError as error:
        if error.status != 403 or namespace:
            raise
        found = _list_usual_namespaces(api, error)
        gaps = (Gap("list", "daemonsets.apps", str(error), forbidden=True),)
    chosen = sorted((item for item in found if not name or item.name == name), key=_key)
    if not chosen:
        raise DaemonSetNotFound(_not_found(namespace, name, bool(gaps)))
    return tuple(chosen), gaps


def the_one(found: Sequence[DaemonSet]) -> DaemonSet:
    """The DaemonSet that is meant, where there is one only.

    Raises:
        UsageError: there are several; names them, and those that a change is recorded on. Even
            where that is one only, it need not be the one that is meant.
    """
    if len(found) == 1:
        return found[0]
    names = ", ".join(item.key for item in found)
    recorded = ", ".join(item.key for item in found if RECORD_ANNOTATION in item.annotations)
    changed = f" (a change is recorded on {recorded})" if recorded else ""
    raise UsageError(f"several calico-node DaemonSets: {names}{changed}; name one with --daemonset")


def _key(item: DaemonSet) -> str:
    return item.key


def _list(api: Api, namespace: str | None) -> list[DaemonSet]:
    scope = f"/namespaces/{namespace}" if namespace else ""
    pages = api.pages(f"/apis/apps/v1{scope}/daemonsets")
    found = [DaemonSet(item) for page in pages for item in page if is_daemon_set(item)]
    return [item for item in found if any(box.get("name") == CONTAINER for box in item.containers)]


def _list_usual_namespaces(api: Api, forbidden: ApiError) -> list[DaemonSet]:
    found: list[DaemonSet] = []
    refused = 0
    for namespace in USUAL_NAMESPACES:
        try:
            found += _list(api, namespace)
        except ApiError as error:
            if error.status != 403:
                raise
            refused += 1
    if refused == len(USUAL_NAMESPACES):
        raise forbidden
    return found


def _not_found(namespace: str | None, name: str, narrowed: bool) -> str:
    what = f'daemonset "{name}" with' if name else "DaemonSet with"
    if namespace:
        where, hint = f'namespace "{namespace}"', "without -n all namespaces are searched"
    elif narrowed:
        where = f"the namespaces {' and '.join(USUAL_NAMESPACES)}"
        hint = "you may not list daemonsets.apps in all namespaces; name another with -n"
    else:
        where, hint = "any namespace", "is Calico installed here? (kubectl get daemonsets -A)"
    return f"no {what} a container named {CONTAINER} in {where}: {hint}"


def daemon_set_selector(daemon_set: DaemonSet) -> tuple[tuple[str, str], ...]:
    """The query that lists the pods of ``daemon_set`` by its selector."""
    labels = (daemon_set.spec.get("selector") or {}).get("matchLabels") or {}
    text = ",".join(f"{key}={value}" for key, value in labels.items())
    return (("labelSelector", text),) if text else ()
