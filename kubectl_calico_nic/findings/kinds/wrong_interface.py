"""``wrong-interface``: the NIC is none of those that ``--expect-interface`` names."""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_calico_nic.findings.case.case import Case
from kubectl_calico_nic.findings.case.expected import EXPECT_INTERFACE
from kubectl_calico_nic.findings.finding import Finding, Severity
from kubectl_calico_nic.findings.kind import TRY_METHODS, Kind


def _find(case: Case) -> Iterator[Finding]:
    for member in case.networked():
        choice, expected = member.choice, member.expected
        if expected is None or choice.address is None:
            continue
        if expected.is_on_nic(choice.interface) is False:
            names = f"{', '.join(expected.names)} ({EXPECT_INTERFACE})"
            yield WRONG_INTERFACE.about(
                member,
                f"{member.name} uses {member.nic_and_address}; expected {names}",
                TRY_METHODS,
                f"are on {choice.interface}; expected {names}",
            )


WRONG_INTERFACE = Kind("wrong-interface", Severity.ERROR, _find, is_mended_by_method=True)
"""The catalogue's entry."""
