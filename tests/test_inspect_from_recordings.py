"""Recordings of the real calico-node as log files: ``inspect --from`` says what was stored."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.bundle_files import listed, node, text, write
from tests.calico_nic import Result, calico_nic

RECORDINGS = Path(__file__).parent.parent.parent / "shared" / "calico" / "recordings"
pytestmark = pytest.mark.skipif(not RECORDINGS.is_dir(), reason="no recordings here")

CHOSE_NOTHING = {"method-invalid"}
"""What is stored stays, and is not what this start chose."""
NOT_STORED = {"address-conflict"}


def recordings() -> list[Any]:
    found = [json.loads(path.read_text()) for path in sorted(RECORDINGS.glob("*.json"))]
    return [pytest.param(recording, id=recording["calico"]) for recording in found]


def inspect(*paths: str) -> Result:
    return calico_nic("inspect", *(word for path in paths for word in ("--from", path)), "-o=json")


@pytest.fixture(params=recordings())
def recording(request: pytest.FixtureRequest) -> Mapping[str, Any]:
    found: Mapping[str, Any] = request.param
    return found


@pytest.fixture
def incident(recording: Mapping[str, Any], tmp_path: Path) -> Path:
    """A folder with the logs of the four nodes under IP=autodetect, and the Nodes."""
    for run in recording["runs"]:
        if run["env"] == {"IP": "autodetect"} and not run["stored"] and not run["other_nodes"]:
            write(tmp_path / f"{run['node']}.log", run["log"])
    nodes = (node(name, *facts["internal_ips"]) for name, facts in recording["nodes"].items())
    write(tmp_path / "nodes.json", json.dumps(listed(*nodes), indent=4))
    return tmp_path


def test_the_incident(incident: Path, recording: Mapping[str, Any]) -> None:
    result = inspect(str(incident))
    assert result.status == 2
    told = {found["name"]: found["families"][0] for found in result.json["nodes"]}
    assert {name: (found["interface"], found["verdict"]) for name, found in told.items()} == {
        "node-1": ("bond4", "ok"),
        "node-2": ("bond4", "ok"),
        "node-3": ("bond3", "wrong-network"),
        "node-4": ("bond3", "wrong-network"),
    }
    assert {found["version"] for found in result.json["nodes"]} == {recording["calico"]}
    assert told["node-3"]["expectation"] == {
        "source": "InternalIP",
        "network": "172.16.10.0/24",
        "interface": None,
    }
    assert result.json["recommendations"] == []


def test_the_incident_with_ip_addr(incident: Path, recording: Mapping[str, Any]) -> None:
    for name, facts in recording["nodes"].items():
        write(incident / "ip" / f"{name}.txt", facts["ip_o_addr_show"])
    (found,) = inspect(str(incident)).json["recommendations"]
    assert (found["method"], found["changes"], found["nodes"]) == ("interface=bond4", 2, 4)


def families(result: Result) -> Iterator[Mapping[str, Any]]:
    for found in result.json["nodes"]:
        yield from ({**family, "node": found["name"]} for family in found["families"])


def test_every_run_tells_what_was_stored(recording: Mapping[str, Any], tmp_path: Path) -> None:
    decided = 0
    for run in recording["runs"]:
        result = inspect(write(tmp_path / "some.log", text(run["log"])))
        if not run["log"]:
            assert result.stderr.endswith("some.log (empty)\n")
            continue
        for family in families(result):
            stored = run["annotations"].get(f"projectcalico.org/{family['family']}Address")
            assert family["node"] == run["node"]
            if not family["decided"]:
                continue
            decided += 1
            if family["verdict"] in CHOSE_NOTHING:
                assert family["address"] is None
            elif family["verdict"] in NOT_STORED or family["address"] is None:
                assert stored is None
            else:
                # A log does not tell the length of an address set by hand that no NIC has.
                assert family["address"] in (stored, str(stored).partition("/")[0])
    assert decided > len(recording["runs"]) // 2
