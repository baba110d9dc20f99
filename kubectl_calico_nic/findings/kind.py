"""A kind of finding: its id, its severity, and the condition that finds it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from kubectl_calico_nic.findings.case.case import Case, Member
from kubectl_calico_nic.findings.finding import Finding, Severity

TRY_METHODS = "kubectl calico-nic inspect --what-if METHOD shows what another method would choose"
"""What to do about a wrong choice; the recommended command takes its place where there is one."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One entry of the catalogue.

    ``condition`` looks at the whole case and yields what it finds. ``is_mended_by_method`` says
    that another method can cure it, so that a recommendation is worth looking for.
    """

    id: str
    severity: Severity
    condition: Callable[[Case], Iterator[Finding]]
    is_mended_by_method: bool = False

    def about(
        self,
        member: Member,
        message: str,
        advice: str,
        together: str = "",
        *,
        why: str = "",
        explains: tuple[str, ...] = (),
    ) -> Finding:
        """A finding of this kind about one node and family; see ``Finding`` for the words."""
        return Finding(
            self.id,
            self.severity,
            message,
            advice,
            member.name,
            member.family,
            together,
            why=why,
            explains=explains,
        )

    def about_node(
        self,
        name: str | None,
        message: str,
        advice: str,
        together: str = "",
        *,
        why: str = "",
        explains: tuple[str, ...] = (),
    ) -> Finding:
        """A finding of this kind about a node; about the whole cluster where ``name`` is None."""
        return Finding(
            self.id,
            self.severity,
            message,
            advice,
            name,
            None,
            together,
            why=why,
            explains=explains,
        )
