"""The table of Calico's known bugs: which releases have each, and that each is found."""

from __future__ import annotations

import pytest

from kubectl_calico_nic.calico.known_bugs import (
    EXPLICIT_IP_AS_SINGLE_HOST,
    INTERNAL_IP_READ_ONCE,
    INTERNAL_IP_STORES_NETWORK,
    KNOWN_BUGS,
    OWN_TUNNEL_CHOSEN,
    UNANCHORED_EXCLUSIONS,
    KnownBug,
)
from kubectl_calico_nic.calico.version import Version
from kubectl_calico_nic.diagnosis.diagnose import diagnose
from tests.scenarios import WRONG


@pytest.mark.parametrize(
    ("bug", "has_it", "has_it_not"),
    [
        (
            INTERNAL_IP_STORES_NETWORK,
            "v3.22.0 v3.22.3 v3.23.0 v3.23.1",
            "v3.21.6 v3.22.4 v3.22.5 v3.23.2 v3.24.0",
        ),
        (INTERNAL_IP_READ_ONCE, "v3.22.0 v3.28.5", "v3.29.0 v3.32.1"),
        (UNANCHORED_EXCLUSIONS, "v3.0.0 v3.23.3 v3.24.0 v3.24.2", "v3.23.4 v3.24.3 v3.25.0"),
        (OWN_TUNNEL_CHOSEN, "v3.23.4 v3.24.3", "v3.23.3 v3.23.5 v3.24.2 v3.24.4 v3.25.0"),
        (EXPLICIT_IP_AS_SINGLE_HOST, "v3.0.0 v3.17.6", "v3.18.0"),
    ],
)
def test_the_releases_that_have_it(bug: KnownBug, has_it: str, has_it_not: str) -> None:
    texts = [*has_it.split(), *has_it_not.split()]
    versions = [version for text in texts if (version := Version.parse(text))]

    assert [str(version) for version in versions if bug.is_in(version)] == has_it.split()


@pytest.mark.parametrize("bug", KNOWN_BUGS, ids=lambda bug: bug.what[:30])
def test_every_bug_is_found_somewhere(bug: KnownBug) -> None:
    findings = (
        finding
        for scenario in WRONG.values()
        for finding in diagnose(scenario.snapshot, scenario.question).findings
        if finding.id == "known-bug"
    )

    assert bug.cure in {finding.next for finding in findings}
