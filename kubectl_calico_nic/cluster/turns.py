"""How many requests are in flight at once: fewer while the server pushes back."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Turns:
    """At most ``most`` requests at once, from several threads.

    API priority and fairness answers 429 where a client asks for more than its share. Each round
    of requests that meets that halves how many there may be, each that does not adds one: TCP's
    additive increase and multiplicative decrease.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._limit = most
        self._in_flight = 0
        self._still_of_this_round = 0
        self._went_well = 0
        self._changed = threading.Condition()

    @contextmanager
    def turn(self, timeout: float | None) -> Iterator[None]:
        """Wait for a turn, and have it while the block runs.

        Raises:
            TimeoutError: none came in ``timeout`` seconds (None: however long it takes).
        """
        with self._changed:
            if not self._changed.wait_for(lambda: self._in_flight < self._limit, timeout):
                raise TimeoutError
            self._in_flight += 1
        try:
            yield
        finally:
            self._end()

    def slow_down(self) -> None:
        """The server pushed back: after this round there are half as many."""
        with self._changed:
            self._went_well = 0
            if not self._still_of_this_round:
                self._still_of_this_round = self._in_flight
                self._limit = max(1, self._limit // 2)

    def _end(self) -> None:
        with self._changed:
            self._in_flight -= 1
            if self._still_of_this_round:
                self._still_of_this_round -= 1
            else:
                self._went_well += 1
            if self._went_well > self._limit and self._limit < self._most:
                self._went_well = 0
                self._limit += 1
            self._changed.notify_all()
