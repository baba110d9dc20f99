"""What is said beside a report: the commands to go on with, and what could not be read."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from kubectl_calico_nic.environment import Environment
from kubectl_calico_nic.flags.connection import repeated
from kubectl_calico_nic.flags.definition import Parsed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kubectl_calico_nic.diagnosis.report import Report
    from kubectl_calico_nic.snapshot.snapshot import Gap


def with_connection(report: Report, parsed: Parsed) -> Report:
    """Let every recommended command reach the cluster that was asked.

    The connection flags of this command line are repeated in them, secrets left out.
    """
    flags = repeated(parsed)
    if not flags:
        return report
    commands = {found.command for found in report.recommendations}
    return dataclasses.replace(
        report,
        recommendations=tuple(
            dataclasses.replace(found, command=f"{found.command} {flags}")
            for found in report.recommendations
        ),
        findings=tuple(
            dataclasses.replace(found, next=f"{found.next} {flags}")
            if found.next in commands
            else found
            for found in report.findings
        ),
    )


def write_gaps(gaps: Sequence[Gap], environment: Environment) -> None:
    """Say on stderr what could not be read, in whatever format the result is."""
    from kubectl_calico_nic.output.inspection_table import gap_lines
    from kubectl_calico_nic.output.screen import write

    write(gap_lines(gaps), environment.stderr, environment)
