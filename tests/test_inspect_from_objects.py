"""``inspect --from`` lists of Nodes, pods and DaemonSets, and output of ``ip``."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from kubectl_calico_nic.bundle.assemble import read_files
from kubectl_calico_nic.family import Family
from kubectl_calico_nic.snapshot.bgp import SessionsSource
from tests import bundle_files as files
from tests.bundle_files import (
    NICS,
    calico_log,
    choices,
    inspect,
    only,
    verdicts,
    without_names,
    write,
)

FOUR = tuple(NICS)


OBJECT_FILES: dict[str, Callable[..., str]] = {
    "a list": files.as_json,
    "a list in one line": lambda *items: json.dumps(files.listed(*items)),
    "a NodeList": lambda *items: json.dumps(
        {
            "kind": "NodeList",
            "apiVersion": "v1",
            "items": [{key: item[key] for key in ("metadata", "status")} for item in items],
        }
    ),
    "a JSON array": lambda *items: json.dumps(items, indent=2),
    "an array in one line": lambda *items: json.dumps(items),
    "JSON lines": lambda *items: files.text(map(json.dumps, items)),
    "objects behind each other": lambda *items: "\n".join(
        json.dumps(item, indent=4) for item in items
    ),
    "a YAML list": lambda *items: yaml.safe_dump(files.listed(*items)),
    "a YAML sequence": lambda *items: yaml.safe_dump(list(items)),
    "YAML documents": lambda *items: yaml.safe_dump_all(items, explicit_start=True),
    "YAML with comments": lambda *items: (
        "# kubectl get nodes\n\n--- # all\n" + yaml.safe_dump(files.listed(*items))
    ),
    "JSON with a byte order mark": lambda *items: "\ufeff" + files.as_json(*items),
    "YAML with Windows line ends": lambda *items: yaml.safe_dump(files.listed(*items)).replace(
        "\n", "\r\n"
    ),
}


@pytest.mark.parametrize("form", OBJECT_FILES.values(), ids=OBJECT_FILES)
def test_nodes_give_the_expectation(form: Callable[..., str], tmp_path: Path) -> None:
    content = form(*(files.node(name) for name in FOUR))
    for name in FOUR:
        write(tmp_path / f"{name}.log", calico_log(name))
    write(tmp_path / "nodes", content)
    result = inspect(str(tmp_path))
    assert result.status == 2
    assert verdicts(result) == {
        "node-1": "ok",
        "node-2": "ok",
        "node-3": "wrong-network",
        "node-4": "wrong-network",
    }


def test_nodes_alone_are_evidence(tmp_path: Path) -> None:
    nodes = [files.node(name, IPv4Address=NICS[name][1]) for name in FOUR]
    result = inspect(write(tmp_path / "nodes.json", files.as_json(*nodes)))
    assert verdicts(result)["node-3"] == "wrong-network"
    assert {node["families"][0]["evidence"][0] for node in result.json["nodes"]} == {"annotation"}


def test_pods_and_daemon_sets_give_readiness_method_and_version(tmp_path: Path) -> None:
    write(tmp_path / "ds.yaml", yaml.safe_dump(files.daemon_set()))
    write(tmp_path / "all.json", files.as_json(files.node("node-1"), files.pod("node-1")))
    write(tmp_path / "node-1.log", without_names("node-1"))
    result = inspect(str(tmp_path))
    (daemon_set,) = result.json["daemonSets"]
    assert (daemon_set["name"], daemon_set["version"]) == ("kube-system/calico-node", "v3.24.6")
    assert daemon_set["method"] == {"IPv4": "first-found"}
    found = only(result)
    assert (found["ready"], found["version"], found["verdict"]) == (True, "v3.24.6", "ok")


def test_ip_addr_gives_the_recommendation(tmp_path: Path) -> None:
    for name in FOUR:
        write(tmp_path / f"{name}.log", calico_log(name))
        write(tmp_path / "ip" / f"{name}.txt", files.ip_addr(name))
    nodes = write(tmp_path / "nodes.json", files.as_json(*(files.node(name) for name in FOUR)))
    result = inspect(str(tmp_path), nodes)
    (found,) = result.json["recommendations"]
    assert (found["method"], found["changes"], found["nodes"]) == ("interface=bond4", 2, 4)
    assert found["command"] == "kubectl calico-nic set --interface bond4"


@pytest.mark.parametrize(
    ("addresses", "links"),
    [
        ("node-1.txt", "node-1-link.txt"),
        ("addr/node-1.txt", "link/node-1.txt"),
        ("node-1.addr", "node-1.link"),
        ("node-1-ip-addr.txt", "node-1-ip-link.txt"),
        ("node-1/ip-addr.txt", "node-1/ip-link.txt"),
    ],
)
def test_ip_addr_and_ip_link_of_one_node(addresses: str, links: str, tmp_path: Path) -> None:
    write(tmp_path / addresses, files.ip_addr("node-1"))
    write(tmp_path / links, files.ip_link("node-1"))
    result = inspect(str(tmp_path), flags=("--what-if", "interface=bond3"))
    assert choices(result) == {"node-1": ("bond3", "172.16.16.21/23")}
    assert result.stderr == ""


def test_ip_link_alone_is_no_inventory(tmp_path: Path) -> None:
    result = inspect(write(tmp_path / "node-1.txt", files.ip_link("node-1")))
    assert result.status == 1
    assert "ip link output of a node without its ip addr output" in result.stderr


def test_the_version_is_a_flag_where_no_file_names_it(tmp_path: Path) -> None:
    log = write(tmp_path / "node-1.log", without_names("node-1"))
    assert only(inspect(log))["version"] is None
    assert only(inspect(log, flags=("--calico-version", "v3.20.1")))["version"] == "v3.20.1"
    named = write(tmp_path / "named.log", calico_log("node-1"))
    assert only(inspect(named, flags=("--calico-version", "v3.20.1")))["version"] == "v3.24.6"


BIRDCL = """\
BIRD 1.6.8 ready.
name     proto    table    state  since       info
device1  Device   master   up     16:08:51
Mesh_172_16_10_22 BGP      master   up     16:08:53    Established
Mesh_172_16_16_23 BGP      master   start  16:08:51    Active        Socket: No route to host
"""


@pytest.mark.parametrize("name", ["node-1.txt", "bird/node-1", "node-1/birdcl.txt", "node-1-bird"])
def test_birdcl_gives_the_sessions(name: str, tmp_path: Path) -> None:
    write(tmp_path / "node-1.log", calico_log("node-1"))
    write(tmp_path / name, BIRDCL.replace("\n", "\r\n"))
    found = only(inspect(str(tmp_path)))
    assert (found["bgp"]["established"], found["bgp"]["peers"]) == (1, 2)


def test_sessions_of_both_families(tmp_path: Path) -> None:
    write(tmp_path / "node-1.log", calico_log("node-1"))
    sixth = BIRDCL.replace("172_16_10_22", "2001_db8__2").replace("172_16_16_23", "2001_db8__3")
    write(tmp_path / "bird" / "node-1", BIRDCL)
    write(tmp_path / "bird6" / "node-1", sixth)
    snapshot = read_files([str(tmp_path)], None)
    (facts,) = snapshot.nodes
    assert facts.sessions is not None
    peers = {family: len(found) for family, found in facts.sessions.by_family.items()}
    assert peers == {Family.IPV4: 2, Family.IPV6: 2}


def test_an_empty_table_does_not_say_which_family_has_no_peers(tmp_path: Path) -> None:
    write(tmp_path / "node-1.log", calico_log("node-1"))
    write(tmp_path / "bird" / "node-1", "\n".join(BIRDCL.splitlines()[:3]))
    assert only(inspect(str(tmp_path)))["bgp"] is None


def node_status(node: str, written: str, state: str) -> dict[str, Any]:
    peer = {"peerIP": "172.16.10.22", "type": "NodeMesh", "state": state}
    return {
        "kind": "CalicoNodeStatus",
        "metadata": {"name": f"{node}-{written}"},
        "spec": {"node": node},
        "status": {"lastUpdated": written, "bgp": {"peersV4": [peer]}},
    }


def test_the_newest_node_status_counts_and_birdcl_before_it(tmp_path: Path) -> None:
    statuses = [
        node_status("node-1", "2026-01-01T00:00:00Z", "Idle"),
        node_status("node-1", "2026-01-01T00:05:00Z", "Established"),
        node_status("node-1", "2026-01-01T00:01:00Z", "Idle"),
    ]
    status = write(tmp_path / "status.json", files.as_json(*statuses))
    log = write(tmp_path / "node-1.log", calico_log("node-1"))
    snapshot = read_files([log, status], None)
    assert snapshot.nodes[0].sessions is not None
    assert snapshot.nodes[0].sessions.as_of == "2026-01-01T00:05:00Z"
    asked = read_files([log, status, write(tmp_path / "bird" / "node-1", BIRDCL)], None)
    assert asked.nodes[0].sessions is not None
    assert asked.nodes[0].sessions.source is SessionsSource.BIRDCL


def test_installations_events_and_config_maps_reach_the_snapshot(tmp_path: Path) -> None:
    pod = files.pod("node-1")
    pod["metadata"]["uid"] = "pod-1"
    reference = {"name": "calico-config", "key": "calico_backend"}
    pod["spec"]["containers"][0]["env"] = [
        {"name": "CALICO_NETWORKING_BACKEND", "valueFrom": {"configMapKeyRef": reference}}
    ]
    about = {"kind": "Pod", "uid": "pod-1"}
    event = {"kind": "Event", "metadata": {"name": "x"}, "involvedObject": about}
    times = {"firstTimestamp": "2026-01-01T00:00:00Z", "lastTimestamp": "2026-01-01T00:01:00Z"}
    objects = [
        pod,
        {**event, "reason": "Unhealthy", "message": "not ready", "count": 7, **times},
        {**event, "reason": "Pulled", "message": "Image is there"},
        *(
            {
                "kind": "Installation",
                "apiVersion": "operator.tigera.io/v1",
                "metadata": {"name": name},
            }
            for name in ("overlay", "default")
        ),
        *(
            {
                "kind": "ConfigMap",
                "metadata": {
                    "namespace": "kube-system",
                    "name": name,
                    "creationTimestamp": "2026-01-01T00:00:00Z",
                },
                "data": {"calico_backend": "bird"},
            }
            for name in ("calico-config", "coredns")
        ),
    ]
    snapshot = read_files(
        [write(tmp_path / "all.yaml", yaml.safe_dump(files.listed(*objects)))], None
    )
    (facts,) = snapshot.nodes
    assert [(found.reason, found.count) for found in facts.events] == [("Unhealthy", 7)]
    assert [item["metadata"]["name"] for item in snapshot.installations] == ["default", "overlay"]
    assert snapshot.config_maps == {"kube-system/calico-config": {"calico_backend": "bird"}}
    assert snapshot.config_map_changes == {"kube-system/calico-config": "2026-01-01T00:00:00Z"}
    assert snapshot.taken_at == "2026-01-01T00:01:00Z"
