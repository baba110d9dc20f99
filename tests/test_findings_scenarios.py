"""Every scenario: exactly what is found, and nothing else."""

from __future__ import annotations

import pytest

from kubectl_calico_nic.diagnosis.diagnose import Question, diagnose
from kubectl_calico_nic.family import Family
from kubectl_calico_nic.findings.catalogue import CATALOGUE
from kubectl_calico_nic.findings.kind import Kind
from tests.scenarios import HEALTHY, INFORMATION, SCENARIOS, WITHOUT, WRONG
from tests.scenarios.scenario import Scenario


def found_in(scenario: Scenario) -> set[str]:
    report = diagnose(scenario.snapshot, scenario.question)
    return {
        f"{finding.node or '-'}{'/IPv6' if finding.family is Family.IPV6 else ''} {finding.id}"
        for finding in report.findings
    }


@pytest.mark.parametrize("name", SCENARIOS)
def test_exactly_this_is_found(name: str) -> None:
    scenario = SCENARIOS[name]

    assert found_in(scenario) == scenario.found


@pytest.mark.parametrize("name", HEALTHY)
def test_a_healthy_cluster_is_no_problem_and_gets_no_command(name: str) -> None:
    report = diagnose(HEALTHY[name].snapshot, HEALTHY[name].question)

    assert not report.has_problem
    assert report.recommendations == ()
    assert report.advice == ()


@pytest.mark.parametrize("name", ["an InternalIP that is on no NIC anywhere", "a log alone"])
def test_what_cannot_be_judged_is_unknown_and_no_problem(name: str) -> None:
    report = diagnose(INFORMATION[name].snapshot, Question())

    assert {family.verdict for found in report.nodes for family in found.families} == {"unknown"}
    assert not report.has_problem


@pytest.mark.parametrize("name", ["canal: backend none", *list(INFORMATION)[:1]])
def test_what_was_built_so_is_ok_and_gets_no_command(name: str) -> None:
    report = diagnose(INFORMATION[name].snapshot, Question())

    assert {family.verdict for found in report.nodes for family in found.families} == {"ok"}
    assert report.recommendations == ()


@pytest.mark.parametrize("kind", CATALOGUE, ids=lambda kind: kind.id)
def test_every_finding_has_a_scenario(kind: Kind) -> None:
    everything = {**INFORMATION, **WRONG}

    assert any(kind.id in found for case in everything.values() for found in case.found)


@pytest.mark.parametrize("name", [*INFORMATION, *WRONG])
def test_every_finding_says_what_and_what_to_do(name: str) -> None:
    scenario = {**INFORMATION, **WRONG}[name]

    for finding in diagnose(scenario.snapshot, scenario.question).findings:
        assert (finding.node or "") in finding.message
        assert finding.next
        assert "None" not in finding.message + finding.next + finding.together
        assert not finding.message.endswith(".")


@pytest.mark.parametrize("kind", CATALOGUE, ids=lambda kind: kind.id)
def test_every_finding_rests_on_evidence_that_can_be_removed(kind: Kind) -> None:
    assert kind.id in WITHOUT


@pytest.mark.parametrize("id_", WITHOUT)
def test_without_its_evidence_it_is_not_found(id_: str) -> None:
    without = WITHOUT[id_]
    scenario = SCENARIOS[without.scenario]
    bereft = Scenario(without.remove(scenario.snapshot), set(), scenario.question)

    assert any(found.endswith(f" {id_}") for found in scenario.found)
    assert not any(found.endswith(f" {id_}") for found in found_in(bereft))
