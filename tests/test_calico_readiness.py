"""Why calico-node calls itself not ready, as the kubelet's events repeat it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubectl_calico_nic.calico.bird.readiness import Readiness, parse_readiness

NOT_READY = "calico/node is not ready: "


@pytest.mark.parametrize(
    ("message", "readiness"),
    [
        (
            f"Readiness probe failed: {NOT_READY}BIRD is not ready: "
            "BGP not established with 10.0.0.1,10.0.0.2\n",
            Readiness(
                f"{NOT_READY}BIRD is not ready: BGP not established with 10.0.0.1,10.0.0.2",
                peers=("10.0.0.1", "10.0.0.2"),
            ),
        ),
        (
            "Readiness probe failed: 2022-10-27 08:17:56.235 [INFO][11] confd/health.go 180: "
            "Number of node(s) with BGP peering established = 0\n"
            f"{NOT_READY}BIRD6 is not ready: BGP not established with fd00::1\n",
            Readiness(
                f"{NOT_READY}BIRD6 is not ready: BGP not established with fd00::1",
                peers=("fd00::1",),
            ),
        ),
        (
            f"{NOT_READY}BIRD is not ready: BGP not established with 10.0.0.12019-05-08 "
            "05:52:01.505 [INFO][6125] health.go 156: Number of node(s) with BGP peering "
            "established = 2",
            Readiness(
                f"{NOT_READY}BIRD is not ready: BGP not established with 10.0.0.1",
                peers=("10.0.0.1",),
            ),
        ),
        (
            f"{NOT_READY}BIRD is not ready: BGP not established with 10.0.0.1.port.1179,10.0.0.2",
            Readiness(
                f"{NOT_READY}BIRD is not ready: BGP not established with "
                "10.0.0.1.port.1179,10.0.0.2",
                peers=("10.0.0.1", "10.0.0.2"),
            ),
        ),
        (
            f"{NOT_READY}BIRD is not ready: graceful restart in progress\n",
            Readiness(
                f"{NOT_READY}BIRD is not ready: graceful restart in progress", is_converging=True
            ),
        ),
        (
            f"{NOT_READY}BIRD is not ready: Error querying BIRD: unable to connect to BIRDv4 "
            "socket: dial unix /var/run/calico/bird.ctl: connect: connection refused",
            Readiness(
                f"{NOT_READY}BIRD is not ready: Error querying BIRD: unable to connect to BIRDv4 "
                "socket: dial unix /var/run/calico/bird.ctl: connect: connection refused",
                bird_is_down=True,
            ),
        ),
        (
            f"Liveness probe failed: {NOT_READY}bird/confd is not live: Service bird is not "
            "running. Output << down: /etc/service/enabled/bird: 0s >>",
            Readiness(
                f"{NOT_READY}bird/confd is not live: Service bird is not running. Output << down: "
                "/etc/service/enabled/bird: 0s >>",
                bird_is_down=True,
            ),
        ),
        (
            f"{NOT_READY}bird is not live: exit status 1",
            Readiness(f"{NOT_READY}bird is not live: exit status 1", bird_is_down=True),
        ),
        (
            f"{NOT_READY}bad response from bird: nothing",
            Readiness(f"{NOT_READY}bad response from bird: nothing", bird_is_down=True),
        ),
        (
            f"{NOT_READY}felix is not ready: readiness probe reporting 503",
            Readiness(
                f"{NOT_READY}felix is not ready: readiness probe reporting 503", felix_is_down=True
            ),
        ),
        (
            f"{NOT_READY}Felix is not live: liveness probe reporting 503",
            Readiness(
                f"{NOT_READY}Felix is not live: liveness probe reporting 503", felix_is_down=True
            ),
        ),
        (
            f"{NOT_READY}felix is not ready: readiness probe reporting 503"
            f"{NOT_READY}BIRD is not ready: BGP not established with 10.0.0.1",
            Readiness(
                f"{NOT_READY}felix is not ready: readiness probe reporting 503; "
                f"{NOT_READY}BIRD is not ready: BGP not established with 10.0.0.1",
                peers=("10.0.0.1",),
                felix_is_down=True,
            ),
        ),
        (
            f"{NOT_READY}BIRD is not ready: Failed to stat() nodename file: stat "
            "/var/lib/calico/nodename: no such file or directory",
            Readiness(
                f"{NOT_READY}BIRD is not ready: Failed to stat() nodename file: stat "
                "/var/lib/calico/nodename: no such file or directory"
            ),
        ),
    ],
)
def test_a_message(message: str, readiness: Readiness) -> None:
    assert parse_readiness(message) == readiness


@pytest.mark.parametrize(
    "message",
    [
        "",
        "Readiness probe failed: HTTP probe failed with statuscode: 503",
        "Liveness probe failed: command timed out",
        "Back-off restarting failed container calico-node in pod calico-node-x",
    ],
)
def test_what_calico_did_not_say(message: str) -> None:
    assert parse_readiness(message) is None


def test_an_address_that_the_kubelet_cut_is_not_taken_for_another() -> None:
    peers = [f"172.16.{third}.{fourth}" for third in range(8) for fourth in range(100, 250)]
    said = f"{NOT_READY}BIRD is not ready: BGP not established with {','.join(peers)}"
    for limit in range(10 * 1024, 10 * 1024 + 15):
        cut = parse_readiness(said[:limit])
        assert cut is not None
        assert set(cut.peers) <= set(peers)
        assert len(cut.peers) > 700


@given(st.text())
def test_nothing_breaks_it(text: str) -> None:
    found = parse_readiness(f"{NOT_READY}{text}")
    assert found is not None
    assert found.text.startswith(NOT_READY.strip())
