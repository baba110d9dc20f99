"""What the last change replaced, as it is kept on the object that was changed.

It is the whole memory of this program: every command, on any machine, reads from it what can be
taken back and which stage a change is in.
"""

from __future__ import annotations

import enum
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

RECORD_ANNOTATION = "kubectl-calico-nic/previous"
"""Our only annotation."""

Entry = Mapping[str, Any]


class StageKind(enum.Enum):
    """Why only some pods run the new value; the value is what the record calls it."""

    CANARY = "canary"
    """It is tried on some nodes first."""
    ONLY_AFFECTED = "only-affected"
    """Only the nodes whose address changes have it until somebody resumes."""
    PAUSED = "paused"
    """A rollout that went wrong was stopped."""


@dataclass(frozen=True, slots=True)
class Stage:
    """A change that is under way: the object has ``updateStrategy: OnDelete`` meanwhile.

    ``nodes`` are those whose pods get the new value now. ``strategy`` is the former
    ``spec.updateStrategy`` (raw JSON), None where the object had none.
    """

    kind: StageKind
    nodes: tuple[str, ...]
    strategy: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Former:
    """The template before a change, as the controller knows it.

    ``revision`` is the ``controller-revision-hash`` of its pods, ``generation`` how often the
    DaemonSet's template had been changed.
    """

    revision: str
    generation: int


@dataclass(frozen=True, slots=True)
class ChangeRecord:
    """One change.

    ``at`` is RFC 3339; ``by`` the user of the kubeconfig, empty where there is none; ``change``
    says for people what was changed. ``names`` are the variables (sorted), ``before`` their raw
    entries with their places in the list, ``after`` the entries that replaced them, in order.
    ``had_env`` is False where the container had no list at all. ``former`` is the template before,
    None where it was not known.
    """

    at: str
    by: str
    change: str
    names: tuple[str, ...]
    before: tuple[tuple[int, Entry], ...]
    after: tuple[Entry, ...]
    had_env: bool = True
    stage: Stage | None = None
    former: Former | None = None

    def is_in(self, container: Mapping[str, Any]) -> bool:
        """Whether ``container`` (raw JSON) has the values of this change."""
        listed = (each for each in container.get("env") or () if isinstance(each, Mapping))
        return tuple(each for each in listed if each.get("name") in self.names) == self.after


class BrokenRecord(ValueError):
    """The annotation is not what this program writes."""


def write_record(record: ChangeRecord) -> str:
    """The text of the annotation: compact JSON."""
    held: dict[str, Any] = {
        "at": record.at,
        "by": record.by,
        "change": record.change,
        "names": list(record.names),
        "before": [[place, entry] for place, entry in record.before],
        "after": list(record.after),
        "hadEnv": record.had_env,
    }
    if record.former is not None:
        former = record.former
        held["former"] = {"revision": former.revision, "generation": former.generation}
    if record.stage is not None:
        held["stage"] = {
            "kind": record.stage.kind.value,
            "nodes": list(record.stage.nodes),
            "strategy": record.stage.strategy,
        }
    return json.dumps(held, separators=(",", ":"), ensure_ascii=False)


def read_record(annotations: Mapping[str, str]) -> ChangeRecord | None:
    """The record among the ``annotations`` of an object; None when there is none.

    Raises:
        BrokenRecord: it cannot be read; whoever edited it knows what was there.
    """
    text = annotations.get(RECORD_ANNOTATION)
    if text is None:
        return None
    try:
        return _record(json.loads(text))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise BrokenRecord(f"the annotation {RECORD_ANNOTATION} cannot be read") from None


def _record(held: Mapping[str, Any]) -> ChangeRecord:
    return ChangeRecord(
        at=_text(held["at"]),
        by=_text(held["by"]),
        change=_text(held["change"]),
        names=tuple(map(_text, held["names"])),
        before=tuple((_number(place), _entry(entry)) for place, entry in held["before"]),
        after=tuple(map(_entry, held["after"])),
        had_env=held["hadEnv"] is not False,
        stage=_stage(held["stage"]) if held.get("stage") is not None else None,
        former=_former(held["former"]) if held.get("former") is not None else None,
    )


def _former(held: Mapping[str, Any]) -> Former:
    return Former(_text(held["revision"]), _number(held["generation"]))


def _stage(held: Mapping[str, Any]) -> Stage:
    strategy = held["strategy"]
    return Stage(
        StageKind(held["kind"]),
        tuple(map(_text, held["nodes"])),
        None if strategy is None else _entry(strategy),
    )


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("not a text")
    return value


def _number(value: object) -> int:
    if not isinstance(value, int) or value < 0:
        raise TypeError("not a place in a list, or a count")
    return value


def _entry(value: object) -> Entry:
    if not isinstance(value, dict):
        raise TypeError("not an object")
    return value
