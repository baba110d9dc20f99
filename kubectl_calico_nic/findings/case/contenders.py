"""The NICs among which a method chooses on a node: any of them may win another day."""

from __future__ import annotations

import dataclasses

from kubectl_calico_nic.calico.autodetection.methods import InvalidMethod, MethodKind, parse_method
from kubectl_calico_nic.calico.autodetection.selection import Candidate, select
from kubectl_calico_nic.findings.case.case import Member
from kubectl_calico_nic.findings.case.setting import FIRST_FOUND, Mode

WALKING = frozenset(
    {MethodKind.FIRST_FOUND, MethodKind.INTERFACE, MethodKind.SKIP_INTERFACE, MethodKind.CIDR}
)
"""The methods that take the last of several NICs that fit; the others look for one address."""


def method_in_force(member: Member) -> str | None:
    """The method that decides at every re-detection; None where none does or it is not known."""
    if member.setting.mode is Mode.AUTODETECT:
        return member.setting.method
    is_default = member.choice.method_word == FIRST_FOUND
    return FIRST_FOUND if member.setting.mode is Mode.UNKNOWN and is_default else None


def kind_of(method: str | None, member: Member) -> MethodKind | None:
    """The kind of ``method`` to the Calico of ``member``; None for none, or one it cannot know."""
    if method is None:
        return None
    try:
        return parse_method(method, member.version).kind
    except InvalidMethod:
        return None


def contenders(member: Member, method: str) -> tuple[Candidate, ...]:
    """What ``method`` would take on each NIC that fits it, whatever the order of the NICs is.

    Empty where the node's interfaces are not known.
    """
    facts = member.facts
    if facts.inventory is None:
        return ()
    found = select(
        method,
        member.family,
        dataclasses.replace(facts.inventory, ordered=False),
        member.version,
        windows=facts.node is not None and facts.node.os == "windows",
    )
    if found.address is not None:
        return (Candidate(found.address, found.interface),)
    return found.candidates


def rivals(member: Member, method: str) -> tuple[Candidate, ...]:
    """The contenders on other NICs than the one that was chosen."""
    chosen = member.choice.interface
    return tuple(found for found in contenders(member, method) if found.interface != chosen)
