"""Reading messages: what a message text of any version says."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass

from kubectl_calico_nic.calico.messages.about_addresses import ADDRESS_WORDINGS
from kubectl_calico_nic.calico.messages.about_the_process import FRAME_WORDINGS
from kubectl_calico_nic.calico.messages.event import Event, Recognised
from kubectl_calico_nic.calico.messages.message_definition import FIELD, Wording
from kubectl_calico_nic.go.quoting import QUOTED, unquote

_KEY_LENGTH = 3
"""Texts are looked up by their first characters; no template has a field before its fourth."""

_FIELD_PATTERNS = {
    "family": "[46]",
    # Glued behind the family in v3.0 to v3.4, where a 6 may also begin the value.
    "variable": r"(?:(?<=4)IP|(?<=6)IP6|IP6?(?==))",
    "address": r"\S*",
    "items": ".*?",
    "destination": ".*?",
    "value": "true|false",
    "error": ".*",
    "reason": ".*",
    "method": ".*",
    "service": ".+",
    "action": ".+",
    "path": ".*",
    "interface": ".+",
}
_OTHER_FIELD = r"\S+"
"""Names of nodes, versions, numbers: one word."""


@dataclass(frozen=True, slots=True)
class _Pattern:
    """A wording as a regular expression of the whole text."""

    event: Event
    regex: re.Pattern[str]
    quoted: frozenset[str]


@functools.lru_cache(maxsize=256)  # a log repeats a few messages without end
def recognise(text: str) -> Recognised | None:
    """Return what the message ``text`` (without the line's frame) says, None where unknown.

    Where two versions' wordings fit, the one with fewer free fields wins.
    """
    for pattern in _PATTERNS.get(text[:_KEY_LENGTH], ()):
        match = pattern.regex.fullmatch(text)
        if match is not None:
            fields = match.groupdict()
            quoted = {name: unquote(fields[name]) for name in pattern.quoted}
            return Recognised(pattern.event, {**fields, **quoted})
    return None


def _pattern(wording: Wording) -> _Pattern:
    parts: list[str] = []
    quoted: set[str] = set()
    end = 0
    for field in FIELD.finditer(wording.template):
        parts.append(re.escape(wording.template[end : field.start()]))
        end = field.end()
        name = field[1]
        if field[2] is not None:
            quoted.add(name)
        pattern = QUOTED if name in quoted else _FIELD_PATTERNS.get(name, _OTHER_FIELD)
        parts.append(f"(?P<{name}>{pattern})")
    parts.append(re.escape(wording.template[end:]))
    return _Pattern(wording.event, re.compile("".join(parts), re.DOTALL), frozenset(quoted))


def _by_key() -> dict[str, tuple[_Pattern, ...]]:
    """Group the patterns by the first characters of their texts, the most literal ones first."""
    table: dict[str, list[_Pattern]] = {}
    unique = {wording.template: wording for wording in (*ADDRESS_WORDINGS, *FRAME_WORDINGS)}
    for wording in sorted(unique.values(), key=lambda each: each.template.count("{")):
        key = wording.template[:_KEY_LENGTH]
        table.setdefault(key, []).append(_pattern(wording))
    return {key: tuple(patterns) for key, patterns in table.items()}


_PATTERNS = _by_key()
