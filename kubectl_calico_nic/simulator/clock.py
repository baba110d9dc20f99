"""Simulated time: what happens when, in which order, and how long that takes a spectator."""

from __future__ import annotations

import heapq
import itertools
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import NamedTuple

Action = Callable[[], None]

_PATIENCE = 30.0
"""How long ``settle`` waits for the cluster (real seconds) before it says what is stuck."""


class _Entry(NamedTuple):
    due: float
    number: int
    action: Action


def utc_now() -> datetime:
    """The real time in UTC."""
    return datetime.now(timezone.utc)


class Clock:
    """Runs the actions of the simulated cluster, one at a time, in the order they are due.

    Until ``start`` the clock stands at ``began`` and moves only in ``rehearse``: that is how the
    past of a cluster is made. After ``start`` its time is the real time and a simulated second
    takes ``pace`` real ones. With a pace of 0 every transition follows at once, in its order,
    and *patient* actions (a back-off, the next periodic check) wait for ``advance``.
    """

    def __init__(
        self, *, pace: float, began: datetime | None = None, now: Callable[[], datetime] = utc_now
    ) -> None:
        self._pace = pace
        self._wall = now
        self._began = began or now()
        self._elapsed = 0.0
        self._skipped = 0.0
        self._horizon = 0.0
        self._prompt: list[_Entry] = []
        self._patient: list[_Entry] = []
        self._numbers = itertools.count()
        self._condition = threading.Condition()
        self._busy = False
        self._stopped = False
        self.failure: Exception | None = None
        """What an action raised: nothing happens any more after that."""
        self._thread: threading.Thread | None = None
        self._live_since: float | None = None

    def now(self) -> datetime:
        """The date and time in the simulated cluster, UTC."""
        if self._live_since is None:
            return self._began + timedelta(seconds=self._elapsed)
        return self._wall() + timedelta(seconds=self._skipped)

    def seconds(self) -> float:
        """Simulated seconds since the clock began: for measuring how long something takes."""
        if self._live_since is None or self._pace == 0:
            return self._elapsed
        return self._elapsed + (time.monotonic() - self._live_since) / self._pace

    def after(self, seconds: float, action: Action, *, patient: bool = False) -> None:
        """Run ``action`` in ``seconds`` simulated seconds; ``patient`` ones hold nobody up."""
        with self._condition:
            entry = _Entry(self.seconds() + seconds, next(self._numbers), action)
            heapq.heappush(self._patient if patient else self._prompt, entry)
            self._condition.notify_all()

    def rehearse(self, seconds: float) -> None:
        """Let ``seconds`` pass at once, before ``start``, in the caller's thread."""
        self._horizon = self._elapsed + seconds
        while entry := self._take():
            entry.action()
        self._elapsed = max(self._elapsed, self._horizon)

    def start(self) -> None:
        """Begin real time, in a thread of its own."""
        self._skipped = 0.0
        self._live_since = time.monotonic()
        self._thread = threading.Thread(target=self._run, name="simulated-clock")
        self._thread.start()

    def stop(self) -> None:
        """End the thread; what is still due is forgotten."""
        with self._condition:
            self._stopped = True
            self._condition.notify_all()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join()

    def settle(self, timeout: float = _PATIENCE) -> None:
        """Wait until nothing but patient actions is left to happen.

        Raises:
            TimeoutError: something still goes on after ``timeout`` real seconds.
            Exception: whatever an action raised.
        """
        with self._condition:
            still = self._condition.wait_for(self._is_settled, timeout)
            if self.failure is not None:
                raise self.failure
            if not still:
                raise TimeoutError(f"the simulated cluster did not settle in {timeout} s")

    def advance(self, seconds: float) -> None:
        """Let ``seconds`` simulated seconds pass at once, patient actions included.

        Raises:
            ValueError: time passes by itself here, the pace is not 0.
        """
        if self._pace:
            raise ValueError("time can be advanced with pace 0 only")
        self.settle()
        with self._condition:
            self._horizon = self._elapsed + seconds
            self._condition.notify_all()
        self.settle()
        with self._condition:
            self._skipped += max(0.0, self._horizon - self._elapsed)
            self._elapsed = max(self._elapsed, self._horizon)

    def _is_settled(self) -> bool:
        if self.failure is not None or self._stopped:
            return True
        waiting = self._patient and self._patient[0].due <= self._horizon
        return not (self._busy or self._prompt or waiting)

    def _run(self) -> None:
        while True:
            with self._condition:
                self._busy = False
                self._condition.notify_all()
                entry = None if self._stopped else self._wait_for_entry()
                if entry is None:
                    return
                self._busy = True
            try:
                entry.action()
            except Exception as error:  # handed to whoever waits for the cluster
                self.failure = error
                self._stopped = True

    def _wait_for_entry(self) -> _Entry | None:
        while not self._stopped:
            entry = self._take() if self._pace == 0 else self._take_due()
            if entry is not None:
                return entry
            self._condition.wait(self._until_next())
        return None

    def _take(self) -> _Entry | None:
        """The next entry when time needs no time: a patient one only within the horizon."""
        first = min((queue[0] for queue in (self._prompt, self._patient) if queue), default=None)
        if first is None:
            return None
        if self._patient and first is self._patient[0] and first.due > self._horizon:
            if not self._prompt:
                return None
            first = self._prompt[0]
        patient = bool(self._patient) and first is self._patient[0]
        heapq.heappop(self._patient if patient else self._prompt)
        if patient:
            self._skipped += max(0.0, first.due - self._elapsed)
        self._elapsed = max(self._elapsed, first.due)
        return first

    def _take_due(self) -> _Entry | None:
        now = self.seconds()
        queues = [queue for queue in (self._prompt, self._patient) if queue and queue[0].due <= now]
        return heapq.heappop(min(queues)) if queues else None

    def _until_next(self) -> float | None:
        """Real seconds until an entry is due; None when there is nothing to wait for."""
        dues = [queue[0].due for queue in (self._prompt, self._patient) if queue]
        if self._pace == 0 or not dues:
            return None
        return max(0.0, (min(dues) - self.seconds()) * self._pace)
