"""What collection needs of the live API: a narrow port that ``cluster.session`` satisfies."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Protocol

Query = Sequence[tuple[str, str]]


class Executed(Protocol):
    """What a command in a container printed, and how it ended."""

    @property
    def stdout(self) -> str:
        """Its standard output."""

    @property
    def stderr(self) -> str:
        """Its standard error."""

    @property
    def exit_code(self) -> int:
        """Its exit status."""


class Api(Protocol):
    """Reading calls; each raises ``cluster.errors`` when the server does not give an answer."""

    def within(self, seconds: float) -> Api:
        """The same, all of whose requests are over in ``seconds`` from now."""

    def get(self, path: str, query: Query = ()) -> Any:
        """One object as JSON."""

    def pages(self, path: str, query: Query = (), limit: int = 250) -> Iterator[list[Any]]:
        """The items of a list, page by page."""

    def log(
        self,
        namespace: str,
        pod: str,
        container: str,
        *,
        previous: bool = False,
        tail_lines: int | None = None,
        limit_bytes: int | None = None,
    ) -> bytes:
        """A part of a container's log."""

    def execute(
        self, namespace: str, pod: str, container: str, command: Sequence[str], *, timeout: float
    ) -> Executed:
        """Run a command in a container."""


class Progress(Protocol):
    """Who is told how far a long collection is."""

    def advance(self, what: str, done: int, total: int, slowest: str | None) -> None:
        """``done`` of ``total`` nodes are through ``what``; ``slowest`` has waited longest."""


class Silent:
    """Progress that nobody watches."""

    def advance(self, what: str, done: int, total: int, slowest: str | None) -> None:
        """Do nothing."""
