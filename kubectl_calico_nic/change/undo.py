"""Writes down what a change replaces, and gives it back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from kubectl_calico_nic.snapshot.undo_record import ChangeRecord, Entry


def record(
    container: Mapping[str, Any],
    env: Sequence[Entry],
    names: Iterable[str],
    *,
    at: str,
    by: str,
    change: str,
) -> ChangeRecord:
    """Write down what ``container`` says about the variables ``names`` before it gets ``env``.

    ``at``, ``by`` and ``change`` are as in ``ChangeRecord``.
    """
    wanted = tuple(sorted(names))
    before = tuple(
        (place, entry)
        for place, entry in enumerate(container.get("env") or ())
        if isinstance(entry, Mapping) and entry.get("name") in wanted
    )
    return ChangeRecord(
        at=at,
        by=by,
        change=change,
        names=wanted,
        before=before,
        after=entries_of(env, wanted),
        had_env="env" in container,
    )


def entries_of(env: Iterable[object], names: Iterable[str]) -> tuple[Entry, ...]:
    """The entries of ``names`` in ``env``, in order."""
    wanted = frozenset(names)
    return tuple(
        entry for entry in env if isinstance(entry, Mapping) and entry.get("name") in wanted
    )


def restored_env(container: Mapping[str, Any], kept: ChangeRecord) -> list[Entry] | None:
    """The ``env`` of ``container`` with the recorded entries back where they were.

    Returns:
        The list; None where the container is to have none. When nobody else edited it meanwhile it
        is exactly the one before the change; otherwise what others did stays.
    """
    env = [
        entry
        for entry in container.get("env") or ()
        if not (isinstance(entry, Mapping) and entry.get("name") in kept.names)
    ]
    for place, entry in sorted(kept.before, key=lambda pair: pair[0]):
        env.insert(place, entry)
    return env if env or kept.had_env else None
