"""One time limit for all that a command asks of a cluster."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from kubectl_calico_nic.errors import CalicoNicError

if TYPE_CHECKING:
    from kubectl_calico_nic.cluster.session import Session


class TimedOut(CalicoNicError):
    """What was asked for did not come in time; kubectl's words."""

    def __init__(self) -> None:
        super().__init__("timed out waiting for the condition")


def limited(session: Session, seconds: float | None) -> Session:
    """A session whose requests are over in ``seconds`` from now; None: without end."""
    return session if seconds is None else session.within(seconds)


@contextmanager
def in_time(session: Session) -> Iterator[None]:
    """Read from ``session`` within the time it has.

    Raises:
        TimedOut: in place of what failed because that time was up.
    """
    try:
        yield
    except CalicoNicError as error:
        if session.is_over:
            raise TimedOut from error
        raise
