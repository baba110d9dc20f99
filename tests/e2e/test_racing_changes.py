"""A change, its stages and its end while others edit the same object just before every write.

Nothing of theirs is lost, and no version that the API server ever served is half of a change.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from typing import Any

import pytest

from ..calico_nic import calico_nic
from . import installs
from .api_client import CONFLICT, ApiError, Object
from .api_proxy import ApiProxy, Exchange, api_proxy
from .cluster import Cluster
from .editor import Editor
from .operator_stand_in import INSTALLATION, INSTALLATIONS, V4
from .operators_cluster import operated
from .plugin_process import RECORD
from .racing import Race, Version
from .rollouts import METHOD
from .stages import ON_DELETE

ROUNDS = 3
TO_BOND4 = ("set", "--interface", "bond4")
STAGED = (
    *((*TO_BOND4, "--only-affected"), ("set", "--resume")),
    *(("set", "--undo"), (*TO_BOND4, "--only-affected"), ("set", "--undo")),
)


class InstallationRace(Race):
    """The same about the operator's Installation."""

    def __init__(self, editor: Editor) -> None:
        super().__init__(editor)
        self._collection, self.path = INSTALLATIONS, INSTALLATION

    @property
    def edits(self) -> tuple[Callable[[int], None], ...]:
        return (self._set_mtu, self._replace_object, self._label, self._annotate)

    def version(self, found: Object) -> Version:
        metadata, network = found["metadata"], dict(found["spec"]["calicoNetwork"])
        annotations = metadata.get("annotations", {})
        foreign = {
            "mtu": network.pop("mtu", 0),
            "delay": network.pop("linuxPolicySetupTimeoutSeconds", 0),
            "label": int(metadata.get("labels", {}).get("foreign", 0)),
            "annotation": int(annotations.get("foreign", 0)),
        }
        return Version(
            metadata["resourceVersion"],
            metadata["generation"],
            {V4: network.pop(V4, None)},
            foreign,
            (json.dumps(network, sort_keys=True),),
            annotations.get(RECORD),
        )

    def _set_mtu(self, number: int) -> None:
        self._editor.merge(self.path, {"spec": {"calicoNetwork": {"mtu": number}}})
        self.acknowledged["mtu"] = number

    def _annotate(self, number: int) -> None:
        self._editor.merge(self.path, {"metadata": {"annotations": {"foreign": str(number)}}})
        self.acknowledged["annotation"] = number

    def _replace_object(self, number: int) -> None:
        while True:
            found = self._editor.get(self.path)
            found["spec"]["calicoNetwork"]["linuxPolicySetupTimeoutSeconds"] = number
            try:
                self._editor.replace(self.path, found)
            except ApiError as error:
                if error.status != CONFLICT:
                    raise
            else:
                self.acknowledged["delay"] = number
                return


@pytest.fixture
def editor(running_cluster: Cluster) -> Editor:
    return Editor.of(running_cluster.control_plane.kubeconfig())


@pytest.fixture
def proxy(empty_cluster: Cluster) -> Iterator[ApiProxy]:
    with api_proxy(empty_cluster) as found:
        yield found


def disturb(proxy: ApiProxy, race: Race) -> list[bool]:
    """Let somebody be faster once in every command; returns which of its patches were done."""
    done: list[bool] = []

    def at_writes(exchange: Exchange) -> bool:
        if exchange.answer is not None:
            done.append(exchange.is_done)
        elif not done:
            race.now()
        return True

    proxy.at_writes = at_writes
    return done


def change(proxy: ApiProxy, race: Race, command: tuple[str, ...]) -> None:
    """Run the plugin once; somebody edits the object when its patch is on the way."""
    done = disturb(proxy, race)
    result = calico_nic(*command, environ={"KUBECONFIG": str(proxy.kubeconfig)})
    assert result.status == 0, result
    assert done == [False, True], "nobody was faster"


def assert_nothing_was_lost(race: Race, is_whole: Callable[[Version], bool], changes: int) -> None:
    for before, after in pairwise(race.versions):
        assert after.generation - before.generation in (0, 1), "a version was not witnessed"
        assert after.others == before.others
        assert before.foreign.keys() <= after.foreign.keys()
        assert all(after.foreign[name] >= number for name, number in before.foreign.items())
    for version in race.versions:
        assert is_whole(version), version
    assert with_all(race.versions[-1].foreign) == with_all(race.acknowledged)
    records = [version.record for version in race.versions]
    assert sum(before != after for before, after in pairwise(records)) == changes


def with_all(numbers: Mapping[str, int]) -> dict[str, int]:
    """What was edited at least once."""
    return {name: number for name, number in numbers.items() if number}


def is_whole_stage(version: Version) -> bool:
    """Value and record come and go together, and so do strategy and stage."""
    record: Any = json.loads(version.record) if version.record else None
    is_staged = record is not None and "stage" in record
    has_value = version.own.get(METHOD) == "interface=bond4"
    legal = has_value or METHOD not in version.own
    return (
        legal and has_value is (record is not None) and (version.strategy == ON_DELETE) is is_staged
    )


def is_whole_installation(version: Version) -> bool:
    if version.record is None:
        return version.own == {V4: {"firstFound": True}}
    return version.own == {V4: {"interface": "bond4"}}


def test_the_stages_of_a_change(empty_cluster: Cluster, editor: Editor, proxy: ApiProxy) -> None:
    for path, each in installs.calico().to_create:
        empty_cluster.add(path, each)
    race = Race(editor)
    with race.running():
        for _ in range(ROUNDS):
            for command in STAGED:
                change(proxy, race, command)
    assert_nothing_was_lost(race, is_whole_stage, ROUNDS * len(STAGED))


def test_the_installation(empty_cluster: Cluster, editor: Editor, proxy: ApiProxy) -> None:
    with operated(empty_cluster, with_nodes=False) as found:
        race = InstallationRace(editor)
        with race.running():
            for _ in range(ROUNDS):
                for command in (TO_BOND4, ("set", "--undo")):
                    change(proxy, race, command)
        assert_nothing_was_lost(race, is_whole_installation, ROUNDS * 2)
        found.wait_for_env(IP_AUTODETECTION_METHOD="first-found")
