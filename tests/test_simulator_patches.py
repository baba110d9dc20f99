"""JSON Patch, merge patch and strategic merge patch, as the API server applies them."""

from __future__ import annotations

from typing import Any

import pytest

from kubectl_calico_nic.simulator.apiserver.json_patch import PatchError, apply_json_patch
from kubectl_calico_nic.simulator.apiserver.merge_patches import merge, strategic_merge

DOCUMENT = {"name": "x", "env": [{"name": "A"}, {"name": "B"}], "labels": {"a/b": "1", "c~d": "2"}}


@pytest.mark.parametrize(
    ("operation", "path", "expected"),
    [
        ({"op": "add", "path": "/env/-", "value": 1}, "env", [{"name": "A"}, {"name": "B"}, 1]),
        ({"op": "add", "path": "/env/0", "value": 1}, "env", [1, {"name": "A"}, {"name": "B"}]),
        ({"op": "add", "path": "/new", "value": None}, "new", None),
        ({"op": "remove", "path": "/env/0"}, "env", [{"name": "B"}]),
        ({"op": "remove", "path": "/labels/a~1b"}, "labels", {"c~d": "2"}),
        ({"op": "replace", "path": "/labels/c~0d", "value": 3}, "labels", {"a/b": "1", "c~d": 3}),
        ({"op": "replace", "path": "/env/1", "value": 2}, "env", [{"name": "A"}, 2]),
        # Unlike the RFC: what an object lacks can be replaced, and is null where it is read.
        ({"op": "replace", "path": "/absent", "value": 2}, "absent", 2),
        ({"op": "copy", "from": "/absent", "path": "/name"}, "name", None),
        ({"op": "test", "path": "/absent", "value": None}, "name", "x"),
        ({"op": "move", "from": "/env/0", "path": "/env/-"}, "env", [{"name": "B"}, {"name": "A"}]),
        ({"op": "copy", "from": "/env/0/name", "path": "/name"}, "name", "A"),
        ({"op": "test", "path": "/env/0", "value": {"name": "A"}}, "name", "x"),
    ],
)  # fmt: skip
def test_an_operation_changes_the_document(
    operation: dict[str, Any], path: str, expected: Any
) -> None:
    before = repr(DOCUMENT)
    assert apply_json_patch(DOCUMENT, [operation])[path] == expected
    assert repr(DOCUMENT) == before


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "test", "path": "/name", "value": "y"},
        {"op": "test", "path": "/env/5", "value": None},
        {"op": "test", "path": "/labels", "value": True},
        {"op": "remove", "path": "/absent"},
        {"op": "remove", "path": "/env/2"},
        {"op": "remove", "path": ""},
        {"op": "add", "path": "/env/3", "value": 1},
        {"op": "add", "path": "/env/x", "value": 1},
        {"op": "add", "path": "/absent/deep", "value": 1},
        {"op": "add", "path": "/name/deep", "value": 1},
        {"op": "add", "path": "/name"},
        {"op": "add", "path": "name", "value": 1},
        {"op": "replace", "path": "/env/2", "value": 1},
        {"op": "move", "from": "/absent", "path": "/name"},
        {"op": "frobnicate", "path": "/name"},
        {"path": "/name"},
        "add",
    ],
)
def test_an_operation_that_does_not_fit_is_refused(operation: Any) -> None:
    with pytest.raises(PatchError):
        apply_json_patch(DOCUMENT, [operation])


def test_a_refused_operation_undoes_those_before_it() -> None:
    operations = [
        {"op": "replace", "path": "/name", "value": "y"},
        {"op": "test", "path": "/name", "value": "x"},
    ]
    with pytest.raises(PatchError):
        apply_json_patch(DOCUMENT, operations)
    assert DOCUMENT["name"] == "x"


def test_true_is_not_one() -> None:
    with pytest.raises(PatchError):
        apply_json_patch({"a": True}, [{"op": "test", "path": "/a", "value": 1}])


@pytest.mark.parametrize(
    ("patch", "expected"),
    [
        ({"a": {"b": None}}, {"a": {"c": 2}, "l": [1]}),
        ({"a": None}, {"l": [1]}),
        ({"a": 1}, {"a": 1, "l": [1]}),
        ({"l": [2, 3]}, {"a": {"b": 1, "c": 2}, "l": [2, 3]}),
        ({"n": {"m": 1, "o": None}}, {"a": {"b": 1, "c": 2}, "l": [1], "n": {"m": 1}}),
        ({}, {"a": {"b": 1, "c": 2}, "l": [1]}),
    ],
)
def test_a_merge_patch_merges_objects_and_replaces_lists(patch: Any, expected: Any) -> None:
    assert merge({"a": {"b": 1, "c": 2}, "l": [1]}, patch) == expected


def env(*names: str) -> dict[str, Any]:
    return {"env": [{"name": name, "value": name.lower()} for name in names]}


@pytest.mark.parametrize(
    ("patch", "expected"),
    [
        # A new entry comes first: what "kubectl patch" does to those that its $(VAR) needs.
        ({"env": [{"name": "N", "value": "1"}]}, ["N=1", "A=a", "B=b"]),
        ({"env": [{"name": "B", "value": "1"}]}, ["A=a", "B=1"]),
        ({"env": [{"name": "A", "$patch": "delete"}]}, ["B=b"]),
        ({"env": [{"name": "N", "value": "1"}, {"$patch": "replace"}]}, ["N=1"]),
        # "kubectl set env" names the order: there the new entry comes last.
        (
            {
                "$setElementOrder/env": [{"name": "A"}, {"name": "B"}, {"name": "N"}],
                "env": [{"name": "N", "value": "1"}],
            },
            ["A=a", "B=b", "N=1"],
        ),
        ({"$setElementOrder/env": [{"name": "B"}, {"name": "A"}]}, ["B=b", "A=a"]),
    ],
)
def test_a_strategic_merge_patch_merges_lists_by_their_key(patch: Any, expected: list[str]) -> None:
    merged = strategic_merge(env("A", "B"), patch)["env"]
    assert [f"{entry['name']}={entry['value']}" for entry in merged] == expected


def test_a_strategic_merge_patch_changes_the_first_of_two_entries_of_a_name() -> None:
    merged = strategic_merge(env("IP", "IP"), {"env": [{"name": "IP", "value": "new"}]})
    assert [entry["value"] for entry in merged["env"]] == ["new", "ip"]


@pytest.mark.parametrize(
    ("patch", "expected"),
    [
        ({"$patch": "replace", "type": "OnDelete"}, {"type": "OnDelete"}),
        ({"$patch": "delete"}, {}),
        ({"$retainKeys": ["type"], "type": "OnDelete"}, {"type": "OnDelete"}),
        ({"type": "OnDelete", "rollingUpdate": None}, {"type": "OnDelete"}),
        ({"type": "OnDelete"}, {"type": "OnDelete", "rollingUpdate": {"maxUnavailable": 1}}),
    ],
)
def test_directives_of_a_strategic_merge_patch(patch: Any, expected: Any) -> None:
    document = {"strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 1}}}
    assert strategic_merge(document, {"strategy": patch})["strategy"] == expected


def test_lists_without_a_key_are_replaced_and_primitives_united() -> None:
    document = {"tolerations": [{"key": "a"}], "finalizers": ["a", "b"]}
    patch = {"tolerations": [{"key": "b"}], "finalizers": ["c"]}
    assert strategic_merge(document, patch) == {
        "tolerations": [{"key": "b"}],
        "finalizers": ["c", "a", "b"],
    }
    removal = {"$deleteFromPrimitiveList/finalizers": ["a"]}
    assert strategic_merge(document, removal)["finalizers"] == ["b"]
