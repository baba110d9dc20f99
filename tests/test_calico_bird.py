"""What BIRD's client prints, read back as sessions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubectl_calico_nic.calico.bird.birdcl_output import (
    NotBirdOutput,
    parse_protocols,
    serves_both_families,
)
from kubectl_calico_nic.calico.bird.session import BgpSession, PeerKind

REAL = Path(__file__).parents[2] / "shared" / "calico" / "bird.json"
CASES = json.loads(REAL.read_text())["cases"] if REAL.is_file() else []

HEADINGS = "name     proto    table    state  since       info"


def answer(*rows: str, banner: str = "BIRD 1.6.8 ready.", headings: str = HEADINGS) -> str:
    return "\n".join([banner, headings, *rows]) + "\n"


@pytest.mark.parametrize(
    ("row", "session"),
    [
        (
            "Mesh_172_16_10_22 BGP      master   up     16:08:53    Established   ",
            BgpSession("172.16.10.22", PeerKind.MESH, "Established", "", "16:08:53"),
        ),
        (
            "Mesh_172_16_16_23 BGP      master   start  16:08:51    Passive       ",
            BgpSession("172.16.16.23", PeerKind.MESH, "Passive", "", "16:08:51"),
        ),
        (
            "Node_10_0_0_1 BGP      master   start  2018-04-03  Active        "
            "Socket: No route to host",
            BgpSession(
                "10.0.0.1", PeerKind.NODE, "Active", "Socket: No route to host", "2018-04-03"
            ),
        ),
        (
            "Global_10_0_0_1_port_1179 BGP master start 10:00:00 Connect Socket: refused",
            BgpSession("10.0.0.1", PeerKind.GLOBAL, "Connect", "Socket: refused", "10:00:00"),
        ),
        (
            "Mesh_fd80_24e2_f998_72d7__2 BGP      master   up     2016-11-21  Established",
            BgpSession("fd80:24e2:f998:72d7::2", PeerKind.MESH, "Established", "", "2016-11-21"),
        ),
        (
            "Mesh_10_0_0_1 BGP      master   start  10:00:00    Idle          "
            "Received: Administrative shutdown",
            BgpSession(
                "10.0.0.1", PeerKind.MESH, "Idle", "Received: Administrative shutdown", "10:00:00"
            ),
        ),
        (
            "Mesh_10_0_0_1 BGP      master   down   10:00:00    Automatic shutdown: limit",
            BgpSession("10.0.0.1", PeerKind.MESH, "Down", "Automatic shutdown: limit", "10:00:00"),
        ),
        (
            "Mesh_10_0_0_1 BGP      master   down   10:00:00    ",
            BgpSession("10.0.0.1", PeerKind.MESH, "Down", "", "10:00:00"),
        ),
        (
            "Mesh_10_0_0_1 BGP      master   up     2018-04-03 22:59:51  Established   ",
            BgpSession("10.0.0.1", PeerKind.MESH, "Established", "", "2018-04-03 22:59:51"),
        ),
    ],
)
def test_a_session(row: str, session: BgpSession) -> None:
    assert parse_protocols(answer(row)) == (session,)


@pytest.mark.parametrize(
    "row",
    [
        "kernel1  Kernel   master   up     16:08:51    ",
        "Local_Workload_10_0_0_1 BGP master up 10:00:00 Established",
        "my_router BGP      master   up     10:00:00    Established",
        "Mesh_with_node_1 BGP      master   up     10:00:00    Established",
        "Mesh_10_0_0_1 Static   master   up     10:00:00    ",
        "Mesh_10_0_0_1 BGP",
        "",
    ],
)
def test_a_row_that_is_no_session_with_another_router(row: str) -> None:
    assert parse_protocols(answer(row)) == ()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Unable to connect to server control socket (/var/run/calico/bird.ctl): No such file or "
        "directory\n",
        "BIRD 1.6.8 ready.\n",
        "Mesh_10_0_0_1 BGP      master   up     10:00:00    Established\n",
        "1: lo    inet 127.0.0.1/8 scope host lo\n",
    ],
)
def test_a_text_that_is_no_answer_of_bird(text: str) -> None:
    with pytest.raises(NotBirdOutput):
        parse_protocols(text)


def test_bird_2_answers_for_both_families() -> None:
    rows = (
        "Mesh_10_0_0_2 BGP        ---        up     10:00:00.123  Established",
        "Mesh_fd00__2 BGP        ---        start  10:00:00.123  Active        Socket: timed out",
    )
    headings = "Name       Proto      Table      State  Since         Info"
    text = answer(*rows, banner="BIRD 3.3.0 ready.", headings=headings)
    assert serves_both_families(text)
    assert [(each.peer, each.state) for each in parse_protocols(text)] == [
        ("10.0.0.2", "Established"),
        ("fd00::2", "Active"),
    ]
    assert not serves_both_families(answer(*rows))
    assert not serves_both_families("")


@pytest.mark.skipif(not CASES, reason="no recordings here")
@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["case"]))
def test_what_real_daemons_printed(case: Mapping[str, Any]) -> None:
    """Every other node is a peer; ``Established`` is what both ends say, or neither."""
    addresses = case["addresses"]
    established = set()
    for node, text in case["show_protocols"].items():
        if not text.startswith("BIRD"):
            with pytest.raises(NotBirdOutput):
                parse_protocols(text)
            continue
        sessions = parse_protocols(text)
        others = [address for name, address in addresses.items() if name != node]
        assert [session.peer for session in sessions] == others
        mine = addresses[node]
        established |= {(mine, each.peer) for each in sessions if each.is_established}
        assert all(each.kind is PeerKind.MESH and each.since for each in sessions)
    assert established == {(one, other) for other, one in established}


# An IPv4-mapped address (::ffff:10.0.0.1) is the IPv4 one in Go.
ADDRESSES = st.one_of(
    st.ip_addresses(v=4).map(str),
    st.ip_addresses(v=6).map(str).filter(lambda text: not text.startswith("::ffff:")),
)
STATES = st.sampled_from(("Established", "Active", "Passive", "Idle", "Connect", "OpenSent"))


@given(st.lists(st.tuples(st.sampled_from(PeerKind), ADDRESSES, STATES), max_size=5))
def test_whatever_confd_names_is_read_back(found: list[tuple[PeerKind, str, str]]) -> None:
    rows = [
        f"{kind.value}_{peer.replace('.', '_').replace(':', '_')} BGP      master   start  "
        f"10:00:00    {state:<14}"
        for kind, peer, state in found
    ]
    sessions = parse_protocols(answer(*rows))
    assert [(each.kind, each.peer, each.state) for each in sessions] == found


@given(st.text())
def test_junk_is_refused_or_passed_over(text: str) -> None:
    assert parse_protocols(answer(text.replace("BGP", ""))) == ()
    if "proto" not in text.lower():
        with pytest.raises(NotBirdOutput):
            parse_protocols(text)
