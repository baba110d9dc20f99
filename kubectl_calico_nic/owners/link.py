"""One owner in the chain from the DaemonSet to the place where its settings are written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from kubectl_calico_nic.family import Family


@dataclass(frozen=True, slots=True)
class Wanted:
    """A setting that somebody wants: a method in these families, None for Calico's default."""

    families: tuple[Family, ...]
    method: str | None


@dataclass(frozen=True, slots=True)
class Link:
    """One owner.

    ``word`` is what reports call it. ``at_once`` says that it undoes an edit within seconds.
    ``object`` names it for people, ``evidence`` is what it was recognised by. Every owner says
    what an edit of the object below it suffers and where to make the change instead.
    """

    word: ClassVar[str] = ""
    at_once: ClassVar[bool] = False
    object: str
    evidence: str

    @property
    def suffers(self) -> str:
        """Who puts an edit back, and when; empty where nobody does."""
        raise NotImplementedError

    @property
    def where(self) -> str:
        """Where the setting lives, in a few words."""
        raise NotImplementedError

    def advice(self, wanted: Wanted) -> str:
        """The change to make there, ready to paste: lines, of which the first says what it is.

        Empty where ``wanted`` cannot be written there.
        """
        raise NotImplementedError
