"""The facts of a rollout while it is followed: what is read again, when, and what for."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from kubectl_calico_nic.calico.inventory import Inventory
from kubectl_calico_nic.cluster.errors import ApiError, ConnectionRefused
from kubectl_calico_nic.cluster.transport.pod_exec_stream import ExecResult
from kubectl_calico_nic.collection.collect import Collector
from kubectl_calico_nic.collection.following import Change, Changed, Replaced
from kubectl_calico_nic.collection.port import Executed, Query
from kubectl_calico_nic.collection.rollout_facts import DAEMON_SETS, NODES, PODS, RolloutFacts
from kubectl_calico_nic.family import Family
from kubectl_calico_nic.snapshot.daemonset import DaemonSet
from kubectl_calico_nic.snapshot.decode import decode_node, decode_pod
from kubectl_calico_nic.snapshot.snapshot import Gap, NodeFacts, Snapshot

STARTING = "2026-01-01 00:00:00.000 [INFO][9] startup/startup.go 427: Early log level set to info\n"
CHOSEN = (
    "2026-01-01 00:00:00.100 [INFO][9] startup/autodetection_methods.go 103: "
    "Using autodetected IPv4 address on interface bond4: 172.16.10.21/24\n"
)
COMPLETE = STARTING + CHOSEN + "Calico node started successfully\n"
ADDRESSES = "2: bond4    inet 172.16.10.21/24 scope global bond4\n"
LINKS = "2: bond4: <BROADCAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP\n"
HEADINGS = "name     proto    table    state  since       info"
ESTABLISHED = "Mesh_172_16_10_22 BGP      master   up     10:00:00    Established   "
ACTIVE = "Mesh_172_16_10_22 BGP      master   start  10:00:00    Active        "
AWAY = ConnectionRefused("127.0.0.1:6443")
FORBIDDEN = ApiError(403, "Forbidden", "pods/log is forbidden")
BROKEN = ApiError(500, "InternalError", "the kubelet does not answer")


@dataclass
class Api:
    """An API server with one log and one revision, or with errors in their place."""

    text: str | Exception = COMPLETE
    revision: str | Exception = "hash-1"
    bird: str | Exception = ESTABLISHED
    logs_read: int = 0
    bird_asked: int = 0
    route: str = "172.16.10.22 from 172.16.10.21 dev bond4 uid 0 \\    cache"
    now: float = 0.0
    asked: list[str] = field(default_factory=list)
    addresses: str = ADDRESSES

    def log(self, namespace: str, pod: str, container: str, **_: Any) -> bytes:
        self.logs_read += 1
        if isinstance(self.text, Exception):
            raise self.text
        return self.text.encode()

    def pages(self, path: str, query: Query = (), limit: int = 500) -> Iterator[list[Any]]:
        if isinstance(self.revision, Exception):
            raise self.revision
        owner = {"kind": "DaemonSet", "name": "calico-node", "controller": True}
        labels = {"controller-revision-hash": self.revision}
        metadata = {"namespace": "kube-system", "ownerReferences": [owner], "labels": labels}
        yield [{"metadata": metadata, "revision": 1}]

    def get(self, path: str, query: Query = ()) -> Any:
        raise AssertionError(path)

    def execute(
        self, namespace: str, pod: str, container: str, command: Sequence[str], *, timeout: float
    ) -> Executed:
        if "route" in command:
            self.asked.append(" ".join(command))
            return ExecResult(self.route, "", 0)
        if command[0] == "ip":
            return ExecResult(LINKS if "link" in command else self.addresses, "", 0)
        self.bird_asked += 1
        if isinstance(self.bird, Exception):
            raise self.bird
        return ExecResult(f"BIRD 1.6.8 ready.\n{HEADINGS}\n{self.bird}\n", "", 0)


def daemon_set(generation: int = 1, observed: int = 1) -> dict[str, Any]:
    return {
        "metadata": {"namespace": "kube-system", "name": "calico-node", "generation": generation},
        "spec": {"template": {"spec": {"containers": [{"name": "calico-node"}]}}},
        "status": {"observedGeneration": observed},
    }


def pod(
    uid: str = "1", *, ready: bool = True, state: str = "running", restarts: int = 0
) -> dict[str, Any]:
    owner = {"kind": "DaemonSet", "name": "calico-node", "controller": True}
    status = {"name": "calico-node", "state": {state: {}}, "restartCount": restarts}
    return {
        "metadata": {
            "namespace": "kube-system",
            "name": "calico-node-x",
            "uid": uid,
            "ownerReferences": [owner],
        },
        "spec": {"nodeName": "node-1", "containers": [{"name": "calico-node"}]},
        "status": {
            "containerStatuses": [status],
            "conditions": [{"type": "Ready", "status": str(ready)}],
        },
    }


def node(address: str = "172.16.10.21/24", *, ready: bool = True) -> dict[str, Any]:
    return {
        "metadata": {"name": "node-1", "annotations": {"projectcalico.org/IPv4Address": address}},
        "status": {"conditions": [{"type": "Ready", "status": str(ready)}]},
    }


def take(facts: RolloutFacts, *changes: Change) -> None:
    """Objects as JSON, decoded as those are that watches deliver."""
    decode = {kind.name: kind.decode for kind in facts.kinds(DaemonSet(daemon_set()))}
    for change in changes:
        if isinstance(change, Replaced):
            decoded = tuple(map(decode[change.kind], change.objects))
            facts.take([Replaced(change.kind, decoded)])
        elif isinstance(change, Changed):
            facts.take([dataclasses.replace(change, object=decode[change.kind](change.object))])


def facts_of(api: Api, *, a_pod: dict[str, Any], a_node: dict[str, Any]) -> RolloutFacts:
    first = Snapshot(daemon_sets=(DaemonSet(daemon_set()),))
    facts = RolloutFacts(Collector(api), first, first.daemon_sets[0], lambda: api.now)
    take(facts, Replaced(NODES, (a_node,)), Replaced(PODS, (a_pod,)))
    facts.snapshot()
    return facts


def address(facts: RolloutFacts) -> str | None:
    (found,) = facts.snapshot().nodes
    decision = found.log.latest(Family.IPV4) if found.log else None
    return decision.address if decision else None


def test_a_log_that_told_everything_is_read_once() -> None:
    api = Api()
    facts = facts_of(api, a_pod=pod(), a_node=node())
    assert address(facts) == "172.16.10.21/24"
    assert (api.logs_read, facts.next_look) == (1, None)


def heartbeat() -> dict[str, Any]:
    """The Node as its kubelet reports it again and again."""
    found = node()
    found["metadata"]["resourceVersion"] = "777"
    found["status"]["conditions"][0]["lastHeartbeatTime"] = "2026-01-01T00:05:00Z"
    return found


@pytest.mark.parametrize(
    ("is_news", "change"),
    [
        (False, Changed(NODES, heartbeat())),
        (False, Replaced(NODES, (heartbeat(),))),
        (False, Replaced(PODS, (pod(),))),
        (False, Replaced(DAEMON_SETS, (daemon_set(),))),
        (False, Changed(PODS, pod("2"), deleted=True)),
        (True, Changed(NODES, node(ready=False))),
        (True, Changed(NODES, node(), deleted=True)),
        (True, Replaced(NODES, ())),
        (True, Changed(PODS, pod(ready=False))),
        (True, Changed(PODS, pod("2"))),
        (True, Replaced(PODS, (pod(), pod("2")))),
        (True, Changed(DAEMON_SETS, daemon_set(generation=2))),
        (True, Replaced(DAEMON_SETS, ())),
    ],
)
def test_only_what_is_kept_counts_as_a_change(is_news: bool, change: Change) -> None:
    facts = facts_of(Api(), a_pod=pod(), a_node=node())
    assert not facts.is_changed
    take(facts, change)
    assert facts.is_changed is is_news


def test_a_change_is_over_once_it_was_looked_at() -> None:
    facts = facts_of(Api(), a_pod=pod(), a_node=node())
    take(facts, Changed(NODES, node(ready=False)), Changed(NODES, node(ready=False)))
    assert facts.is_changed
    facts.snapshot()
    assert not facts.is_changed


def test_pods_are_in_motion_until_all_are_ready_and_none_is_leaving() -> None:
    facts = facts_of(Api(), a_pod=pod(), a_node=node())
    leaving, foreign = pod(), pod("2", ready=False)
    leaving["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    foreign["metadata"]["ownerReferences"] = []
    seen = []
    for change in (
        Changed(PODS, foreign),
        Changed(PODS, leaving),
        Changed(PODS, pod(ready=False)),
        Changed(PODS, pod()),
    ):
        take(facts, change)
        seen.append(facts.is_in_motion)
    assert seen == [False, True, True, False]


@pytest.mark.parametrize(
    "change",
    [
        Changed(PODS, pod(restarts=1)),
        Changed(PODS, pod(ready=False)),
        Changed(NODES, node("172.16.16.21/23")),
    ],
)
def test_a_log_is_read_again_when_it_may_tell_something_new(change: Changed) -> None:
    api = Api()
    facts = facts_of(api, a_pod=pod(), a_node=node())
    before = api.logs_read
    take(facts, change)
    facts.snapshot()
    assert api.logs_read > before


def test_a_log_that_was_read_in_the_middle_of_a_start_is_read_again() -> None:
    api = Api(STARTING)
    facts = facts_of(api, a_pod=pod(ready=False), a_node=node())
    assert address(facts) is None
    assert facts.next_look == 1.0

    api.text, api.now = COMPLETE, 1.0
    assert address(facts) == "172.16.10.21/24"
    assert facts.next_look is None


def test_a_log_that_could_not_be_read_is_asked_for_a_few_times() -> None:
    api = Api(BROKEN)
    facts = facts_of(api, a_pod=pod(), a_node=node())
    seconds = []
    while (wait := facts.next_look) is not None:
        seconds.append(wait)
        api.now += wait
        facts.snapshot()
    assert seconds == [1.0, 2.0, 3.0, 4.0]
    assert address(facts) is None


def test_a_log_that_could_not_be_read_while_the_api_server_was_away_is_asked_for_anew() -> None:
    api = Api(AWAY)
    facts = facts_of(api, a_pod=pod(), a_node=node())
    api.text = COMPLETE
    take(facts, Replaced(PODS, (pod(),)))
    assert address(facts) == "172.16.10.21/24"


@pytest.mark.parametrize(
    ("text", "a_node"), [(FORBIDDEN, node()), (BROKEN, node(ready=False))], ids=["right", "node"]
)
def test_what_cannot_be_read_is_not_asked_for_again(text: Exception, a_node: Any) -> None:
    facts = facts_of(Api(text), a_pod=pod(), a_node=a_node)
    assert facts.next_look is None


def test_the_revision_is_read_when_the_controller_has_made_it() -> None:
    api = Api(revision="hash-old")
    facts = facts_of(api, a_pod=pod(), a_node=node())
    take(facts, Changed(DAEMON_SETS, daemon_set(generation=2)))
    facts.snapshot()
    api.revision = "hash-new"
    take(facts, Changed(DAEMON_SETS, daemon_set(generation=2, observed=2)))
    assert facts.snapshot().revisions == {"kube-system/calico-node": "hash-new"}


def test_a_revision_that_could_not_be_read_is_asked_for_again() -> None:
    api = Api(revision=AWAY)
    facts = facts_of(api, a_pod=pod(), a_node=node())
    take(facts, Changed(DAEMON_SETS, daemon_set(generation=2, observed=2)))
    assert facts.snapshot().revisions == {}
    assert facts.next_look is not None
    api.revision = "hash-new"
    assert facts.snapshot().revisions == {"kube-system/calico-node": "hash-new"}
    assert facts.next_look is None


def states(facts: RolloutFacts) -> list[str] | None:
    """The states of the only node's sessions; None where they are not known."""
    (found,) = facts.with_sessions(facts.snapshot()).nodes
    if found.sessions is None:
        return None
    return [session.state for session in found.sessions.by_family[Family.IPV4]]


def test_bird_is_asked_once_where_all_sessions_are_up() -> None:
    api = Api()
    facts = facts_of(api, a_pod=pod(), a_node=node())
    assert [states(facts), states(facts)] == [["Established"], ["Established"]]
    assert (api.bird_asked, facts.next_look) == (1, None)
    assert [found.sessions for found in facts.snapshot().nodes] == [None]


def test_the_kernel_is_asked_for_the_way_to_a_peer_in_the_chosen_network() -> None:
    api = Api()
    facts = facts_of(api, a_pod=pod(), a_node=node())
    (found,) = facts.with_sessions(facts.snapshot()).nodes
    assert api.asked == ["ip -o route get 172.16.10.22 from 172.16.10.21"]
    assert found.peer_routes == {"172.16.10.22": api.route}
    assert found.routes == {}
    assert facts.next_look is None


@pytest.mark.parametrize("address", ["172.16.10.21/31", "172.16.10.21/32", "172.16.10.21", "x"])
def test_the_way_to_any_other_peer_is_not_asked_for(address: str) -> None:
    api = Api()
    facts = facts_of(api, a_pod=pod(), a_node=node(address))
    facts.with_sessions(facts.snapshot())
    assert api.asked == []


def test_a_few_of_many_peers_are_asked_for_those_that_are_down_first() -> None:
    up = [f"Mesh_172_16_10_{n} BGP master up 10:00:00 Established" for n in range(30, 60)]
    down = "Mesh_172_16_10_99 BGP master start 10:00:00 Active"
    api = Api(bird="\n".join([*up, down]))
    facts = facts_of(api, a_pod=pod(), a_node=node())
    facts.with_sessions(facts.snapshot())
    assert [words.split()[4] for words in api.asked] == [
        *("172.16.10.99", "172.16.10.30", "172.16.10.59")
    ]


def test_a_route_on_another_nic_is_asked_for_until_it_is_gone() -> None:
    api = Api(route="172.16.10.22 from 172.16.10.21 via 172.16.16.1 dev bond3 uid 0")
    api.addresses += "3: bond3    inet 172.16.16.21/23 scope global bond3\n"
    facts = facts_of(api, a_pod=pod(), a_node=node())
    facts.with_sessions(facts.snapshot())
    assert facts.next_look == 1.0

    api.now, api.route = 1.0, "172.16.10.22 from 172.16.10.21 dev bond4 uid 0"
    facts.with_sessions(facts.snapshot())
    assert facts.next_look is None


def test_sessions_that_are_of_the_past_are_asked_for_anew() -> None:
    api = Api(bird=ACTIVE)
    facts = facts_of(api, a_pod=pod(), a_node=node())
    assert states(facts) == ["Active"]
    facts.forget_sessions()
    assert facts.next_look is None

    api.bird = ESTABLISHED
    assert states(facts) == ["Established"]
    take(facts, Changed(PODS, pod(), deleted=True), Changed(PODS, pod("2")))
    assert states(facts) == ["Established"]
    assert api.bird_asked == 3


def test_sessions_that_are_not_up_are_asked_for_until_they_are() -> None:
    api = Api(bird=ACTIVE)
    facts = facts_of(api, a_pod=pod(), a_node=node())
    assert states(facts) == ["Active"]
    assert (api.bird_asked, facts.next_look) == (1, 1.0)

    api.now, api.bird = 1.0, ESTABLISHED
    assert states(facts) == ["Established"]
    assert facts.next_look is None


@pytest.mark.parametrize(("bird", "asked"), [(ACTIVE, 10), (BROKEN, 10), (FORBIDDEN, 1)])
def test_the_asking_ends(bird: str | Exception, asked: int) -> None:
    api = Api(bird=bird)
    facts = facts_of(api, a_pod=pod(), a_node=node())
    found = facts.with_sessions(facts.snapshot())
    while (wait := facts.next_look) is not None:
        assert wait <= 10.0
        api.now += wait
        found = facts.with_sessions(facts.snapshot())
    assert api.bird_asked == asked
    assert [gap.resource for gap in found.gaps] == ([] if bird is ACTIVE else ["pods/exec"])


REFUSED = Gap("create", "pods/exec", "no exec found", "node-1")
NO_RIGHT = Gap("create", "pods/exec", "pods/exec is forbidden", "node-1", forbidden=True)


@pytest.mark.parametrize(
    ("gap", "told"), [(REFUSED, []), (NO_RIGHT, [NO_RIGHT])], ids=["a failure", "a missing right"]
)
def test_what_a_pod_refused_is_forgotten_with_the_pod(gap: Gap, told: list[Gap]) -> None:
    assert facts_since(gap).gaps == (gap,)
    assert list(facts_since(gap, Changed(PODS, pod("2"))).gaps) == told


def test_what_a_pod_refused_is_forgotten_when_it_answers() -> None:
    api = Api()
    facts = rollout_since(api, REFUSED)
    assert facts.with_sessions(facts.snapshot()).gaps == ()


def test_what_a_pod_refused_when_it_was_asked_for_sessions_is_forgotten_with_the_pod() -> None:
    api = Api(bird=BROKEN)
    facts = facts_of(api, a_pod=pod(), a_node=node())
    assert len(facts.with_sessions(facts.snapshot()).gaps) == 1

    api.bird = ESTABLISHED
    take(facts, Changed(PODS, pod(), deleted=True), Changed(PODS, pod("2")))
    assert facts.with_sessions(facts.snapshot()).gaps == ()


def test_a_pod_that_was_being_replaced_is_asked_for_its_interfaces_once_it_is_ready() -> None:
    facts = rollout_since(Api(), REFUSED)
    take(facts, Changed(PODS, pod(), deleted=True), Changed(PODS, pod("2", ready=False)))
    assert inventory(facts) is None

    take(facts, Changed(PODS, pod("2")))
    found = inventory(facts)
    assert found is not None
    assert found.interface_with("172.16.10.21") is not None


def test_without_the_right_nobody_is_asked_again() -> None:
    facts = rollout_since(Api(), NO_RIGHT)
    take(facts, Changed(PODS, pod(), deleted=True), Changed(PODS, pod("2")))
    assert inventory(facts) is None


def inventory(facts: RolloutFacts) -> Inventory | None:
    [found] = facts.snapshot().nodes
    return found.inventory


def facts_since(gap: Gap, *changes: Changed) -> Snapshot:
    facts = rollout_since(Api(), gap)
    take(facts, *changes)
    return facts.snapshot()


def rollout_since(api: Api, gap: Gap) -> RolloutFacts:
    first = Snapshot(
        daemon_sets=(DaemonSet(daemon_set()),),
        nodes=(NodeFacts("node-1", node=decode_node(node()), pod=decode_pod(pod(ready=False))),),
        gaps=(gap,),
    )
    return RolloutFacts(Collector(api), first, first.daemon_sets[0], lambda: api.now)


def test_pods_of_one_revision_share_the_container_that_takes_the_most_room() -> None:
    other = pod("2")
    other["spec"]["nodeName"] = "node-2"
    changed = pod("3")
    changed["spec"] |= {"nodeName": "node-3", "containers": [{"name": "calico-node", "image": "x"}]}
    facts = facts_of(Api(), a_pod=pod(), a_node=node())
    take(facts, Changed(PODS, other), Changed(PODS, changed))
    containers = [each.pod.container for each in facts.snapshot().nodes if each.pod]
    assert containers[0] is containers[1]
    assert containers[2] == {"name": "calico-node", "image": "x"}
