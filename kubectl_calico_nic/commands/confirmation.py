"""Asks a person whether a change with warnings shall be made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kubectl_calico_nic.environment import Environment

if TYPE_CHECKING:
    from kubectl_calico_nic.change.plan import Plan


def is_confirmed(plan: Plan, environment: Environment) -> bool:
    """Ask on a terminal where the plan has warnings; a script goes ahead, as kubectl does."""
    is_terminal = environment.stdin.isatty() and environment.stderr_is_terminal
    if not (plan.warnings and is_terminal):
        return True
    from kubectl_calico_nic.output.escape import escape

    environment.stderr.write(f"Change {escape(plan.title)}? [y/N] ")
    environment.stderr.flush()
    return environment.stdin.readline().strip().lower() in ("y", "yes")
