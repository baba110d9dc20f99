"""``detection-failed``: the method selects nothing, and there was nothing to keep."""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_calico_nic.calico.log.reading import Outcome
from kubectl_calico_nic.family import Family
from kubectl_calico_nic.findings.case.case import Case, Member
from kubectl_calico_nic.findings.case.setting import Mode
from kubectl_calico_nic.findings.finding import Finding, Severity
from kubectl_calico_nic.findings.kind import Kind


def _find(case: Case) -> Iterator[Finding]:
    dragged = dragged_along(case)
    for member in case.members:
        if member.choice.outcome is not Outcome.FAILED:
            continue
        if (member.name, member.family) not in dragged:
            yield _failed(member)
        elif member.family is Family.IPV6:  # of IPv4 it is ipv6-clears-ipv4
            yield _dragged(member)


def _failed(member: Member) -> Finding:
    if member.setting.mode is Mode.NONE:
        return _nothing_asked_for(member)
    label, method = member.family.label, method_of(member)
    reaches = method.startswith("can-reach")
    return DETECTION_FAILED.about(
        member,
        f"{member.name}: {method} selects no {label} address{why_nothing(member)}; "
        "its stored address was cleared",
        "bring back the route or name that it needs, or change the method"
        if reaches
        else "change the method; restarting will not help",
        f"get no {label} address from {method}; their stored addresses were cleared",
    )


def _nothing_asked_for(member: Member) -> Finding:
    """calico-node ends where no family is to have an address, and none is stored."""
    variable = member.family.ip_variable
    what = f"{variable} is none and no address is stored, so calico-node exits at every start"
    return DETECTION_FAILED.about(
        member,
        f"{member.name}: {what}",
        f"kubectl calico-nic set lets a method find one ({variable}=autodetect)",
        f"have nothing to choose: {what}",
    )


def _dragged(member: Member) -> Finding:
    return DETECTION_FAILED.about(
        member,
        f"{member.name}: the failed IPv4 detection cleared the IPv6 address too",
        "mend the IPv4 detection",
        "lost their IPv6 addresses to the failed IPv4 detection",
    )


def method_of(member: Member) -> str:
    """The method that found nothing, for people; its kind where the log says no more."""
    return member.setting.method or member.choice.method_word or "detection"


def dragged_along(case: Case) -> frozenset[tuple[str, Family]]:
    """The nodes and families whose address was cleared because the other family's failed.

    Mirrors configureIPsAndSubnets of startup.go: either failure clears what both detected.
    """
    failed = [member for member in case.members if member.choice.outcome is Outcome.FAILED]
    culprits = {member.name for member in failed if member.choice.method_word}
    return frozenset(
        (member.name, member.family)
        for member in failed
        if member.name in culprits and not member.choice.method_word
    )


def why_nothing(member: Member) -> str:
    """Why the method selected nothing, in brackets: Calico's reason and the NICs there are."""
    reason = member.choice.reason or ""
    if reason.startswith("Unable to auto-detect"):
        reason = reason.partition(": ")[2]
    nics = member.nics()
    words = (reason, f"it has {nics}" if nics else "")
    inside = "; ".join(word for word in words if word)
    return f" ({inside})" if inside else ""


DETECTION_FAILED = Kind("detection-failed", Severity.ERROR, _find, is_mended_by_method=True)
"""The catalogue's entry."""
