"""Whether another node already uses an address; mirrors checkConflictingNodes of startup.go."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from kubectl_calico_nic.calico.log.reading import Stage
from kubectl_calico_nic.calico.messages import Event, Message, render
from kubectl_calico_nic.calico.version import Version
from kubectl_calico_nic.family import Family
from kubectl_calico_nic.go.net import Address, parse_cidr_or_ip

Stored = Mapping[Family, str]


@dataclass(slots=True)
class Comparison:
    """What comparing with all Nodes found.

    ``taken`` are the families whose address another node has, ``error`` is the last thing wrong
    (empty: nothing), ``messages`` are logged meanwhile.
    """

    version: Version
    taken: list[Family] = field(default_factory=list)
    error: str = ""
    messages: list[Message] = field(default_factory=list)

    def log(self, event: Event, **fields: object) -> None:
        """Add the message of ``event``, if this version has one."""
        message = render(event, self.version, stage=Stage.STARTUP, **fields)
        if message is not None:
            self.messages.append(message)


def compare(name: str, mine: Stored, nodes: Mapping[str, Stored], version: Version) -> Comparison:
    """Compare the addresses ``mine`` of the node ``name`` with those stored by all ``nodes``.

    ``nodes`` has ``name`` itself as well, as it was stored before. They are gone through in the
    order of their names, as the API server lists them; an address that cannot be read ends it.
    """
    comparison = Comparison(version)
    ours = {family: parsed for family, parsed, _ in _parsed(mine) if parsed is not None}
    for other in sorted(nodes):
        theirs = list(_parsed(nodes[other]))
        for family, parsed, text in theirs:
            if parsed is None:
                comparison.error = f"invalid CIDR address: {text}"
                fields = {"family": family.value, "address": text, "node": other}
                comparison.log(Event.PEER_UNPARSABLE, **fields, error=comparison.error)
                return comparison
        for family, parsed, _ in theirs:
            if parsed is not None and family in ours:
                _compare_one(comparison, family, ours[family], parsed, other, is_self=other == name)
    return comparison


def _parsed(stored: Stored) -> Iterator[tuple[Family, Address | None, str]]:
    for family in Family:
        text = stored.get(family, "")
        if text:
            parsed = parse_cidr_or_ip(text)
            yield family, parsed[0] if parsed else None, text


def _compare_one(
    comparison: Comparison,
    family: Family,
    ours: Address,
    theirs: Address,
    other: str,
    *,
    is_self: bool,
) -> None:
    is_same = (ours.family, ours.number) == (theirs.family, theirs.number)
    fields = {"family": family.value, "node": other}
    if is_self and not is_same:
        comparison.log(Event.NODE_CHANGED, **fields, original=theirs.text, updated=ours.text)
    elif is_same and not is_self:
        comparison.log(Event.CONFLICT, **fields, address=ours.text)
        comparison.error = f"IPv{family.value} address conflict"
        comparison.taken.append(family)
