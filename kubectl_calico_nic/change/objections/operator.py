"""What speaks against a change because of the Tigera operator."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from kubectl_calico_nic.change.request import StageRequest
from kubectl_calico_nic.findings.finding import Finding, Severity
from kubectl_calico_nic.findings.kinds.owner_reverts import OWNER_REVERTS
from kubectl_calico_nic.owners.recognition import Chain
from kubectl_calico_nic.snapshot.operator_state import OperatorState
from kubectl_calico_nic.snapshot.undo_record import ChangeRecord


def restored(owners: Chain) -> Iterator[Finding]:
    """The refusal of an edit that whoever writes the Installation would undo later."""
    keeper = owners.keeper
    if keeper is not None and keeper is not owners.links[0]:
        yield Finding(
            OWNER_REVERTS.id,
            Severity.WARNING,
            f"{owners.links[0].object} belongs to {keeper.suffers}",
            f"change {keeper.where} (below); --force edits the Installation all the same",
            why=owners.evidence,
        )


def staging(asked: StageRequest | None) -> Iterator[Finding]:
    """The refusal of stages: no operator takes ``updateStrategy: OnDelete``."""
    if asked is not None:
        yield Finding(
            "stages-need-on-delete",
            Severity.ERROR,
            f"--{asked.kind.value} needs updateStrategy OnDelete, which the operator refuses",
            "--wait --on-failure=undo takes it back at the first node that goes wrong, one node "
            "at a time",
            overridable=False,
        )


def refusals(state: OperatorState | None) -> Iterator[Finding]:
    """The refusal of a change that the operator would not carry over."""
    if state is None:
        return
    if state.rejects:
        yield Finding(
            "operator-degraded",
            Severity.ERROR,
            f"the operator rejects the Installation as it is: {state.degraded}",
            "mend that first: nothing of the Installation takes effect until then",
        )
    if state.is_running is False:
        yield Finding(
            "operator-not-running",
            Severity.ERROR,
            "no operator runs: nobody would carry the change over to the DaemonSet",
            "bring Deployment tigera-operator back first; --force changes the Installation now",
        )


def warnings(state: OperatorState | None) -> Iterator[Finding]:
    """What the operator says of itself that may delay the change."""
    if state is not None and state.degraded and not state.rejects:
        yield Finding(
            "operator-degraded",
            Severity.WARNING,
            f"TigeraStatus calico is Degraded: {state.degraded}",
            "it may take long until the change reaches the DaemonSet",
        )


def changed_since(kept: ChangeRecord, title: str, now: Mapping[str, Any]) -> Finding:
    """The refusal to undo what somebody changed since."""
    written = {str(entry["name"]): entry.get("value") for entry in kept.after}
    return Finding(
        "changed-since",
        Severity.ERROR,
        f"{title}: somebody changed the values since {kept.at}: set then {_json(written)}, now "
        f"{_json(dict(now))}",
        "undo would take that back too: set the value that is wanted instead",
        overridable=False,
    )


def _json(values: Mapping[str, Any]) -> str:
    return json.dumps(values, ensure_ascii=False)
