"""Who puts an edit of a DaemonSet back."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Keeper:
    """The owner of a DaemonSet's settings.

    ``suffers`` says who does what to an edit, and when; ``where`` is the place to change instead;
    ``evidence`` is what the owner was recognised by.
    """

    suffers: str
    where: str
    evidence: str
