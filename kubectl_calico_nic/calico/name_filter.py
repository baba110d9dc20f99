"""Which interfaces a method lets through by their names, and why not the others."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable

from kubectl_calico_nic.calico import regexes
from kubectl_calico_nic.calico.default_exclusions import default_exclusions
from kubectl_calico_nic.calico.methods import Method, MethodKind
from kubectl_calico_nic.calico.regexes import RegexpError
from kubectl_calico_nic.calico.version import Version

_REMEMBERED_NAMES = 1 << 16

Verdict = Callable[[str], str | None]
"""A name -> why it is passed over, None where it is let through."""


class NameFilter(dict[str, str | None]):
    """Maps the name of an interface to why a method passes it over, None where it does not.

    Look names up with ``[]``: what is not there yet is found out and remembered, because the
    nodes of a cluster share most of their interfaces' names.
    """

    def __init__(self, verdict: Verdict) -> None:
        """Take the ``verdict`` that is asked about every name."""
        super().__init__()
        self._verdict = verdict

    def __missing__(self, name: str) -> str | None:
        if len(self) >= _REMEMBERED_NAMES:
            self.clear()
        reason = self[name] = self._verdict(name)
        return reason


@functools.lru_cache(maxsize=256)
def name_filter(method: Method, version: Version, *, windows: bool) -> NameFilter | RegexpError:
    """Return the filter of ``method``, or Go's error where a regex of its list is wrong.

    Mirrors GetInterfaces of autodetection/interfaces.go: one regex is compiled of the whole list,
    for ``skip-interface=`` of the default exclusions as well, and searched for anywhere in a name.
    """
    try:
        return NameFilter(_verdict(method, default_exclusions(version, windows=windows)))
    except RegexpError as error:
        return error


def _verdict(method: Method, defaults: tuple[str, ...]) -> Verdict:
    listed = f"({', '.join(method.items)})"
    if method.kind is MethodKind.FIRST_FOUND:
        return _default(defaults)
    if method.kind is MethodKind.INTERFACE:
        search = regexes.compile(_joined(method.items)).search
        return lambda name: None if search(name) else f"{name}: does not match {listed}"
    if method.kind is MethodKind.SKIP_INTERFACE:
        regexes.compile(_joined((*defaults, *method.items)))
        return _skipping(_default(defaults), _joined(method.items), listed)
    return lambda _name: None


def _joined(patterns: tuple[str, ...]) -> str:
    return f"({')|('.join(patterns)})"


def _skipping(default: Verdict, pattern: str, listed: str) -> Verdict:
    """Return the verdict of the default list, then that of the method's own.

    Apart they match what they match as one regex: each is a list of alternatives in parentheses.
    """
    search = regexes.compile(pattern).search

    def verdict(name: str) -> str | None:
        found = default(name)
        if found is None and search(name):
            return f"{name}: excluded by skip-interface {listed}"
        return found

    return verdict


@functools.lru_cache(maxsize=16)
def _default(patterns: tuple[str, ...]) -> Verdict:
    """Return the verdict of the default exclusions, which name the one that matched.

    These few constants mean the same to Python's ``re`` as to Go, and it says which alternative
    was found; most interfaces of a node (``cali...``) are passed over here.
    """
    search = re.compile(_joined(patterns)).search

    def verdict(name: str) -> str | None:
        match = search(name)
        if match is None or match.lastindex is None:
            return None
        return f"{name}: excluded by the default list ({patterns[match.lastindex - 1]})"

    return verdict
