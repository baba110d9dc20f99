"""Whether the object still has the change that is followed: what nobody asked for acts on that."""

from __future__ import annotations

from dataclasses import replace

from kubectl_calico_nic.change.plan import Plan
from kubectl_calico_nic.change.staging.taking_back import NoRecord, NothingToEnd
from kubectl_calico_nic.owners.recognition import chain_of
from kubectl_calico_nic.snapshot.change_record import BrokenRecord, ChangeRecord, read_record
from kubectl_calico_nic.snapshot.daemonset import DaemonSet
from kubectl_calico_nic.snapshot.snapshot import Snapshot


def overtaken(followed: Plan) -> str:
    """What is said where somebody else changed the object of ``followed``."""
    return f"{followed.title}: somebody changed it meanwhile; nothing was sent"


def check_still_followed(followed: Plan, snapshot: Snapshot, daemon_set: DaemonSet) -> None:
    """Find the record of ``followed`` on its object, and in a DaemonSet its values too.

    The fields of an Installation are for the plan to judge: the operator fills some in.

    Raises:
        NoRecord: there is no record any more.
        NothingToEnd: it is another record, or the values are not those that it tells of.
    """
    installation = chain_of(daemon_set, snapshot.installations).installation
    ours = read_record(followed.object_after["metadata"].get("annotations") or {})
    try:
        found = read_record((installation or daemon_set).annotations)
    except BrokenRecord:
        raise NothingToEnd(overtaken(followed)) from None
    if found is None:
        raise NoRecord(overtaken(followed))
    has_values = installation is not None or found.is_in(daemon_set.container)
    if ours is None or _identity(found) != _identity(ours) or not has_values:
        raise NothingToEnd(overtaken(followed))


def _identity(kept: ChangeRecord) -> ChangeRecord:
    """The record whatever the stage of its change."""
    return replace(kept, stage=None)
