"""Ctrl-C, SIGTERM or SIGHUP while a change is sent: what is known of it, and what to run next."""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_calico_nic.change.plan import Action, Plan
from kubectl_calico_nic.cluster.guarded_patch import is_made, is_untouched
from kubectl_calico_nic.commands.change_rollout import ChangeRollout
from kubectl_calico_nic.commands.change_session import SendingStopped
from kubectl_calico_nic.environment import status_of
from kubectl_calico_nic.errors import CalicoNicError
from kubectl_calico_nic.output.screen import BAD, Line, Span, line, write

_SECONDS = 5.0
"""Who interrupts does not wait long for what became of it."""


def say_what_is_known(rollout: ChangeRollout, plan: Plan, stop: KeyboardInterrupt) -> int:
    """Read the object back, say whether it has the change, and return the exit status.

    ``plan`` is the change that was to be made; ``stop`` knows better what was sent, if anything.
    A second Ctrl-C, and all that fails meanwhile, leaves it unknown.
    """
    sent: Plan | None = plan
    if isinstance(stop, SendingStopped):
        sent = stop.plan
    change = rollout.change
    if sent is None or change.server_dry_run:
        told, ways = "nothing was changed", list[Line]()
    else:
        told, ways = _known(rollout, sent)
    lines = [line(), line(Span("interrupted:", BAD), f" {told}"), *ways]
    write(lines, change.environment.stderr, change.environment)
    return status_of(stop)


def _known(rollout: ChangeRollout, plan: Plan) -> tuple[str, list[Line]]:
    """What is said of a change that was sent, and the commands below it."""
    look = f"run {rollout.command('inspect')}"
    try:
        now = rollout.change.session.within(_SECONDS).get(plan.path)
        made, untouched = is_made(now, plan), is_untouched(now, plan)
    except (KeyboardInterrupt, CalicoNicError, LookupError, TypeError):
        told = f"unknown whether the API server took the change: {look}"
        return told, list(_back(rollout, plan))
    if made:
        return f"{plan.title} has the change", list(_ways(rollout, plan))
    if untouched:
        return (
            f"{plan.title} does not have the change; unknown whether the API server still takes "
            f"what was sent: {look}"
        ), []
    return (
        f"{plan.title} is not as the change leaves it: somebody else changed it meanwhile, before "
        f"or after: {look}"
    ), []


def _ways(rollout: ChangeRollout, plan: Plan) -> Iterator[Line]:
    """How to go on or back from a change that was made and is not followed."""
    if plan.action is not Action.UNDO and (plan.goal or plan.stage is not None):
        yield from rollout.ways_out(plan)
        return
    yield line(f"  go on: by itself; follow it: {rollout.command('rollout-check')}")
    yield from _back(rollout, plan)


def _back(rollout: ChangeRollout, plan: Plan) -> Iterator[Line]:
    if plan.action is not Action.UNDO:
        yield line(f"  back:  {rollout.command('set --undo')}")
