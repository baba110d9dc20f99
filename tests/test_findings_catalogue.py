"""The catalogue and its page in the documentation."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from kubectl_calico_nic.findings.catalogue import CATALOGUE
from kubectl_calico_nic.findings.finding import Finding, Severity
from kubectl_calico_nic.findings.kind import Kind

ROOT = Path(__file__).parent.parent
PAGE, _, OBJECTIONS = (
    (ROOT / "docs" / "findings.md").read_text().partition("## Objections to a change")
)

DESIGNED = """
address-conflict detection-failed method-invalid kept-stale-address address-not-on-host
wrong-network wrong-interface vip-chosen bgp-down not-the-nic ipv6-clears-ipv4 rollout-blocked
no-pod no-evidence nodes-disagree evidence-disagrees flapping foreign-bridge known-bug
method-too-new method-ambiguous method-no-effect ipv6-not-enabled duplicate-internal-ip
old-template mixed-versions staged owner-reverts differs-from-internal-ip latent
nothing-to-choose no-expectation
"""  # in the order that decides a verdict


@pytest.mark.parametrize("kind", CATALOGUE, ids=lambda kind: kind.id)
def test_every_finding_has_its_anchor_in_the_docs(kind: Kind) -> None:
    page, _, anchor = Finding(kind.id, kind.severity, "what", "next").docs.partition("#")

    assert page == "findings.md"
    assert re.search(rf"^### {re.escape(anchor)}$", PAGE, re.MULTILINE)


def test_the_page_has_the_findings_in_the_order_that_decides_a_verdict() -> None:
    assert re.findall(r"^### (.+)$", PAGE, re.MULTILINE) == [kind.id for kind in CATALOGUE]


def objection_ids() -> set[str]:
    """The ids of the findings that planning a change makes."""
    calls = (
        node
        for file in (ROOT / "kubectl_calico_nic" / "change").rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Finding"
    )
    return {call.args[0].value for call in calls if isinstance(call.args[0], ast.Constant)}


def test_every_objection_to_a_change_has_its_anchor() -> None:
    ids = objection_ids()

    assert len(ids) > 10
    assert ids - set(re.findall(r"^### (.+)$", PAGE + OBJECTIONS, re.MULTILINE)) == set()


def test_ids_are_never_renamed_and_keep_their_order() -> None:
    known = [kind.id for kind in CATALOGUE if kind.id in DESIGNED.split()]

    assert known == sorted(known, key=DESIGNED.split().index)
    assert len(set(known)) == len(known)


def test_errors_come_before_warnings_and_information_last() -> None:
    order = [list(Severity).index(kind.severity) for kind in CATALOGUE]

    assert order == sorted(order)
