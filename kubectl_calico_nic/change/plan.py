"""The plan of a change: one value behind preview, ``--dry-run``, ``--diff``, ``-o`` and apply."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from kubectl_calico_nic.family import Family
from kubectl_calico_nic.findings.finding import Finding
from kubectl_calico_nic.snapshot.snapshot import Gap
from kubectl_calico_nic.snapshot.undo_record import Stage


class Action(enum.Enum):
    """What a plan does; the value is what reports call it."""

    SET = "set"
    UNDO = "undo"
    RESUME = "resume"


@dataclass(frozen=True, slots=True)
class Target:
    """The object that a plan changes.

    ``name`` has the namespace, where there is one. ``title`` is for sentences (``daemonset
    kube-system/calico-node``), ``reference`` as kubectl prints it (``daemonset.apps/calico-node``),
    ``path`` below the server's address.
    """

    resource: str
    name: str
    title: str
    path: str

    @property
    def reference(self) -> str:
        """The object as kubectl prints it."""
        return f"{self.resource}/{self.name.rpartition('/')[2]}"

    @classmethod
    def daemon_set(cls, key: str) -> Target:
        """The DaemonSet ``NAMESPACE/NAME``."""
        namespace, _, name = key.partition("/")
        path = f"/apis/apps/v1/namespaces/{namespace}/daemonsets/{name}"
        return cls("daemonset.apps", key, f"daemonset {key}", path)

    @classmethod
    def installation(cls, name: str) -> Target:
        """The operator's Installation."""
        path = f"/apis/operator.tigera.io/v1/installations/{name}"
        return cls("installation.operator.tigera.io", name, f"installation {name}", path)


@dataclass(frozen=True, slots=True)
class Edit:
    """One change to one variable. ``before`` and ``after`` are None where it is absent."""

    env: str
    before: str | None
    after: str | None
    why: str


@dataclass(frozen=True, slots=True)
class FieldEdit:
    """One change to one other field of the object, both sides for people."""

    field: str
    before: str | None
    after: str | None
    why: str


@dataclass(frozen=True, slots=True)
class FamilyForecast:
    """What one node chooses now and would choose then.

    ``verdict`` is ``same``, ``changes``, a finding id or ``unknown``. ``then`` is None when it
    would choose nothing (``decided``) or when that is not known (not ``decided``: then
    ``candidates`` lists what it may be).
    """

    family: Family
    now: str | None
    then: str | None
    then_interface: str | None
    decided: bool
    verdict: str
    candidates: tuple[str, ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True)
class NodeForecast:
    """One node of the plan."""

    name: str
    families: tuple[FamilyForecast, ...]


@dataclass(frozen=True, slots=True)
class Roll:
    """What restarting does: see ``workload.rolling``.

    ``at_once`` pods are replaced at the same moment; ``blocked_by`` are nodes whose unready pod
    uses up maxUnavailable; ``passengers`` says what else the restart brings along; ``seconds`` is
    an estimate of the whole, None without any basis. ``later`` pods restart when a staged change
    is resumed.
    """

    restarts: int
    at_once: int = 1
    later: int = 0
    blocked_by: tuple[str, ...] = ()
    passengers: tuple[str, ...] = ()
    seconds: int | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """A change to one DaemonSet, ready to show or to send.

    ``patch`` is a JSON Patch (RFC 6902) that starts with a ``test`` of the resourceVersion; it is
    empty when nothing needs to change. ``object_before`` and ``object_after`` are the whole
    DaemonSet, for ``--diff`` and ``-o``. A finding among ``refusals`` stops the change unless
    ``--force`` overrides it (``stopping``); ``warnings`` are worth a question. ``gaps`` are what
    could not be read. ``stage`` is the one that the patch leads to, None for a change that reaches
    every pod at once. ``advice`` is what to change where the owner keeps the setting, ready to
    paste: lines of which the first says what it is; empty where there is nothing to say. ``goal``
    are the variables of the DaemonSet that an operator is to bring about; ``complaint`` is what it
    said against its Installation when the plan was made.
    """

    owner: str
    daemon_set: str
    resource_version: str
    families: tuple[Family, ...]
    method: str | None
    edits: tuple[Edit, ...]
    patch: tuple[Mapping[str, Any], ...] | Mapping[str, Any]
    nodes: tuple[NodeForecast, ...]
    roll: Roll
    target: Target
    action: Action = Action.SET
    fields: tuple[FieldEdit, ...] = ()
    stage: Stage | None = None
    refusals: tuple[Finding, ...] = ()
    warnings: tuple[Finding, ...] = ()
    gaps: tuple[Gap, ...] = ()
    advice: str = ""
    goal: Mapping[str, str] = field(default_factory=dict)
    complaint: str = ""
    object_before: Mapping[str, Any] = field(default_factory=dict, repr=False)
    object_after: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def title(self) -> str:
        """The object that is changed, for people."""
        return self.target.title

    @property
    def path(self) -> str:
        """The path of the object that is changed."""
        return self.target.path

    @property
    def is_empty(self) -> bool:
        """Whether the object already says what was asked."""
        return not self.patch

    def stopping(self, *, force: bool) -> tuple[Finding, ...]:
        """The refusals that hold: with ``--force`` those alone that nothing overrides."""
        return tuple(found for found in self.refusals if not (force and found.overridable))

    def promises_the_same_as(self, other: Plan) -> bool:
        """Whether somebody who was shown ``other`` knows all that this plan does."""
        return self._promise == other._promise

    @property
    def _promise(self) -> tuple[object, ...]:
        what = (self.edits, self.fields, self.stage, self.nodes)
        return (*what, self.refusals, self.warnings, self.roll.at_once)
