"""Kubernetes objects in files, whole or broken: nothing in them raises."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterable
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from kubectl_calico_nic.bundle.objects import NotAsPrintedError, items_of, read_json
from kubectl_calico_nic.bundle.yaml_objects import read_yaml
from kubectl_calico_nic.errors import CalicoNicError
from tests import bundle_files as files
from tests.calico_nic import calico_nic

OBJECTS = (
    files.node("node-1", IPv4Address="172.16.10.21/24", Interfaces='[{"name":"bond4"}]'),
    files.pod("node-1"),
    files.daemon_set(),
    {
        "kind": "ConfigMap",
        "metadata": {"name": "calico-config", "namespace": "kube-system"},
        "data": {"calico_backend": "bird"},
    },
    {
        "kind": "ControllerRevision",
        "revision": 2,
        "metadata": {
            "name": "calico-node-1",
            "labels": {"controller-revision-hash": "1"},
            "ownerReferences": [{"kind": "DaemonSet", "name": "calico-node", "controller": True}],
        },
    },
    {"kind": "ClusterInformation", "metadata": {"name": "default"}, "spec": {"calicoVersion": "x"}},
    {
        "kind": "Installation",
        "apiVersion": "operator.tigera.io/v1",
        "metadata": {"name": "default"},
        "spec": {"calicoNetwork": {}},
    },
    {
        "kind": "Event",
        "metadata": {"name": "calico-node-11111.1"},
        "involvedObject": {"kind": "Pod", "uid": "pod-1"},
        "reason": "Unhealthy",
        "message": "Readiness probe failed",
        "lastTimestamp": "2026-01-01T00:00:00Z",
    },
    {
        "kind": "CalicoNodeStatus",
        "metadata": {"name": "node-1"},
        "spec": {"node": "node-1"},
        "status": {
            "lastUpdated": "2026-01-01T00:00:00Z",
            "bgp": {"peersV4": [{"peerIP": "172.16.10.22", "type": "NodeMesh", "state": "Idle"}]},
        },
    },
)
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda values: (
        st.lists(values, max_size=2) | st.dictionaries(st.text(max_size=5), values, max_size=2)
    ),
    max_leaves=4,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path of everything inside a JSON value."""
    if isinstance(value, dict):
        inside = list(value.items())
    else:
        inside = list(enumerate(value)) if isinstance(value, list) else []
    below = [place for key, item in inside for place in places(item, (*path, key))]
    return [path, *below] if path else below


PLACES = [(index, path) for index, item in enumerate(OBJECTS) for path in places(item)]


def spoiled(place: tuple[int, tuple[Any, ...]], value: Any) -> list[dict[str, Any]]:
    """The objects, with ``value`` in one place."""
    objects = copy.deepcopy(list(OBJECTS))
    index, path = place
    parent: Any = objects[index]
    for key in path[:-1]:
        parent = parent[key]
    parent[path[-1]] = value
    return objects


@settings(max_examples=300)
@given(st.sampled_from(PLACES), JSON_VALUES)
def test_objects_of_any_shape_do_not_raise(
    place: tuple[int, tuple[Any, ...]], value: object
) -> None:
    text = json.dumps(files.listed(*spoiled(place, value)))
    result = calico_nic("inspect", "--from", "-", stdin=text.encode())
    assert result.status in (0, 1, 2)


def problem(read: Callable[[str, str], Iterable[object]], text: str) -> str:
    try:
        list(read(text, "x"))
    except CalicoNicError as error:
        return str(error)
    return ""


@pytest.mark.parametrize("read", [read_json, read_yaml])
@given(text=st.text())
def test_no_text_raises_anything_else(
    read: Callable[[str, str], Iterable[object]], text: str
) -> None:
    assert problem(read, text) == "" or problem(read, text).startswith("read x: line ")


@given(st.lists(st.sampled_from(OBJECTS), max_size=4))
def test_yaml_and_json_say_the_same(objects: list[dict[str, Any]]) -> None:
    document = json.loads(json.dumps(files.listed(*objects)))  # shared parts become aliases
    assert list(read_yaml(yaml.safe_dump(document), "x")) == objects
    assert list(read_json(json.dumps(document), "x")) == objects


def test_yaml_texts_that_look_like_times_stay_texts() -> None:
    (item,) = read_yaml("kind: Pod\nstarted: 2026-01-01T00:00:00Z\nready: true\n", "x")
    assert item == {"kind": "Pod", "started": "2026-01-01T00:00:00Z", "ready": True}


@pytest.mark.parametrize("text", ["null", "7", '"text"', "[]", "{}", "[[], 7, null]"])
def test_documents_without_an_object(text: str) -> None:
    assert [item for item in read_json(text, "x") if item] == []
    assert [item for item in read_yaml(text, "x") if item] == []


# Lists as kubectl prints them are read item by item


def tells(kind: str, text: str) -> bool:
    return kind != "Installation"


LISTS = st.lists(st.sampled_from(OBJECTS), max_size=4)


def as_printed(objects: list[dict[str, Any]], *, typed: bool) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(json.dumps(files.listed(*objects)))
    if typed:
        document["kind"] = "NodeList"
        for item in document["items"]:
            del item["kind"]
    return document


@given(LISTS, st.booleans(), st.booleans())
def test_item_by_item_says_the_same(
    objects: list[dict[str, Any]], typed: bool, sort_keys: bool
) -> None:
    document = as_printed(objects, typed=typed)
    whole = list(items_of(document))
    text = json.dumps(document, indent=4, sort_keys=sort_keys)
    if typed and sort_keys and objects:  # the kind stands behind the items
        with pytest.raises(NotAsPrintedError):
            list(read_json(text, "x", item_by_item=True))
    else:
        assert list(read_json(text, "x", item_by_item=True)) == whole
    assert list(read_yaml(yaml.safe_dump(document), "x", item_by_item=tells)) == [
        item for item in whole if item["kind"] != "Installation"
    ]


@pytest.mark.parametrize("cut", range(1, 400, 7))
def test_of_a_broken_list_nothing_is_read(cut: int) -> None:
    document = as_printed([OBJECTS[0], OBJECTS[2]], typed=False)
    as_json, as_yaml = json.dumps(document, indent=4)[:-cut], yaml.safe_dump(document)[:-cut]
    with pytest.raises(NotAsPrintedError):
        list(read_json(as_json, "x", item_by_item=True))
    try:
        found = list(read_yaml(as_yaml, "x", item_by_item=tells))
    except NotAsPrintedError:
        return
    assert found == list(read_yaml(as_yaml, "x"))


@given(st.text(max_size=200))
def test_no_text_behind_a_list_raises_anything_else(text: str) -> None:
    head = "apiVersion: v1\nitems:\n- kind: Node\n"
    try:
        list(read_yaml(head + text, "x", item_by_item=tells))
        list(read_json('{"items": [' + text, "x", item_by_item=True))
    except (NotAsPrintedError, CalicoNicError):
        pass


def test_aliases_are_read_unless_they_stand_for_gigabytes() -> None:
    (item,) = read_yaml("kind: Node\nmetadata: &m {name: n}\nspec: *m\n", "x")
    assert item["spec"] == {"name": "n"}
    lines = ["kind: Node", "metadata:", "  a0: &a0 [x]"]
    lines += [f"  a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    assert problem(read_yaml, "\n".join(lines)).startswith("read x: line 9: an alias stands for")
    assert "stands for itself" in problem(read_yaml, "kind: Node\nmetadata: &m [*m]\n")
