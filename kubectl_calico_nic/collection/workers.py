"""Runs one question per node on a bounded pool of workers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from typing import TypeVar

_Item = TypeVar("_Item")
_Answer = TypeVar("_Answer")

DEFAULT_CONCURRENCY = 32
"""Requests in flight at most: gentle enough to be run on every alarm."""


@contextmanager
def pool(concurrency: int) -> Iterator[ThreadPoolExecutor]:
    """A pool of workers; on an error or Ctrl-C what has not begun is dropped."""
    executor = ThreadPoolExecutor(concurrency, thread_name_prefix="calico-nic")
    try:
        yield executor
    except BaseException:
        executor.shutdown(wait=False, cancel_futures=True)
        raise
    executor.shutdown()


def each(
    executor: ThreadPoolExecutor,
    ask: Callable[[_Item], _Answer],
    items: Iterable[_Item],
    done: Callable[[int], None],
) -> list[_Answer]:
    """Ask about every item at once; return the answers in the order they come.

    ``done`` is told after each how many are through. The first error that ``ask`` lets out is
    raised. A generator as ``items`` is asked about while it still delivers.
    """
    waiting: list[Future[_Answer]] = [executor.submit(ask, item) for item in items]
    answers = []
    for future in as_completed(waiting):
        answers.append(future.result())
        done(len(answers))
    return answers
