"""Everything about one node: its interfaces, what was decided when, and why the winner wins."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from kubectl_calico_nic.diagnosis.report import Explanation, Reasoning, Recommendation
from kubectl_calico_nic.diagnosis.supposition import suppose
from kubectl_calico_nic.findings.case.case import Member


def explain(
    members: Iterable[Member], recommendations: Sequence[Recommendation]
) -> tuple[Explanation, ...]:
    """Explain every node that ``members`` are of."""
    by_node: dict[str, list[Member]] = {}
    for member in members:
        by_node.setdefault(member.name, []).append(member)
    return tuple(_explain(found, recommendations) for found in by_node.values())


def _explain(members: Sequence[Member], recommendations: Sequence[Recommendation]) -> Explanation:
    facts = members[0].facts
    logs = [log for log in (facts.previous_log, facts.log) if log is not None]
    return Explanation(
        node=facts.name,
        interfaces=facts.inventory.interfaces if facts.inventory else (),
        timeline=tuple(decision for log in logs for decision in log.decisions),
        reasonings=tuple(
            reasoning for member in members for reasoning in _reasonings(member, recommendations)
        ),
    )


def _reasonings(member: Member, recommendations: Sequence[Recommendation]) -> Iterator[Reasoning]:
    in_force = member.setting.method
    if in_force is not None:
        yield _reasoning(member, in_force, is_in_force=True)
    for found in recommendations:
        ours = (found.daemon_set, found.family) == (member.daemon_set, member.family)
        if ours and found.method != in_force:
            yield _reasoning(member, found.method, is_in_force=False)


def _reasoning(member: Member, method: str, *, is_in_force: bool) -> Reasoning:
    found = suppose(member, method)
    why = (*found.reasons, *filter(None, [found.why_undecided]))
    return Reasoning(member.family, method, is_in_force, found.address, found.interface, why)
