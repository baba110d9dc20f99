"""``method-ambiguous``: the method in force fits several NICs, and the result is not proven right.

Where the node has its expected address all the same, that is ``latent``: nothing is wrong yet.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from kubectl_calico_nic.calico.autodetection.methods import MethodKind, parse_method
from kubectl_calico_nic.findings.case.agreement import judged_groups
from kubectl_calico_nic.findings.case.case import Case, Member
from kubectl_calico_nic.findings.case.choice import ENDED
from kubectl_calico_nic.findings.case.contenders import kind_of, method_in_force, rivals
from kubectl_calico_nic.findings.finding import Finding, Severity
from kubectl_calico_nic.findings.kind import Kind
from kubectl_calico_nic.go import regexp

_NAMING = frozenset({MethodKind.INTERFACE, MethodKind.CIDR})
"""The methods with which somebody meant certain NICs."""
_SHOWN = 3


def _find(case: Case) -> Iterator[Finding]:
    for group, agreed in judged_groups(case):
        for member in group if agreed is None else ():
            method = method_in_force(member)
            if method is not None and kind_of(method, member) in _NAMING and _is_doubtful(member):
                yield from _several(member, method)


def _is_doubtful(member: Member) -> bool:
    """Whether an address was chosen that no expectation proves right."""
    choice, expected = member.choice, member.expected
    if choice.address is None or choice.interface is None or choice.outcome in ENDED:
        return False
    return expected is None or expected.allows(choice.address, choice.interface) is not True


def _several(member: Member, method: str) -> Iterator[Finding]:
    others = [found.interface or "" for found in rivals(member, method)]
    if not others:
        return
    more = f" and {len(others) - _SHOWN} more" if len(others) > _SHOWN else ""
    fits = f"{method} fits {', '.join(others[:_SHOWN])}{more} as well as {member.choice.interface}"
    yield METHOD_AMBIGUOUS.about(
        member,
        f"{member.name}: {fits}, and the last one in kernel order wins",
        _advice(member, method),
        f"have several NICs that {method} fits: the last one in kernel order wins",
        why="the node's interfaces",
    )


def _advice(member: Member, method: str) -> str:
    if kind_of(method, member) is MethodKind.CIDR:
        return "name a network that one NIC of each node is in"
    items = parse_method(method, member.version).items
    meant = next((item for item in items if item in member.nic_names), None)
    if meant is None or len(items) > 1:
        return "name one NIC of each node, anchored: interface=^bond1$"
    return f"interface={anchored(meant)} means {meant} alone: a regex matches anywhere in a name"


def anchored(name: str) -> str:
    """The regex of one NIC's name (of word characters, dots, colons, @ and -) and no other."""
    return "^" + name.replace(".", r"\.") + "$"


def matched_by(item: str, nics: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """The nodes where a regex finds several NICs, with those NICs; in the nodes' order by name.

    Args:
        item: one regex of a method's list.
        nics: by node, the names of its NICs that have an address.

    Raises:
        RegexpError: Go would refuse the regex.
    """
    search = regexp.compile(item).search
    matching = {node: [name for name in names if search(name)] for node, names in nics.items()}
    return {node: names for node, names in sorted(matching.items()) if len(names) > 1}


METHOD_AMBIGUOUS = Kind("method-ambiguous", Severity.WARNING, _find, is_mended_by_method=True)
"""The catalogue's entry."""
