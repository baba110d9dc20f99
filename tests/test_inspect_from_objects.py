"""``inspect --from`` lists of Nodes, pods and DaemonSets, and output of ``ip``."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

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
