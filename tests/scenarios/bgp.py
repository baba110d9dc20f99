"""BGP sessions that are down, and whose fault it is."""

from __future__ import annotations

from dataclasses import replace

from kubectl_calico_nic.calico.bird.session import PeerKind
from kubectl_calico_nic.diagnosis.diagnose import Question
from kubectl_calico_nic.snapshot.bgp import SessionsSource
from kubectl_calico_nic.snapshot.event import PodEvent
from kubectl_calico_nic.snapshot.pod import ContainerState
from kubectl_calico_nic.snapshot.snapshot import NodeFacts, Snapshot
from tests.bgp_sessions import alone, asked, lost, mesh, session, unhealthy, without_bird
from tests.clusters import cluster, detected, incident, node
from tests.scenarios.scenario import Scenario, Without, elsewhere, every_node, right

NOW = "2026-01-01T12:00:00Z"
TOR, OTHER_TOR = "10.0.0.254", "10.0.0.253"


def at_noon(*nodes: NodeFacts, **settings: object) -> Snapshot:
    return replace(cluster(*nodes, **settings), taken_at=NOW)  # type: ignore[arg-type]


def running(facts: NodeFacts, started: str, *, ready: bool = True, restarts: int = 0) -> NodeFacts:
    """The node whose calico-node container started then."""
    assert facts.pod is not None
    state = ContainerState("running", started_at=started, ready=ready, restarts=restarts)
    pod = replace(facts.pod, container_state=state, ready=ready, ready_since=started)
    return replace(facts, pod=pod)


def right_ones(count: int) -> list[NodeFacts]:
    return [right(number) for number in range(1, count + 1)]


def with_tor(facts: NodeFacts, *states: str, mesh_peers: tuple[str, ...] = ()) -> NodeFacts:
    """A node with a session to each ToR in such a state, and established ones within the mesh."""
    tors = zip((TOR, OTHER_TOR), states, strict=False)
    return asked(
        facts,
        *(session(peer, state, kind=PeerKind.GLOBAL) for peer, state in tors),
        *map(session, mesh_peers),
    )


def ipv6(number: int) -> NodeFacts:
    address = f"2001:db8::{number}"
    return node(
        f"n{number}",
        internal_ip=address,
        stored=f"{address}/64",
        log=detected(f"{address}/64", "eth0"),
    )


def loose_incident() -> Snapshot:
    """The incident where a loose reverse-path filter lets all sessions through."""
    snapshot = incident()
    return replace(snapshot, nodes=mesh(*snapshot.nodes))


def strict_incident() -> Snapshot:
    snapshot = incident()
    across = [(1, 3), (1, 4), (2, 3), (2, 4)]
    nodes = mesh(*snapshot.nodes, down=across, info="Socket: No route to host")
    return replace(snapshot, nodes=nodes)


def unready(facts: NodeFacts, *events: PodEvent) -> NodeFacts:
    """The node whose calico-node has not been Ready for an hour, with these events."""
    assert facts.pod is not None
    pod = replace(facts.pod, ready=False, ready_since="2026-01-01T11:00:00Z")
    return replace(facts, pod=pod, events=events)


def racks(number: int, rack: int) -> NodeFacts:
    """A node without InternalIP in the network of its rack."""
    address = f"10.{rack}.0.{number}/24"
    return node(f"n{number}", stored=address, log=detected(address, "eth0"))


HEALTHY: dict[str, Scenario] = {
    "every session is up": Scenario(cluster(*mesh(*right_ones(4))), set()),
    "one node just joins: its sessions are not up yet": Scenario(
        at_noon(*mesh(*right_ones(3), running(right(4), "2026-01-01T11:59:40Z"), down=alone(4, 4))),
        set(),
    ),
    "a node whose pod is Ready for half a minute": Scenario(
        at_noon(
            *mesh(
                *right_ones(3), running(right(4), "2026-01-01T11:59:30Z", restarts=1), down=[(4, 1)]
            )
        ),
        set(),
    ),
    "a node that came back: its check failed while it started": Scenario(
        at_noon(replace(right(1), events=(lost("10.0.0.2", "10.0.0.3"),)), *right_ones(3)[1:]),
        set(),
    ),
    "the check of a container before this one": Scenario(
        at_noon(
            replace(
                running(right(1), "2026-01-01T11:58:00Z", ready=False),
                events=(replace(lost("10.0.0.2"), last_seen="2026-01-01T11:57:00Z"),),
            ),
            right(2),
        ),
        set(),
    ),
    "the session with one of two ToR switches is down on one node": Scenario(
        cluster(
            with_tor(right(1), "Established", "Established"),
            with_tor(right(2), "Established", "Active"),
        ),
        set(),
    ),
    "the only ToR session of a node is down, its mesh is up": Scenario(
        cluster(with_tor(right(1), "Connect", mesh_peers=("10.0.0.2",)), right(2)), set()
    ),
    "IPv6 alone": Scenario(
        cluster(*mesh(ipv6(1), ipv6(2), ipv6(3)), ip="none", env={"IP6": "autodetect"}), set()
    ),
    "route reflectors without a mesh": Scenario(
        cluster(
            asked(right(1), *(session(f"10.0.0.{n}", kind=PeerKind.NODE) for n in (2, 3, 4))),
            *(asked(right(n), session("10.0.0.1", kind=PeerKind.NODE)) for n in (2, 3, 4)),
        ),
        set(),
    ),
    "the other end says that the session is up since": Scenario(
        cluster(
            asked(right(1), session("10.0.0.2", "OpenConfirm")),
            asked(right(2), session("10.0.0.1")),
        ),
        set(),
    ),
    "a CalicoNodeStatus of yesterday": Scenario(
        at_noon(
            asked(
                right(1),
                session("10.0.0.2", "Active"),
                source=SessionsSource.CALICO_NODE_STATUS,
                as_of="2025-12-31T12:00:00Z",
            ),
            right(2),
        ),
        set(),
    ),
    "a CalicoNodeStatus of before the container started": Scenario(
        at_noon(
            asked(
                running(right(1), "2026-01-01T11:58:30Z"),
                session("10.0.0.2", "Active"),
                source=SessionsSource.CALICO_NODE_STATUS,
                as_of="2026-01-01T11:58:00Z",
            ),
            right(2),
        ),
        set(),
    ),
    "vxlan: no BIRD runs anywhere": Scenario(
        cluster(*map(without_bird, right_ones(2)), env={"CALICO_NETWORKING_BACKEND": "vxlan"}),
        set(),
    ),
}

INFORMATION: dict[str, Scenario] = {
    "all on another network, and every session is up: built so": Scenario(
        cluster(*mesh(elsewhere(1), elsewhere(2), elsewhere(3), elsewhere(4))),
        {f"n{number} differs-from-internal-ip" for number in (1, 2, 3, 4)},
    ),
}

WRONG: dict[str, Scenario] = {
    "the incident: the lost sessions are part of its story": Scenario(
        strict_incident(), {"node-3 wrong-network", "node-4 wrong-network"}
    ),
    "the incident under a loose reverse-path filter": Scenario(
        loose_incident(), {"node-3 wrong-network", "node-4 wrong-network"}
    ),
    "one node without BIRD": Scenario(
        cluster(*mesh(*right_ones(3), without_bird(right(4)), down=alone(4, 4), dumb=[4])),
        {"n4 bgp-down"},
    ),
    "all peers of one node are down, by its own words": Scenario(
        cluster(*mesh(*right_ones(4), down=alone(4, 4), dumb=[1, 2, 3])), {"n4 bgp-down"}
    ),
    "one peer is down on all, and was not asked itself": Scenario(
        cluster(*mesh(*right_ones(4), down=alone(4, 4), dumb=[4])), {"n4 bgp-down"}
    ),
    "two nodes are down at once": Scenario(
        cluster(*mesh(*right_ones(6), down=[*alone(5, 6), *alone(6, 6)])),
        {"n5 bgp-down", "n6 bgp-down"},
    ),
    "the checks of one node name all its peers": Scenario(
        cluster(unready(right(1), lost("10.0.0.2", "10.0.0.3")), right(2), right(3)),
        {"n1 bgp-down"},
    ),
    "the checks of all nodes but one name that one": Scenario(
        cluster(
            right(1),
            *(unready(right(number), lost("10.0.0.1")) for number in (2, 3, 4)),
        ),
        {"n1 bgp-down"},
    ),
    "the check says that BIRD is not there": Scenario(
        at_noon(
            unready(
                right(1),
                unhealthy(
                    "BIRD is not ready: Error querying BIRD: unable to connect to BIRDv4 socket: "
                    "dial unix /var/run/calico/bird.ctl: connect: no such file or directory"
                ),
            ),
            right(2),
        ),
        {"n1 bgp-down"},
    ),
    "a wrong node beside a broken one": Scenario(
        cluster(
            *mesh(
                *right_ones(3),
                right(4),
                elsewhere(5),
                down=[*alone(4, 5), *alone(5, 5)],
            )
        ),
        {"n4 bgp-down", "n5 wrong-network"},
    ),
    "two islands along their networks, and no expectation": Scenario(
        cluster(
            *mesh(
                racks(1, 1),
                racks(2, 1),
                racks(3, 2),
                racks(4, 2),
                down=[(1, 3), (1, 4), (2, 3), (2, 4)],
            )
        ),
        {
            f"n{number} {found}"
            for number in (1, 2, 3, 4)
            for found in ("bgp-down", "nodes-disagree", "no-expectation")
        },
    ),
    "two islands in one network": Scenario(
        cluster(*mesh(*right_ones(4), down=[(1, 3), (1, 4), (2, 3), (2, 4)])),
        {f"n{number} bgp-down" for number in (1, 2, 3, 4)},
    ),
    "a single pair": Scenario(
        cluster(*mesh(*right_ones(4), down=[(1, 2)])), {"n1 bgp-down", "n2 bgp-down"}
    ),
    "nothing explains them all": Scenario(
        cluster(*mesh(*right_ones(5), down=[(1, 2), (2, 3)])),
        {"n1 bgp-down", "n2 bgp-down", "n3 bgp-down"},
    ),
    "no session anywhere": Scenario(
        cluster(*mesh(*right_ones(3), down=[*alone(1, 3), (2, 3)])),
        {"n1 bgp-down", "n2 bgp-down", "n3 bgp-down"},
    ),
    "a route reflector is down": Scenario(
        cluster(
            right(1),
            *(asked(right(n), session("10.0.0.1", "Active", kind=PeerKind.NODE)) for n in (2, 3)),
        ),
        {"n1 bgp-down"},
    ),
    "a ToR switch is down for all nodes": Scenario(
        cluster(
            with_tor(right(1), "Connect", "Established"),
            with_tor(right(2), "Connect", "Established"),
        ),
        {"n1 bgp-down", "n2 bgp-down"},
    ),
    "a node lost its only ToR switch, which others reach": Scenario(
        cluster(with_tor(right(1), "Established"), with_tor(right(2), "Connect")),
        {"n2 bgp-down"},
    ),
    "a node follows the Nodes no longer": Scenario(
        cluster(
            asked(right(1), session("10.0.0.2"), session("10.0.0.9", "Passive")),
            asked(right(2), session("10.0.0.1")),
        ),
        {"n1 bgp-down"},
    ),
    "all on another network, and their sessions are down": Scenario(
        cluster(*mesh(elsewhere(1), elsewhere(2), elsewhere(3), down=[*alone(1, 3), (2, 3)])),
        {"n1 wrong-network", "n2 wrong-network", "n3 wrong-network"},
    ),
    "all on another network, one of them broken: that network works": Scenario(
        cluster(
            *mesh(*(elsewhere(n) for n in (1, 2, 3)), elsewhere(4, ready=False), down=alone(4, 4))
        ),
        {*(f"n{number} differs-from-internal-ip" for number in (1, 2, 3, 4)), "n4 bgp-down"},
    ),
    "a CalicoNodeStatus of a minute ago": Scenario(
        at_noon(
            asked(
                right(1),
                session("10.0.0.2", "Active"),
                session("10.0.0.3", "Active"),
                source=SessionsSource.CALICO_NODE_STATUS,
                as_of="2026-01-01T11:59:00Z",
            ),
            right(2),
            right(3),
        ),
        {"n1 bgp-down"},
    ),
    "IPv6 alone, one node down": Scenario(
        cluster(
            *mesh(ipv6(1), ipv6(2), ipv6(3), down=alone(3, 3)),
            ip="none",
            env={"IP6": "autodetect"},
        ),
        {"n3/IPv6 bgp-down"},
        Question(),
    ),
}

WITHOUT: dict[str, Without] = {
    "bgp-down": Without(
        "one peer is down on all, and was not asked itself",
        every_node(lambda facts: replace(facts, sessions=None)),
    ),
}
