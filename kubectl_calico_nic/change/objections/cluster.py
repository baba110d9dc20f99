"""What speaks against a change, or is worth knowing of it, because of the cluster as a whole."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from kubectl_calico_nic.change.env_edits import EnvChange
from kubectl_calico_nic.change.forecast import BACKEND, Outlook
from kubectl_calico_nic.change.request import Request
from kubectl_calico_nic.family import Family, family_of
from kubectl_calico_nic.findings.finding import Finding, Severity
from kubectl_calico_nic.findings.kinds.owner_reverts import OWNER_REVERTS
from kubectl_calico_nic.owners.recognition import Chain
from kubectl_calico_nic.snapshot.daemonset import DaemonSet
from kubectl_calico_nic.snapshot.snapshot import Snapshot
from kubectl_calico_nic.workload.env import EnvValue
from kubectl_calico_nic.workload.rolling import ON_DELETE, RollForecast

ROLLOUT_BLOCKED = "rollout-blocked"
_FELIX_IPV6 = "FELIX_IPV6SUPPORT"
_FALSE = frozenset({"false", "0", "no", "off", "f", "n"})
_SHOWN = 5


def owner_restores(owners: Chain) -> Iterator[Finding]:
    """The refusal of an edit that an owner would undo later; ``--force`` makes it all the same."""
    keeper = owners.keeper
    if keeper is not None:
        yield Finding(
            OWNER_REVERTS.id,
            Severity.WARNING,
            f"daemonset {owners.daemon_set} belongs to {keeper.suffers}",
            f"change {keeper.where}; --force edits the DaemonSet all the same",
            why=owners.evidence,
        )


def owner_reverts(owners: Chain) -> Finding:
    """The refusal of an edit that the controller would undo at once; never overridden."""
    controller, keeper = owners.links[0], owners.keeper or owners.top
    later = f"; {keeper.suffers}" if keeper is not controller else ""
    return Finding(
        OWNER_REVERTS.id,
        Severity.ERROR,
        f"daemonset {owners.daemon_set} is controlled by {controller.object}: it would undo the "
        f"edit at once, and every pod would restart twice for nothing{later}",
        f"change {keeper.where} instead",
        overridable=False,
        why=owners.evidence,
    )


def setting_refusals(
    request: Request, change: EnvChange, current: Mapping[str, EnvValue]
) -> Iterator[Finding]:
    """What in the present environment speaks against the edits."""
    backend = current.get(BACKEND)
    if backend is not None and backend.value == "none":
        yield Finding(
            "backend-none",
            Severity.ERROR,
            f"{BACKEND} is none: Calico does no networking here and its method decides nothing",
            "set nothing; with canal the NIC is flannel's (canal_iface in ConfigMap canal-config)",
        )
    for family in request.families:
        yield from _overwritten(family, change, current)


def _overwritten(
    family: Family, change: EnvChange, current: Mapping[str, EnvValue]
) -> Iterator[Finding]:
    found = current.get(family.ip_variable)
    edited = any(edit.env == family.ip_variable for edit in change.edits)
    if not edited or found is None or found.value is None or not found.source.startswith("value"):
        return
    if family_of(found.value) is not None:
        yield Finding(
            "explicit-address-overwritten",
            Severity.ERROR,
            f"{family.ip_variable}={found.value} was set by hand and would be overwritten with "
            "autodetect",
            "if that address is right, leave it; --force overwrites it",
            family=family,
        )


def setting_warnings(
    request: Request, change: EnvChange, current: Mapping[str, EnvValue]
) -> Iterator[Finding]:
    """What the edits bring along."""
    for family in request.families if request.method is not None else ():
        found = current.get(family.ip_variable)
        if found is not None and found.value == "none":
            yield Finding(
                "family-enabled",
                Severity.WARNING,
                f"{family.ip_variable} is none: this turns {family.label} detection on",
                f"go on only if the nodes are to have {family.label} addresses",
                family=family,
            )
    felix = current.get(_FELIX_IPV6)
    is_off = felix is not None and (felix.value or "").lower() in _FALSE
    if is_off and Family.IPV6 in request.families and request.method is not None:
        yield Finding(
            "ipv6-not-enabled",
            Severity.WARNING,
            f"{_FELIX_IPV6} is {felix.value if felix else ''}: Felix would leave IPv6 alone",
            f"kubectl set env {_FELIX_IPV6}=true as well, and give the cluster an IPv6 pool",
            family=Family.IPV6,
        )
    if change.dependents:
        names = ", ".join(change.dependents)
        edited = ", ".join(edit.env for edit in change.edits)
        yield Finding(
            "reference-changes",
            Severity.WARNING,
            f"{names} refers to a variable that changes ({edited}), so its value changes with it",
            f"check that {names} may change",
        )


def too_many_unknown(
    request: Request, outlooks: Sequence[Outlook], snapshot: Snapshot
) -> Iterator[Finding]:
    """The refusal to change what cannot be foreseen, beyond the nodes that the user accepts."""
    names = [name for name in _unknown(outlooks) if name not in _may_not_ask(snapshot, outlooks)]
    if len(names) > max(request.max_unknown, 0):
        advice = f"--max-unknown {len(names)} accepts it"
        yield _outcome_unknown(names, outlooks, Severity.ERROR, advice)


def accepted_unknown(
    request: Request, outlooks: Sequence[Outlook], snapshot: Snapshot
) -> Iterator[Finding]:
    """The warning in its place: of nodes that may not be asked any number is accepted."""
    forbidden = _may_not_ask(snapshot, outlooks)
    unknown = _unknown(outlooks)
    if names := [name for name in unknown if name in forbidden]:
        advice = "allow create pods/exec, so that the nodes' interfaces can be read"
        yield _outcome_unknown(names, outlooks, Severity.WARNING, advice)
    names = [name for name in unknown if name not in forbidden]
    if 0 < len(names) <= request.max_unknown:
        advice = "follow these nodes with kubectl calico-nic rollout-check"
        yield _outcome_unknown(names, outlooks, Severity.WARNING, advice)


def _unknown(outlooks: Sequence[Outlook]) -> list[str]:
    return sorted({outlook.member.name for outlook in outlooks if not outlook.decided})


def _may_not_ask(snapshot: Snapshot, outlooks: Sequence[Outlook]) -> frozenset[str]:
    """The nodes on which running ``ip`` is not permitted."""
    gaps = [gap for gap in snapshot.gaps if gap.forbidden and gap.resource == "pods/exec"]
    if any(gap.node is None for gap in gaps):
        return frozenset(outlook.member.name for outlook in outlooks)
    return frozenset(gap.node for gap in gaps if gap.node is not None)


def _outcome_unknown(
    names: Sequence[str], outlooks: Sequence[Outlook], severity: Severity, advice: str
) -> Finding:
    unknown = (outlook for outlook in outlooks if not outlook.decided)
    reason = next(outlook.reason for outlook in unknown if outlook.member.name in names)
    count = f"{len(names)} nodes" if len(names) > 1 else "1 node"
    message = f"what {count} would choose is not known ({_shown(names)}): {reason}"
    return Finding("outcome-unknown", severity, message, advice)


def several_at_once(roll: RollForecast) -> Iterator[Finding]:
    """The refusal to interrupt several working nodes at the same moment."""
    if roll.ready_at_once > 1:
        yield Finding(
            "several-at-once",
            Severity.ERROR,
            f"{roll.ready_at_once} Ready pods would restart at the same moment (updateStrategy)",
            "set updateStrategy.rollingUpdate.maxUnavailable to 1 first, or --force",
        )


def roll_warnings(roll: RollForecast, daemon_set: DaemonSet) -> Iterator[Finding]:
    """What holds the restarts up."""
    if daemon_set.update_strategy == ON_DELETE:
        yield Finding(
            ROLLOUT_BLOCKED,
            Severity.WARNING,
            "updateStrategy is OnDelete: no pod restarts by itself, each keeps its old method",
            "delete the pods one by one, or set updateStrategy to RollingUpdate",
        )
    if roll.blocked_by:
        yield Finding(
            ROLLOUT_BLOCKED,
            Severity.WARNING,
            f"{_shown(roll.blocked_by)} not Ready, which uses up maxUnavailable: the Ready pods "
            "keep the old method until that changes",
            "go on if this change is what makes them Ready; else repair or remove them first",
        )


def _shown(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more


def pod_denied(daemon_set: str, why: str | None) -> Iterator[Finding]:
    """The refusal of a roll whose new pods admission would deny; ``why`` are the server's words."""
    if why:
        yield Finding(
            "pod-denied",
            Severity.ERROR,
            f"daemonset {daemon_set}: a new pod would be denied: {why}",
            "every old pod would be deleted and none come back: mend what denies it first",
        )
