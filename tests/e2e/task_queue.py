"""Tasks that one thread does one after another: at once, or when they become due."""

from __future__ import annotations

import heapq
import itertools
import queue
import threading
import time
from collections.abc import Callable

Task = Callable[[], None]


class TaskQueue:
    """Any thread puts tasks in; the thread in ``run`` does them."""

    def __init__(self) -> None:
        self._tasks: queue.Queue[Task | None] = queue.Queue()
        self._latest: dict[str, Task] = {}
        self._lock = threading.Lock()
        self._due: list[tuple[float, int, Task]] = []
        self._count = itertools.count()

    def put(self, task: Task) -> None:
        """Do ``task`` after those that are waiting."""
        self._tasks.put(task)

    def put_latest(self, name: str, task: Task) -> None:
        """Do ``task`` once, in the place of one that waits under the same ``name``."""
        with self._lock:
            waits = name in self._latest
            self._latest[name] = task
        if not waits:
            self._tasks.put(lambda: self._take(name)())

    def put_later(self, seconds: float, task: Task) -> None:
        """Do ``task`` when ``seconds`` have passed; only tasks themselves may ask for this."""
        heapq.heappush(self._due, (time.monotonic() + seconds, next(self._count), task))

    def close(self) -> None:
        """End ``run`` after the tasks that are waiting now."""
        self._tasks.put(None)

    def run(self, attempt: Callable[[Task], None]) -> None:
        """Hand every task to ``attempt`` in its turn, until ``close``."""
        while True:
            try:
                task = self._tasks.get(timeout=self._seconds_to_next())
            except queue.Empty:
                task = heapq.heappop(self._due)[2]
            if task is None:
                return
            attempt(task)

    def _take(self, name: str) -> Task:
        with self._lock:
            return self._latest.pop(name)

    def _seconds_to_next(self) -> float | None:
        return max(0.0, self._due[0][0] - time.monotonic()) if self._due else None
