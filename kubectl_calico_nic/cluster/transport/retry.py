"""When a request is sent again, how long we wait first, and when its time is up.

client-go sends again only what the server asks for with Retry-After (rest/with_retry.go); we also
send reads again that met a passing fault. A write is sent again only where it cannot have been
done: 429, or nobody listened.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from kubectl_calico_nic.cluster.errors import ApiError, ConnectionFailed, ConnectionRefused

T = TypeVar("T")

_PASSING = frozenset((429, 500, 502, 503, 504))


@dataclass(frozen=True, slots=True)
class Deadline:
    """A moment by which something must be done; ``clock`` counts seconds."""

    expires: float
    clock: Callable[[], float] = time.monotonic

    @classmethod
    def after(cls, seconds: float, clock: Callable[[], float] = time.monotonic) -> Deadline:
        """The deadline that many seconds from now."""
        return cls(clock() + seconds, clock)

    @property
    def remaining(self) -> float:
        """The seconds that are left, not below 0."""
        return max(self.expires - self.clock(), 0.0)


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """``attempts`` in all; between them ``first`` seconds, doubling up to ``longest``, jittered.

    ``asked`` are the attempts where the server itself asks for another: client-go's ten and one.
    """

    attempts: int = 5
    asked: int = 11
    first: float = 0.1
    longest: float = 5.0
    sleep: Callable[[float], None] = time.sleep
    jitter: Callable[[], float] = field(default=random.random)

    def run(self, attempt: Callable[[], T], *, idempotent: bool, deadline: Deadline) -> T:
        """Runs an attempt until it succeeds, cannot succeed, or has no time left.

        Args:
            attempt: raises ApiError or ConnectionFailed when it does not succeed.
            idempotent: whether it may be done twice.
            deadline: no wait goes beyond it.
        """
        made = 0
        while True:
            made += 1
            try:
                return attempt()
            except (ApiError, ConnectionFailed) as error:
                wait = self._wait(error, made, idempotent=idempotent)
                asked = isinstance(error, ApiError) and error.retry_after is not None
                most = self.asked if asked else self.attempts
                if wait is None or made >= most or wait >= deadline.remaining:
                    raise
            self.sleep(wait)

    def _wait(
        self, error: ApiError | ConnectionFailed, made: int, *, idempotent: bool
    ) -> float | None:
        """The seconds before the next attempt; None when there must be none."""
        back_off = min(self.first * 2.0 ** (made - 1), self.longest) * (0.5 + self.jitter() / 2)
        if isinstance(error, ApiError):
            if error.status != 429 and not (idempotent and error.status in _PASSING):
                return None
            # All who were sent away at once would come again at once, and most in vain.
            return back_off + (error.retry_after or 0.0)
        if isinstance(error, ConnectionRefused) or (idempotent and error.transient):
            return back_off
        return None
