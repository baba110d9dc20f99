"""Calico version numbers."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass

_VERSION = re.compile(r"v?(\d{1,9})\.(\d{1,9})(?:\.(\d{1,9}))?(?:[-+.].*)?")


@functools.total_ordering
@dataclass(frozen=True, slots=True)
class Version:
    """A Calico release, ``vMAJOR.MINOR.PATCH``.

    ``text`` is what was read (``v3.34.0-0.dev-12``); a pre-release compares as the release that
    it leads to, because Calico's behaviour changes on its development branches first.
    """

    major: int
    minor: int
    patch: int
    text: str = ""

    @classmethod
    def parse(cls, text: str) -> Version | None:
        """Read ``v3.24.6``, ``3.24`` or ``v3.34.0-0.dev``; None when ``text`` is no version."""
        match = _VERSION.fullmatch(text.strip())
        if match is None:
            return None
        major, minor, patch = (int(number or 0) for number in match.groups())
        return cls(major, minor, patch, text.strip())

    @property
    def _key(self) -> tuple[int, int, int]:
        return (self.major, self.minor, self.patch)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Version) and self._key == other._key

    def __hash__(self) -> int:
        return hash(self._key)

    def __lt__(self, other: Version) -> bool:
        return self._key < other._key

    def __str__(self) -> str:
        return self.text or f"v{self.major}.{self.minor}.{self.patch}"


NEWEST_KNOWN = Version(3, 33, 0)
"""What a version that cannot be read counts as: the newest whose source was read."""
