"""How often a rollout is judged anew while it is followed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

_LONGEST_REST = 1.0
"""Seconds: so long at most does a change wait."""
_STALE = 10.0
"""Seconds after which what nobody changed is judged again for its age."""


class JudgingPace:
    """Rests as long as judging took: of thousands of nodes it takes seconds.

    Without a rest whoever follows a rollout would take a whole CPU, as something changes all the
    time. ``monotonic`` counts seconds.
    """

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._rests_until = monotonic()

    @contextmanager
    def judging(self) -> Iterator[None]:
        """While the block runs a rollout is judged."""
        began = self._monotonic()
        yield
        ended = self._monotonic()
        self._rests_until = ended + min(ended - began, _LONGEST_REST)

    @property
    def rest(self) -> float:
        """The seconds until it is time again, 0 when it is."""
        return max(self._rests_until - self._monotonic(), 0.0)

    @property
    def is_stale(self) -> bool:
        """Whether judging was long ago: how old a fact is counts, too."""
        return self._monotonic() - self._rests_until >= _STALE
