"""Which interfaces a method lets through by their names, and why not the others."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable

from kubectl_calico_nic.calico.autodetection.default_exclusions import default_exclusions
from kubectl_calico_nic.calico.autodetection.methods import Method, MethodKind
from kubectl_calico_nic.calico.version import Version
from kubectl_calico_nic.go import regexp
from kubectl_calico_nic.go.regexp import RegexpError

_REMEMBERED_NAMES = 4096
"""The nodes of a cluster share the names of their NICs; those of pods' interfaces are many."""

NameFilter = Callable[[str], str | None]
"""The name of an interface -> why a method passes it over, None where it is let through."""


@functools.lru_cache(maxsize=256)
def name_filter(method: Method, version: Version, *, windows: bool) -> NameFilter | RegexpError:
    """Return the filter of ``method``, or Go's error where a regex of its list is wrong.

    Mirrors GetInterfaces of autodetection/interfaces.go: one regex is compiled of the whole list,
    for ``skip-interface=`` of the default exclusions as well, and searched for anywhere in a name.
    """
    try:
        return _filter(method, default_exclusions(version, windows=windows))
    except RegexpError as error:
        return error


def default_filter(version: Version, *, windows: bool) -> NameFilter:
    """Return the filter of the default exclusions of ``version``."""
    return _default(default_exclusions(version, windows=windows))


def _filter(method: Method, defaults: tuple[str, ...]) -> NameFilter:
    listed = f"({', '.join(method.items)})"
    if method.kind is MethodKind.FIRST_FOUND:
        return _default(defaults)
    if method.kind is MethodKind.INTERFACE:
        return _including(_joined(method.items), listed)
    if method.kind is MethodKind.SKIP_INTERFACE:
        regexp.compile(_joined((*defaults, *method.items)))
        return _skipping(_default(defaults), _joined(method.items), listed)
    return lambda _name: None


def _joined(patterns: tuple[str, ...]) -> str:
    return f"({')|('.join(patterns)})"


def _including(pattern: str, listed: str) -> NameFilter:
    search = regexp.compile(pattern).search

    @functools.lru_cache(maxsize=_REMEMBERED_NAMES)
    def passed_over(name: str) -> str | None:
        return None if search(name) else f"{name}: does not match {listed}"

    return passed_over


def _skipping(default: NameFilter, pattern: str, listed: str) -> NameFilter:
    """Return the filter of the default list, then of the method's own.

    Apart they match what they match as one regex: each is a list of alternatives in parentheses.
    """
    search = regexp.compile(pattern).search

    @functools.lru_cache(maxsize=_REMEMBERED_NAMES)
    def passed_over(name: str) -> str | None:
        found = default(name)
        if found is None and search(name):
            return f"{name}: excluded by skip-interface {listed}"
        return found

    return passed_over


@functools.lru_cache(maxsize=16)
def _default(patterns: tuple[str, ...]) -> NameFilter:
    """Return the filter of the default exclusions, which names the one that matched.

    These few constants mean the same to Python's ``re`` as to Go, and it says which alternative
    was found; most interfaces of a node (``cali...``) are passed over here.
    """
    search = re.compile(_joined(patterns)).search

    @functools.lru_cache(maxsize=_REMEMBERED_NAMES)
    def passed_over(name: str) -> str | None:
        match = search(name)
        if match is None or match.lastindex is None:
            return None
        return f"{name}: excluded by the default list ({patterns[match.lastindex - 1]})"

    return passed_over
