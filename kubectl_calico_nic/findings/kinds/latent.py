"""``latent``: the address is right today, and another NIC of the node might have won."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kubectl_calico_nic.findings.case.agreement import strayed
from kubectl_calico_nic.findings.case.case import Case, Member
from kubectl_calico_nic.findings.case.choice import ENDED
from kubectl_calico_nic.findings.case.contenders import WALKING, kind_of, method_in_force, rivals
from kubectl_calico_nic.findings.finding import Finding, Severity
from kubectl_calico_nic.findings.kind import Kind

_SHOWN = 3


def _find(case: Case) -> Iterator[Finding]:
    for group in case.groups():
        if not any(map(strayed, group)):
            for member in group:
                yield from _other_winners(member)


def _other_winners(member: Member) -> Iterator[Finding]:
    """What else may come out where the expectation proves the choice right."""
    choice, expected, method = member.choice, member.expected, method_in_force(member)
    if choice.address is None or expected is None or choice.outcome in ENDED:
        return
    if expected.allows(choice.address, choice.interface) is not True:
        return
    if method is None or kind_of(method, member) not in WALKING or choice.interface is None:
        return
    others = [
        found.interface or ""
        for found in rivals(member, method)
        if expected.allows(found.address, found.interface) is not True
    ]
    if others:
        yield _words(member, method, others)


def _words(member: Member, method: str, others: Sequence[str]) -> Finding:
    more = f" and {len(others) - _SHOWN} more" if len(others) > _SHOWN else ""
    return LATENT.about(
        member,
        f"{member.name} is right on {member.choice.interface}, but {method} would take "
        f"{' or '.join(others[:_SHOWN])}{more} as well: the order of the NICs decides",
        "nothing is wrong; before a reboot or a new NIC changes the order, name the NIC or the "
        "network (kubectl calico-nic set)",
        f"are right today, but {method} fits other NICs of theirs as well: the order decides",
        why="the node's interfaces",
    )


LATENT = Kind("latent", Severity.INFORMATION, _find)
"""The catalogue's entry."""
