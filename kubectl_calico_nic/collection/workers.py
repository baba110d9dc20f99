"""Runs one question per node on a bounded pool of workers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from typing import TypeVar

from kubectl_calico_nic.collection.port import Progress

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
    what: str,
    questions: Mapping[str, Callable[[], _Answer]],
    progress: Progress,
) -> list[_Answer]:
    """Ask the question of every node, many at once; return the answers in the order they come."""
    asked = {executor.submit(ask): name for name, ask in questions.items()}
    return list(answers(asked, what, progress))


def answers(
    asked: Mapping[Future[_Answer], str], what: str, progress: Progress
) -> Iterator[_Answer]:
    """The answers to what was ``asked`` of the nodes by name, in the order they come.

    ``progress`` is told after each. The first error that a question lets out is raised.
    """
    waiting = dict(asked)
    for future in as_completed(asked):
        waiting.pop(future)
        yield future.result()
        done, slowest = len(asked) - len(waiting), next(iter(waiting.values()), None)
        progress.advance(what, done, len(asked), slowest)
