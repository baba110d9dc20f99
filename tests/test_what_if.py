"""``inspect --what-if`` and ``inspect NODE``: what would be chosen, and why."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from .calico_nic import calico_nic
from .simulated import Simulated, changed_incident

NO_EXEC = frozenset({("create", "pods/exec"), ("get", "pods/exec")})


def chosen(report: Any, node: str) -> list[tuple[str, str | None, str]]:
    (found,) = [item for item in report["nodes"] if item["name"] == node]
    return [(entry["method"], entry["address"], entry["verdict"]) for entry in found["families"]]


def test_one_method_as_a_table() -> None:
    with Simulated() as cluster:
        result = cluster.run("inspect", "--what-if", "interface=bond4")
    assert result.status == 0
    assert result.stdout == (
        "NODE    EXPECTED      interface=bond4\n"
        "node-1  172.16.10.21  bond4 172.16.10.21/24\n"
        "node-2  172.16.10.22  bond4 172.16.10.22/24\n"
        "node-3  172.16.10.23  bond4 172.16.10.23/24\n"
        "node-4  172.16.10.24  bond4 172.16.10.24/24\n"
        "\n"
        "interface=bond4: 4 of 4 get their expected address\n"
    )


def test_several_methods_side_by_side_are_taken_as_typed() -> None:
    methods = ["can-reach=172.16.16.1", " interface=bond4", "interface=(", "bond4", ""]
    flags = [word for method in methods for word in ("--what-if", method)]
    with Simulated() as cluster:
        result = cluster.run("inspect", *flags, "-o", "json")
    assert result.status == 2
    assert chosen(result.json, "node-1") == [
        ("can-reach=172.16.16.1", "172.16.16.21/23", "wrong-network"),
        (" interface=bond4", None, "method-invalid"),
        ("interface=(", None, "detection-failed"),
        ("bond4", None, "method-invalid"),
        ("", "172.16.10.21/24", "ok"),
    ]
    evidence = [entry["evidence"] for entry in result.json["nodes"][0]["families"]]
    assert evidence == [["route"], ["inventory"], ["inventory"], ["inventory"], ["inventory"]]


def test_nothing_is_changed() -> None:
    with Simulated() as cluster:
        before = cluster.daemon_set()
        cluster.run("inspect", "--what-if", "interface=bond3")
        assert cluster.daemon_set() == before


def test_without_exec_a_log_may_still_prove_it() -> None:
    with Simulated(changed_incident(denied=NO_EXEC)) as cluster:
        result = cluster.run("inspect", "--what-if", "interface=^bond4$", "-o", "json")
    assert result.status == 2
    families = {node["name"]: node["families"][0] for node in result.json["nodes"]}
    assert families["node-1"]["address"] == "172.16.10.21/24"
    assert families["node-1"]["evidence"] == ["log"]
    assert families["node-3"]["decided"] is False
    assert families["node-3"]["verdict"] == "unknown"


@pytest.mark.parametrize(
    ("family", "families"),
    [((), ["IPv4", "IPv6"]), (("--family", "4"), ["IPv4"]), (("--family", "46"), ["IPv4", "IPv6"])],
)
def test_files_are_enough(tmp_path: Path, family: tuple[str, ...], families: list[str]) -> None:
    (tmp_path / "host-1").write_text(
        "2: eth0    inet 10.0.0.5/24 scope global eth0\\       valid_lft forever\n"
        "2: eth0    inet6 2001:db8::5/64 scope global \\       valid_lft forever\n"
        "3: eth1    inet 192.168.7.5/24 scope global eth1\\       valid_lft forever\n"
    )
    result = calico_nic(
        "inspect",
        *("--from", str(tmp_path), "--calico-version", "v3.24.6", "-o", "json"),
        *("--what-if", "interface=eth0", *family),
    )
    assert result.status == 0, result
    (node,) = result.json["nodes"]
    assert node["name"] == "host-1"
    assert [entry["family"] for entry in node["families"]] == families
    assert node["families"][0]["address"] == "10.0.0.5/24"


def test_a_version_decides_what_is_known(tmp_path: Path) -> None:
    (tmp_path / "host-1").write_text("2: eth0    inet 10.0.0.5/24 scope global eth0\n")
    old, new = (
        calico_nic(
            *("inspect", "--from", str(tmp_path), "--calico-version", version),
            *("--what-if", "cidr=10.0.0.0/8", "-o", "json"),
        ).json["nodes"][0]["families"][0]
        for version in ("v3.15.5", "v3.16.0")
    )
    assert (old["verdict"], old["address"]) == ("method-invalid", None)
    assert new["address"] == "10.0.0.5/24"


def test_one_node_is_explained() -> None:
    with Simulated() as cluster:
        text = cluster.run("inspect", "node-3").stdout
        explanation = cluster.run("inspect", "node-3", "-o", "json").json["explanations"]
    assert "bond3      up     9000   -       172.16.16.23/23" in text
    assert "IPv4 first-found (in force) gives: bond3 172.16.16.23/23" in text
    assert "IPv4 interface=bond4 (recommended) gives: bond4 172.16.10.23/24" in text
    assert "  bond3: does not match (bond4)" in text
    (found,) = explanation
    assert found["node"] == "node-3"
    assert found["timeline"][0]["stage"] == "startup"
    assert [method["inForce"] for method in found["methods"]] == [True, False]
