"""How one message is worded, by which part of calico-node and in which versions."""

from __future__ import annotations

import enum
import re
from collections.abc import Iterator
from dataclasses import dataclass

from kubectl_calico_nic.calico.messages.event import Event
from kubectl_calico_nic.calico.version import Version

FIELD = re.compile(r"\{(\w+)(:q)?\}")
"""A field in a template: its name, and ``:q`` where it is quoted."""


class Source(enum.Enum):
    """The part of calico-node that a message stands in; the value is its newest file name."""

    STARTUP = "startup.go"
    NODENAME = "utils.go"
    METHODS = "autodetection_methods.go"
    REACH = "reachaddr.go"
    INTERFACES = "interfaces.go"
    KUBECONFIG = "winutils.go"
    MONITOR = "startup.go, monitor"
    SERVICES = "nodeservices.go"
    COMPLETE = "startup.go, complete-startup"
    CONDITION = "utils.go, complete-startup"
    HEALTH = "health.go"
    SHELL = "a shell script, a fmt.Printf or a probe: no level, no file"


@dataclass(frozen=True, slots=True)
class Wording:
    """How Calico ``since`` .. ``until`` (inclusive; None: to this day) words one event.

    ``template`` has ``{field}`` for a value printed as it is and ``{field:q}`` for one that is
    quoted as Go's ``strconv.Quote`` does. ``level`` is empty for ``Source.SHELL``.
    """

    event: Event
    level: str
    source: Source
    template: str
    since: Version
    until: Version | None

    def covers(self, version: Version) -> bool:
        """Whether ``version`` prints it so."""
        return self.since <= version and (self.until is None or version <= self.until)


Row = tuple[Event, str] | tuple[Event, str, str] | tuple[Event, str, str, str]
"""Event and template, then the first and the last version where not all versions print it."""


def _version(text: str) -> Version:
    version = Version.parse(text)
    assert version is not None
    return version


def wordings(level: str, source: Source, *rows: Row) -> Iterator[Wording]:
    """Yield the wordings of ``rows``, which all are logged at ``level`` by ``source``."""
    for event, template, *span in rows:
        since = _version(span[0] if span else "v3.0.0")
        until = _version(span[1]) if len(span) > 1 else None
        yield Wording(event, level, source, template, since, until)
