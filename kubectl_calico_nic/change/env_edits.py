"""A container's ``env`` list -> the list that makes the method effective, and why each edit.

The list is replaced as a whole and never merged: a strategic merge would change the first of two
entries of one name while the last one counts, and put new entries before those they refer to.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kubectl_calico_nic.change.plan import Edit
from kubectl_calico_nic.change.request import Request
from kubectl_calico_nic.family import Family
from kubectl_calico_nic.workload.env import EnvValue, escape, expand, references, source_of

AUTODETECT = "autodetect"
FIRST_FOUND = "first-found"
OWN_VARIABLES = frozenset(
    name for family in Family for name in (family.ip_variable, family.method_variable)
)
"""The variables that this program writes; a value never refers to them."""

Entry = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class EnvChange:
    """The new list.

    ``env`` is None when the container has none and needs none. ``dependents`` are the other
    variables that refer to an edited one by ``$(NAME)``, so that their values change with it.
    """

    env: tuple[Entry, ...] | None
    edits: tuple[Edit, ...] = ()
    dependents: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Wanted:
    """One variable: its text as to be written, None for absent. ``kept`` are its references."""

    name: str
    text: str | None
    why: str
    kept: tuple[str, ...] = ()


def referable(container: Mapping[str, Any], current: Mapping[str, EnvValue]) -> frozenset[str]:
    """The variables that a value in ``container`` may refer to as ``$(NAME)``."""
    named = {str(entry.get("name")) for entry in _entries(container)}
    return frozenset(named | current.keys()) - OWN_VARIABLES


def change_env(
    container: Mapping[str, Any], request: Request, current: Mapping[str, EnvValue]
) -> EnvChange:
    """Work out the ``env`` of ``container`` that does what ``request`` asks.

    Args:
        container: the calico-node container of the template, raw JSON.
        request: the method and its families.
        current: the container's effective environment (``effective_env``).

    Returns:
        The new list; the same list without edits when it already does what is asked.
    """
    env = _entries(container)
    wanted = [
        item
        for family in request.families
        for item in _wanted(family, request.method, referable(container, current), current)
    ]
    if all(_is_met(item, env, current) for item in wanted):
        return EnvChange(tuple(env) if "env" in container else None)
    edits = []
    for item in wanted:
        if _is_met(item, env, current) and len(_places(env, item.name)) < 2:
            continue
        edits.append(_edit(item, env, current))
        env = _written(item, env)
    return EnvChange(tuple(env), tuple(edits), _dependents(env, edits))


def _wanted(
    family: Family, method: str | None, known: frozenset[str], current: Mapping[str, EnvValue]
) -> list[_Wanted]:
    name = family.method_variable
    if method is None:
        inherited = name in current and current[name].source.startswith("envFrom")
        text = FIRST_FOUND if inherited else None
        return [_Wanted(name, text, "back to Calico's default, first-found")]
    kept = tuple(name for name in sorted(known) if f"$({name})" in method)
    found = current.get(family.ip_variable)
    return [
        _Wanted(family.ip_variable, AUTODETECT, _why_autodetect(family.ip_variable, found)),
        _Wanted(name, escape(method, kept), _why_method(method, kept), kept),
    ]


def _why_autodetect(name: str, found: EnvValue | None) -> str:
    if found is None or found.value == "":
        return f"with {name} empty a stored address is kept and the method is not read"
    if found.value == AUTODETECT:
        return f"{name} was set more than once"
    if found.source == "value" and found.value is not None:
        return f"with {name}={found.value} the method is not read"
    return f"with {name} from {found.source} the method is not read"


def _why_method(method: str, kept: tuple[str, ...]) -> str:
    why = "the method asked for"
    if kept:
        why += "; " + " and ".join(f"$({name})" for name in kept) + " refers to that variable"
    if escape(method, kept) != method:
        why += "; $$ is how Kubernetes writes a literal $ here"
    return why


def _is_met(item: _Wanted, env: Sequence[Entry], current: Mapping[str, EnvValue]) -> bool:
    """Whether the variable already has the wanted effective value."""
    places = _places(env, item.name)
    if item.text is None:
        return not places
    if places and isinstance(env[places[-1]].get("value"), str) and env[places[-1]]["value"]:
        before = {str(entry.get("name")) for entry in env[: places[-1]]} | _inherited(env, current)
        late = {str(entry.get("name")) for entry in env[places[-1] :]}
        mine = _resolved(env[places[-1]]["value"], before - late)
        return mine == _resolved(item.text, frozenset(item.kept))
    found = current.get(item.name)
    return found is not None and not item.kept and found.value == expand(item.text, _literal)


def _inherited(env: Sequence[Entry], current: Mapping[str, EnvValue]) -> set[str]:
    return current.keys() - {str(entry.get("name")) for entry in env}


def _resolved(text: str, known: frozenset[str] | set[str]) -> str:
    """``text`` with references to ``known`` names told apart from any literal text."""
    return expand(text, lambda name: f"\0{name}\0" if name in known else _literal(name))


def _literal(name: str) -> str:
    return f"$({name})"


def _edit(item: _Wanted, env: Sequence[Entry], current: Mapping[str, EnvValue]) -> Edit:
    places, why = _places(env, item.name), item.why
    if len(places) > 1:
        why += f"; it was set {len(places)} times, of which the last counted"
    found = current.get(item.name)
    if not places:
        if found is None:
            return Edit(item.name, None, item.text, why)
        return Edit(item.name, found.value, item.text, f"{why}; overrides {found.source}")
    last = env[places[-1]]
    if (source := source_of(last)) != "value":
        return Edit(item.name, f"<{source}>", item.text, f"{why}; replaces {source}")
    return Edit(item.name, last.get("value") or "", item.text, why)


def _written(item: _Wanted, env: Sequence[Entry]) -> list[Entry]:
    """``env`` with exactly one entry of the name, or none when it is to be absent.

    It stands where it stood first, so that references to it still resolve, but after what it
    refers to.
    """
    places = _places(env, item.name)
    if item.text is None:
        return [entry for index, entry in enumerate(env) if index not in places]
    needed = max((_places(env, name)[-1] for name in item.kept if _places(env, name)), default=-1)
    target = next((index for index in places if index > needed), None)
    base = env[places[-1] if target is None else target] if places else {}
    rest = {key: held for key, held in base.items() if key not in ("value", "valueFrom")}
    entry = {**rest, "name": item.name, "value": item.text}
    if target is None:
        target = needed + 1 if places else len(env)
        env = [*env[:target], entry, *env[target:]]
        places = [index + (index >= target) for index in places]
    return [
        entry if index == target else held
        for index, held in enumerate(env)
        if index == target or index not in places
    ]


def _dependents(env: Sequence[Entry], edits: Sequence[Edit]) -> tuple[str, ...]:
    changed = {edit.env for edit in edits}
    found: dict[str, None] = {}
    for entry in env:
        name, value = str(entry.get("name")), entry.get("value")
        if name in changed or not isinstance(value, str):
            continue
        if any(used in changed or used in found for used in references(value)):
            found[name] = None
    return tuple(found)


def _entries(container: Mapping[str, Any]) -> list[Entry]:
    return [entry for entry in container.get("env") or () if isinstance(entry, Mapping)]


def _places(env: Sequence[Entry], name: str) -> list[int]:
    return [index for index, entry in enumerate(env) if entry.get("name") == name]
