"""The one value that gives every node its expected address, tried on the real interfaces."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from kubectl_calico_nic.calico.version import Version
from kubectl_calico_nic.diagnosis.candidates import (
    KUBERNETES_INTERNAL_IP,
    MOST_NAMES,
    MOST_NETWORKS,
    anchored_interfaces,
    cidrs,
    commonest,
    covers,
    plain_interfaces,
)
from kubectl_calico_nic.diagnosis.report import Recommendation
from kubectl_calico_nic.diagnosis.restarts import restarts
from kubectl_calico_nic.diagnosis.running_version import version_of_image
from kubectl_calico_nic.diagnosis.set_command import set_command
from kubectl_calico_nic.diagnosis.targets import (
    Forecast,
    Target,
    after_failover,
    is_safe_for,
    networks_around,
    target_of,
)
from kubectl_calico_nic.family import Family
from kubectl_calico_nic.findings.case.addresses import same_address
from kubectl_calico_nic.findings.case.case import Case, Member
from kubectl_calico_nic.findings.case.setting import Mode
from kubectl_calico_nic.findings.catalogue import MENDED_BY_METHOD
from kubectl_calico_nic.findings.finding import Finding
from kubectl_calico_nic.findings.kinds.detection_failed import dragged_along
from kubectl_calico_nic.findings.kinds.vip_chosen import VIP_CHOSEN
from kubectl_calico_nic.snapshot.snapshot import Origin
from kubectl_calico_nic.workload.rolling import RollForecast

_NAMED = 3
"""How many nodes an advice names."""


@dataclass(frozen=True, slots=True)
class _Trial:
    """What one value does to all nodes that it has to suit."""

    method: str
    forecasts: Mapping[str, Forecast]

    def covered(self) -> int:
        return sum(found.is_expected for found in self.forecasts.values())


@dataclass(frozen=True, slots=True)
class _Problem:
    """One DaemonSet and family in which a method may mend something.

    ``targets`` are the nodes with an expectation, those to mend (``wrong``) first; ``others`` the
    nodes without one. ``mended`` are wrong, but the method in force would be right by now.
    """

    daemon_set: str | None
    family: Family
    targets: tuple[Target, ...]
    others: tuple[Target, ...]
    wrong: frozenset[str]
    mended: tuple[Target, ...]
    versions: frozenset[Version]


def recommend(
    case: Case, findings: Iterable[Finding]
) -> tuple[tuple[Recommendation, ...], tuple[str, ...]]:
    """Return the recommended values, and sentences where nothing can be recommended."""
    findings = tuple(findings)
    wrong = {
        (finding.node, finding.family) for finding in findings if finding.id in MENDED_BY_METHOD
    } - dragged_along(case)
    virtual = {finding.node for finding in findings if finding.id == VIP_CHOSEN.id}
    recommendations, advice = [], []
    for group in case.groups():
        mine = [member for member in group if (member.name, member.family) in wrong]
        judged = [member for member in mine if member.expected is not None]
        if not judged or not _can_be_set(case, group):
            continue
        problem = _problem(case, group, judged, virtual)
        if problem.mended:
            advice.append(_restart(problem))
        if not problem.wrong:
            continue
        trial = _best(problem)
        if trial is None:
            advice.append(_why_not(problem, case.snapshot.origin))
        else:
            recommendations.append(_recommendation(case, problem, trial))
    return tuple(recommendations), tuple(advice)


def _can_be_set(case: Case, group: Sequence[Member]) -> bool:
    """Whether a method belongs to these nodes: of a cluster only a DaemonSet's can be set."""
    return group[0].daemon_set is not None or case.snapshot.origin is not Origin.CLUSTER


def _problem(
    case: Case, group: Sequence[Member], wrong: Sequence[Member], virtual: Collection[str | None]
) -> _Problem:
    targets = [
        target_of(after_failover(member) if member.name in virtual else member) for member in group
    ]
    names = {member.name for member in wrong}
    mended = tuple(
        target for target in targets if target.member.name in names and _is_mended(target)
    )
    mendable = frozenset(names - {target.member.name for target in mended})
    judged = [target for target in targets if target.member.expected is not None]
    first = group[0]
    return _Problem(
        first.daemon_set,
        first.family,
        tuple(sorted(judged, key=lambda target: target.member.name not in mendable)),
        tuple(target for target in targets if target.member.expected is None),
        mendable,
        mended,
        _versions(case, group),
    )


def _is_mended(target: Target) -> bool:
    """Whether the method in force gives the expected address: what is wrong is something else."""
    setting = target.member.setting
    if setting.mode is not Mode.AUTODETECT or setting.method is None:
        return False
    return target.forecast(setting.method).is_expected


def _versions(case: Case, group: Sequence[Member]) -> frozenset[Version]:
    """The versions that run, and the one that new pods will run."""
    found = {member.version for member in group}
    daemon_set = case.snapshot.daemon_set(group[0].daemon_set or "")
    if daemon_set is not None:
        image = str(daemon_set.container.get("image", ""))
        found.add(version_of_image(image, case.snapshot.cluster_version).version)
    return frozenset(found)


def _best(problem: _Problem) -> _Trial | None:
    """The simplest value that covers every node that can be; else the one that covers most."""
    coverable = [target for target in problem.targets if target.can_be_covered]
    for method in _safe(problem, _covering(coverable)):
        if all(target.forecast(method).is_expected for target in coverable):
            trial = _try(problem, method)
            if _helps(problem, trial):
                return trial
    trials = [_try(problem, method) for method in _safe(problem, _partial(coverable))]
    helpful = [trial for trial in trials if _helps(problem, trial)]
    return max(helpful, key=_Trial.covered, default=None)


def _covering(targets: Collection[Target]) -> Iterator[str]:
    """The values that may suit all ``targets``, simplest first."""
    for names in covers([target.nics for target in targets], MOST_NAMES):
        yield from _by_names(names, targets)
    for networks in covers(networks_around(targets), MOST_NETWORKS):
        yield cidrs(networks)
    yield KUBERNETES_INTERNAL_IP


def _partial(targets: Collection[Target]) -> Iterator[str]:
    """The values that suit most of ``targets``, simplest first."""
    for names in commonest([target.nics for target in targets], MOST_NAMES):
        yield from _by_names(names, targets)
    for networks in commonest(networks_around(targets), MOST_NETWORKS):
        yield cidrs(networks)
    yield KUBERNETES_INTERNAL_IP


def _by_names(names: tuple[str, ...], targets: Iterable[Target]) -> Iterator[str]:
    """``interface=bond4`` where that matches no other NIC anywhere, then ``interface=^bond4$``."""
    plain = plain_interfaces(names)
    if plain is not None and not any(_matches_others(target, names) for target in targets):
        yield plain
    anchored = anchored_interfaces(names)
    if anchored is not None:
        yield anchored


def _matches_others(target: Target, names: tuple[str, ...]) -> bool:
    """Whether a NIC that is not meant has one of ``names`` in its own name (``bond4.100``)."""
    inventory = target.member.facts.inventory
    return inventory is not None and any(
        interface.name not in names and any(name in interface.name for name in names)
        for interface in inventory.interfaces
    )


def _safe(problem: _Problem, methods: Iterable[str]) -> Iterator[str]:
    return (method for method in methods if is_safe_for(method, problem.versions))


def _try(problem: _Problem, method: str) -> _Trial:
    everyone = (*problem.targets, *problem.others)
    return _Trial(method, {target.member.name: target.forecast(method) for target in everyone})


def _helps(problem: _Problem, trial: _Trial) -> bool:
    """Whether a value mends something and breaks nothing that is right."""
    mends = any(trial.forecasts[name].is_expected for name in problem.wrong)
    breaks = any(
        found.harms and name not in problem.wrong for name, found in trial.forecasts.items()
    )
    return mends and not breaks


def _recommendation(case: Case, problem: _Problem, trial: _Trial) -> Recommendation:
    everyone = (*problem.targets, *problem.others)
    changing = [
        target.member.name
        for target in everyone
        if _changes(target.member.choice.address, trial.forecasts[target.member.name])
    ]
    judged = {target.member.name for target in problem.targets}
    uncovered = sorted(
        (target.member.name, _why_uncovered(target, trial.forecasts[target.member.name]))
        for target in everyone
        if _is_left_out(trial.forecasts[target.member.name], target.member.name in judged)
    )
    several = len(case.snapshot.daemon_sets) > 1
    mended = {name for name in problem.wrong if trial.forecasts[name].is_expected}
    roll = _roll(case, problem.daemon_set, mended)
    logged = sum(found.is_logged for found in trial.forecasts.values())
    return Recommendation(
        daemon_set=problem.daemon_set,
        family=problem.family,
        method=trial.method,
        command=set_command(
            trial.method,
            problem.family,
            problem.targets[0].member.expected,
            problem.daemon_set if several else None,
        ),
        changes=len(changing),
        nodes=trial.covered(),
        total=len(problem.targets),
        uncovered=tuple(name for name, _ in uncovered),
        why_uncovered=tuple(why for _, why in uncovered),
        note=f"on {logged} of them their logs alone prove it" if logged else "",
        restarts=roll.restarts if roll else None,
        at_once=roll.at_once if roll else None,
        seconds=roll.seconds if roll else None,
        blocked_by=roll.blocked_by if roll else (),
    )


def _is_left_out(found: Forecast, is_judged: bool) -> bool:
    return not found.is_expected and (is_judged or found.harms)


def _why_uncovered(target: Target, found: Forecast) -> str:
    if not found.is_known:
        if target.member.facts.inventory is None:
            return "its interfaces are not known"
        return "what it would choose is not known"
    if found.address is None:
        return "it would choose nothing"
    if not target.nics:
        return f"no NIC of it has the expected address; it would choose {found.address}"
    return f"it would choose {found.address}"


def _roll(case: Case, key: str | None, mended: Collection[str]) -> RollForecast | None:
    """What a change of the template that mends some nodes does to the DaemonSet's pods."""
    daemon_set = case.snapshot.daemon_set(key or "")
    if daemon_set is None:
        return None
    nodes = {member.name: member.facts for member in case.members if member.daemon_set == key}
    return restarts(tuple(nodes.values()), daemon_set, mended)


def _changes(now: str | None, then: Forecast) -> bool:
    if not then.is_known or then.address is None:
        return False
    return now is None or not same_address(now, then.address)


def _restart(problem: _Problem) -> str:
    """Say what helps where the method in force is right by now."""
    return (
        f"the {problem.family.label} method in force selects the expected address on "
        f"{_names(problem.mended)} by now: re-detection or a restart of calico-node there takes it"
    )


def _why_not(problem: _Problem, origin: Origin) -> str:
    """Say why nothing is recommended."""
    label = problem.family.label
    wrong = [target for target in problem.targets if target.member.name in problem.wrong]
    unread = [target for target in wrong if target.member.facts.inventory is None]
    if unread:
        nics = f"the NICs of {_names(unread)} are not known"
        return f"no {label} method is recommended: {nics}; {_how_to_know(unread, origin)}"
    lost = [target for target in wrong if not target.nics]
    if lost:
        return (
            f"no {label} method is recommended: no NIC of {_names(lost)} has the expected "
            "address, which no method can change"
        )
    return f"no single {label} method gives {_names(wrong)} its expected address and keeps the rest"


def _how_to_know(unread: Sequence[Target], origin: Origin) -> str:
    """What tells the NICs of nodes whose NICs are not known."""
    if origin is not Origin.CLUSTER:
        return "give the output of ip -o addr show there, one file for each node"
    pods = (target.member.facts.pod for target in unread)
    if all(pod is None or pod.container_state.state != "running" for pod in pods):
        return "calico-node does not run there to be asked: see ip -o addr show on the node itself"
    return "ip addr in the calico-node container tells them, which needs pods/exec"


def _names(targets: Sequence[Target]) -> str:
    names = [target.member.name for target in targets]
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more
