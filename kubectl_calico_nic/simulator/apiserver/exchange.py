"""A request to the simulated API server, and the three kinds of answer to it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from kubectl_calico_nic.simulator.apiserver.status_errors import (
    StatusError,
    bad_request,
    unsupported_media_type,
)

JSON = "application/json"
TEXT = "text/plain; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request; the names in ``headers`` are in lower case."""

    method: str
    path: str
    query: Mapping[str, Sequence[str]] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    def parameter(self, name: str) -> str:
        """A query parameter, empty when it is not there."""
        return next(iter(self.query.get(name, ())), "")

    def flag(self, name: str) -> bool:
        """A boolean query parameter: ``true``, ``1`` and the bare name are true."""
        return name in self.query and self.parameter(name).lower() not in ("false", "0")

    def number(self, name: str) -> int | None:
        """A whole, non-negative number in the query; None when it is not there.

        Raises:
            StatusError: 400, it is no number.
        """
        text = self.parameter(name)
        if not text:
            return None
        if not (text.isascii() and text.isdigit()):
            raise bad_request(f'strconv.ParseInt: parsing "{text}": invalid syntax')
        return int(text)

    def json(self, what: str = "the object provided is unrecognized") -> Any:
        """The body, decoded; ``what`` is said of one that cannot be.

        Raises:
            StatusError: 400, it is no JSON; 415, it is said to be in another format.
        """
        if not self.headers.get("content-type", JSON).partition(";")[0].endswith("json"):
            raise unsupported_media_type()
        try:
            return json.loads(self.body)
        except ValueError as error:
            raise bad_request(what) from error

    @property
    def is_dry_run(self) -> bool:
        """Whether nothing may be stored (``dryRun=All``)."""
        return self.parameter("dryRun") == "All"

    @property
    def manager(self) -> str:
        """Who writes: ``fieldManager``, else the program of the User-Agent."""
        agent = self.headers.get("user-agent", "unknown").partition("/")[0]
        return self.parameter("fieldManager") or agent


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer."""

    status: int
    body: bytes
    content_type: str = JSON


@dataclass(frozen=True, slots=True)
class Stream:
    """An answer that comes in chunks; an empty chunk is a chance to see that nobody listens."""

    chunks: Iterator[bytes]
    content_type: str = JSON


class Connection(Protocol):
    """The two ends of an upgraded connection."""

    def recv(self, size: int, /) -> bytes:
        """Up to ``size`` bytes; none when the peer has closed."""

    def sendall(self, data: bytes, /) -> None:
        """Send all of ``data``."""


@dataclass(frozen=True, slots=True)
class Upgrade:
    """An answer that turns the connection into a WebSocket of ``protocol``."""

    protocol: str
    serve: Callable[[Connection], None]


Reply = Answer | Stream | Upgrade


def json_answer(body: Any, status: int = 200) -> Answer:
    """Answer with ``body`` as JSON."""
    return Answer(status, json.dumps(body, separators=(",", ":")).encode())


def refusal(error: StatusError) -> Answer:
    """Answer with a refusal; one without a reason is the plain text of an unknown path."""
    if not error.body.get("reason") and error.status == 404:
        return Answer(404, f"{error}\n".encode(), TEXT)
    return json_answer(error.body, error.status)
