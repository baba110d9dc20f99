"""What a node chose: the newest evidence wins where order can be known."""

from __future__ import annotations

import dataclasses

import pytest

from kubectl_calico_nic.calico.log.reading import LogReading, Outcome, Stage
from kubectl_calico_nic.diagnosis.diagnose import Question, diagnose
from kubectl_calico_nic.diagnosis.evidence import rfc3339
from kubectl_calico_nic.diagnosis.report import FamilyReport
from kubectl_calico_nic.family import Family
from kubectl_calico_nic.snapshot.snapshot import NodeFacts
from tests.clusters import SILENT, annotated_nics, cluster, decision, detected, log, nics, node

BOND3, BOND4 = "172.16.16.1/23", "172.16.10.1/24"


def row(facts: NodeFacts, **settings: object) -> FamilyReport:
    report = diagnose(cluster(facts, **settings), Question())  # type: ignore[arg-type]
    return report.nodes[0].families[0]


def test_a_log_that_the_annotation_confirms() -> None:
    found = row(node("n", stored=BOND4, log=detected(BOND4, "bond4")))

    assert (found.interface, found.address) == ("bond4", BOND4)
    assert found.evidence == ("log", "annotation")


def test_a_log_alone() -> None:
    assert row(node("n", log=detected(BOND4, "bond4"))).evidence == ("log",)


def test_an_annotation_alone() -> None:
    found = row(node("n", stored=BOND4, log=SILENT))

    assert (found.interface, found.address, found.since) == (None, BOND4, None)
    assert found.evidence == ("annotation",)


def test_nothing() -> None:
    found = row(node("n", log=SILENT))

    assert (found.decided, found.address, found.evidence) == (False, None, ())
    assert found.candidates == ()


@pytest.mark.parametrize(
    ("chosen", "inventory"),
    [
        (detected(BOND4, None, "can-reach"), nics("bond3 172.16.16.1/23", "bond4 172.16.10.1/24")),
        (detected(BOND4, None, "kubernetes-internal-ip"), annotated_nics("bond4 172.16.10.1")),
    ],
)
def test_a_nic_that_the_log_does_not_name_is_looked_up(chosen: object, inventory: object) -> None:
    found = row(node("n", log=log(chosen), inventory=inventory))  # type: ignore[arg-type]

    assert (found.interface, found.address) == ("bond4", BOND4)
    assert found.evidence == ("log", "inventory")


def test_a_length_that_the_log_does_not_say_comes_from_the_annotation_or_the_inventory() -> None:
    by_hand = decision(Outcome.EXPLICIT, "172.16.10.1")

    assert row(node("n", log=by_hand)).address == "172.16.10.1"
    assert row(node("n", log=by_hand, stored=BOND4)).address == BOND4
    assert row(node("n", log=by_hand, inventory=nics("bond4 172.16.10.1/24"))).address == BOND4


def test_the_newest_decision_counts_and_since_is_the_first_line_of_its_run() -> None:
    found = row(
        node(
            "n",
            stored=BOND3,
            log=log(
                detected(BOND4, "bond4", at="2026-01-01 02:40:00.000"),
                detected(BOND3, "bond3", at="2026-01-01 02:41:00.900", stage=Stage.MONITOR),
            ),
        )
    )

    assert (found.interface, found.since) == ("bond3", "2026-01-01T02:41:00Z")


def test_a_choice_that_start_up_and_re_detection_share_is_unbroken() -> None:
    found = row(
        node(
            "n",
            log=log(
                detected(BOND4, "bond4", at="2026-01-01 02:40:00.000"),
                detected(BOND4, "bond4", at="2026-01-01 02:41:00.000", stage=Stage.MONITOR),
            ),
        )
    )

    assert found.since == "2026-01-01T02:40:00Z"


@pytest.mark.parametrize("outcome", [Outcome.FAILED, Outcome.INVALID_METHOD])
def test_what_chose_nothing_is_decided_without_an_address(outcome: Outcome) -> None:
    found = row(node("n", stored=BOND4, ready=False, log=log(decision(outcome), started=False)))

    assert (found.decided, found.address, found.interface) == (True, None, None)


def test_a_conflict_shows_the_address_that_was_chosen() -> None:
    conflict = decision(Outcome.CONFLICT, BOND4, interface="bond4", other_node="m")
    found = row(node("n", ready=False, log=log(conflict, started=False)))

    assert (found.decided, found.interface, found.address) == (True, "bond4", BOND4)


def test_the_log_of_the_container_before_speaks_while_the_current_one_is_silent() -> None:
    failed = log(decision(Outcome.FAILED), started=False)
    facts = node("n", ready=False, log=log(started=False), previous_log=failed)

    assert row(facts).evidence == ("previous-log",)
    started = dataclasses.replace(facts, log=log())
    assert row(started).evidence == ()


def test_an_address_from_the_container_before_gives_way_to_the_annotation() -> None:
    facts = node(
        "n",
        stored=BOND4,
        ready=False,
        log=log(started=False),
        previous_log=log(detected(BOND3, "bond3"), started=False),
    )

    assert (row(facts).address, row(facts).evidence) == (BOND4, ("annotation",))


MINUTES_LATER = "2026-01-01 12:05:00.000"


@pytest.mark.parametrize(
    ("env", "version", "stage", "newest"),
    [
        ({}, "v3.24.6", Stage.STARTUP, "annotation"),
        ({}, "v3.15.1", Stage.STARTUP, "log"),
        ({}, "v3.24.6", Stage.MONITOR, "log"),
        ({"AUTODETECT_POLL_INTERVAL": "1h"}, "v3.24.6", Stage.STARTUP, "log"),
        ({"IP": ""}, "v3.24.6", Stage.STARTUP, "log"),
    ],
)
def test_which_is_newer_after_minutes_without_a_re_detection_line(
    env: dict[str, str], version: str, stage: Stage, newest: str
) -> None:
    reading = log(
        detected(BOND3, "bond3", stage=stage, count=3), last_time=MINUTES_LATER, version=None
    )
    facts = node("n", stored=BOND4, log=reading)
    found = row(facts, env=env, ip=env.get("IP", "autodetect"), version=version)

    assert found.evidence == (newest,)
    assert ("evidence-disagrees" in found.findings) == (newest == "log")


@pytest.mark.parametrize(
    ("env", "version", "newest"),
    [
        ({"CALICO_DISABLE_FILE_LOGGING": "false"}, "v3.28.0", "annotation"),
        ({"CALICO_DISABLE_FILE_LOGGING": "true"}, "v3.28.0", "log"),
        ({"CALICO_DISABLE_FILE_LOGGING": "false"}, "v3.32.0", "log"),
        ({}, "v3.28.0", "log"),
    ],
)
def test_a_re_detection_that_is_logged_into_a_file_on_the_host_leaves_no_line(
    env: dict[str, str], version: str, newest: str
) -> None:
    """As an operator's calico-node does; the log itself ends with the start."""
    logged = log(detected(BOND3, "bond3"), version=None)
    found = row(node("n", stored=BOND4, log=logged), env=env, version=version)
    starting = row(node("n", stored=BOND4, log=logged, ready=False), env=env, version=version)

    assert found.evidence == (newest,)
    assert starting.evidence == ("log",)


@pytest.mark.parametrize(
    ("reading", "why"),
    [
        (log(level_floor="ERROR"), "CALICO_STARTUP_LOGLEVEL hides it"),
        (log(level_floor=None), "CALICO_STARTUP_LOGLEVEL hides it"),
        (log(started=False, level_floor="INFO"), "its start is not in it any more"),
        (log(level_floor="INFO", complete_start=True), "the log does not tell about IPv4, and"),
    ],
    ids=["error", "nothing at all", "rotated", "silent"],
)
def test_a_log_that_does_not_tell_is_no_failed_detection(reading: LogReading, why: str) -> None:
    stored = row(node("n", stored=BOND4, log=reading))
    report = diagnose(cluster(node("n", log=reading)), Question())

    assert (stored.address, stored.evidence) == (BOND4, ("annotation",))
    assert [finding.id for finding in report.findings] == ["no-evidence"]
    assert why in report.findings[0].message


def test_a_row_that_rests_on_a_newer_annotation_says_why() -> None:
    reading = log(detected(BOND3, "bond3"), last_time=MINUTES_LATER)
    report = diagnose(cluster(node("n", stored=BOND4, log=reading)), Question())

    assert report.nodes[0].notes == (
        "re-detected since 172.16.16.1/23 was logged, without a line in the log",
    )


def test_ipv6_is_compared_as_a_number() -> None:
    found = row(
        node("n", stored="2001:DB8:0::1/64", log=detected("2001:db8::1/64", "eth0")),
        ip="none",
        env={"IP6": "autodetect"},
    )

    assert found.family is Family.IPV6
    assert found.evidence == ("log", "annotation")


@pytest.mark.parametrize(
    ("logged", "expected"),
    [
        ("2026-01-01 02:41:00.000", "2026-01-01T02:41:00Z"),
        ("2026-12-31 23:59:59.999", "2026-12-31T23:59:59Z"),
        ("yesterday", None),
        (None, None),
    ],
)
def test_times_become_rfc_3339(logged: str | None, expected: str | None) -> None:
    assert rfc3339(logged) == expected
