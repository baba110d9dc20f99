"""One thing found: what is wrong where, and what to do next."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from kubectl_calico_nic.family import Family


class Severity(enum.Enum):
    """How bad a finding is; only errors and warnings make a verdict and exit status 2."""

    ERROR = "error"
    WARNING = "warning"
    INFORMATION = "information"


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding.

    ``id`` is stable (``wrong-network``). ``node`` and ``family`` are None where it concerns the
    whole cluster or node. ``message`` says what, with names and numbers; ``next`` what to do.
    ``together`` goes on after ``400 nodes`` (``are on bond3 ...``): nodes with the same words have
    the same cause and are told as one story; empty where each node has a story of its own.
    ``why`` is the evidence in words (no sentence's end) where it is not that of the node's own
    row: log, annotation, method. ``explains`` names the other nodes whose symptoms (lost sessions,
    not Ready) are the consequence of this: they are told with it, not for themselves.
    ``overridable`` says that ``set --force`` may go on in spite of it.
    """

    id: str
    severity: Severity
    message: str
    next: str
    node: str | None = None
    family: Family | None = None
    together: str = ""
    overridable: bool = True
    why: str = ""
    explains: tuple[str, ...] = ()

    @property
    def docs(self) -> str:
        """Page and anchor below docs/ that explains this finding."""
        return f"findings.md#{self.id}"
