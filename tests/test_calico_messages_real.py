"""The messages against lines and answers of the real calico-node."""

from __future__ import annotations

import json
import pathlib
from typing import Any

import pytest

from kubectl_calico_nic.calico.log.line_format import parse_line
from kubectl_calico_nic.calico.log.reading import Stage
from kubectl_calico_nic.calico.messages import Event, recognise, render
from kubectl_calico_nic.calico.version import Version

SHARED = pathlib.Path(__file__).parents[2] / "shared" / "calico"


def version(text: str) -> Version:
    parsed = Version.parse(text)
    assert parsed is not None
    return parsed


EVENTS = {
    "early-log-level": Event.LOG_LEVEL_SET,
    "nodename-not-set-check-hostname": Event.NODENAME_UNSET,
    "nodename-from-env": Event.NODENAME_FROM_ENVIRONMENT,
    "nodename-from-file": Event.NODENAME_FROM_FILE,
    "nodename-from-hostname": Event.NODENAME_FROM_HOSTNAME,
    "nodename-legacy": Event.NODENAME_DETERMINED,
    "nodename-determined": Event.NODENAME_DETERMINED,
    "starting-node": Event.STARTING_NODE,
    "datastore-check": Event.DATASTORE_CHECKED,
    "datastore-unauthorized": Event.DATASTORE_UNAUTHORIZED,
    "datastore-retry": Event.DATASTORE_RETRIED,
    "datastore-verified": Event.DATASTORE_VERIFIED,
    "datastore-ready": Event.DATASTORE_READY,
    "datastore-skip": Event.DATASTORE_SKIPPED,
    "datastore-config-error": Event.DATASTORE_CONFIG_ERROR,
    "datastore-access-error": Event.DATASTORE_ACCESS_ERROR,
    "node-query-failed": Event.NODE_UNREADABLE,
    "node-datastore-unreachable": Event.NODE_QUERY_FATAL,
    "k8s-node-read-failed": Event.KUBERNETES_NODE_UNREADABLE,
    "node-new": Event.NODE_NEW,
    "bgp-init": Event.BGP_INITIALIZED,
    "first-found-ok": Event.FIRST_FOUND,
    "first-found-fail": Event.FIRST_FOUND_FAILED,
    "interface-ok": Event.INTERFACE,
    "interface-fail": Event.INTERFACE_FAILED,
    "cidr-ok": Event.CIDR,
    "cidr-fail": Event.CIDR_FAILED,
    "cidr-invalid": Event.CIDR_INVALID,
    "can-reach-ok": Event.CAN_REACH,
    "can-reach-fail": Event.CAN_REACH_FAILED,
    "can-reach-source": Event.CAN_REACH_SOURCE,
    "can-reach-check-interface": Event.CAN_REACH_INTERFACE,
    "can-reach-check-cidr": Event.CAN_REACH_CIDR,
    "can-reach-match": Event.CAN_REACH_MATCH,
    "skip-interface-ok": Event.SKIP_INTERFACE,
    "skip-interface-fail": Event.SKIP_INTERFACE_FAILED,
    "method-invalid": Event.METHOD_INVALID,
    "k8s-internal-ip-no-k8s": Event.INTERNAL_IP_OUTSIDE_KUBERNETES,
    "k8s-internal-ip-parse-fail": Event.INTERNAL_IP_UNPARSABLE,
    "local-cidr-found": Event.LOCAL_CIDR,
    "local-cidr-missing": Event.LOCAL_CIDR_MISSING,
    "interfaces-enumerate-fail": Event.INTERFACES_UNREADABLE,
    "interface-regex-invalid": Event.REGEX_INVALID,
    "interface-address-query-fail": Event.INTERFACE_ADDRESSES_UNREADABLE,
    "autodetect-none-fatal": Event.NOT_DETECTED,
    "autodetect-keep-existing": Event.KEPT,
    "autodetect-disabled-keep": Event.DISABLED,
    "ip-changed": Event.CHANGED,
    "ip-changed-same-node": Event.NODE_CHANGED,
    "ip-conflict": Event.CONFLICT,
    "ip-cleared": Event.CLEARED,
    "ip-clear-fail": Event.CLEAR_FAILED,
    "peer-node-cidr-parse-fail": Event.PEER_UNPARSABLE,
    "ip-from-env": Event.FROM_ENVIRONMENT,
    "ip-env-invalid": Event.ENVIRONMENT_INVALID,
    "ip-env-local-cidr-fail": Event.LOCAL_CIDR_FAILED,
    "ip-validate-parse-fail": Event.STORED_UNPARSABLE,
    "ip-validate-no-interfaces": Event.NO_HOST_INTERFACES,
    "ip-validate-query-fail": Event.HOST_INTERFACES_UNREADABLE,
    "ip-validate-found": Event.CONFIRMED,
    "ip-validate-unconfirmed": Event.UNCONFIRMED,
    "no-ip-configured-legacy": Event.NONE_ENABLED,
    "no-ip-required": Event.NONE_CONFIGURED,
    "no-ip-policy-only": Event.NONE_NEEDED,
    "interfaces-changed": Event.INTERFACES_CHANGED,
    "conflict-list-fail": Event.CONFLICT_UNCHECKED,
    "configure-ip-failed": Event.CONFIGURE_FAILED,
    "terminating": Event.TERMINATING,
    "as-env": Event.AS_FROM_ENVIRONMENT,
    "as-global": Event.AS_GLOBAL,
    "as-node": Event.AS_FROM_NODE,
    "node-update-failed": Event.NODE_UPDATE_FAILED,
    "using-node-name": Event.USING_NODE_NAME,
    "network-unavailable-false-legacy": Event.NETWORK_UNAVAILABLE_SET,
    "network-unavailable-set": Event.NETWORK_UNAVAILABLE_SET,
    "network-unavailable-fail": Event.NETWORK_UNAVAILABLE_FAILED,
    "monitor-tick": Event.MONITOR_TICK,
    "monitor-updated": Event.MONITOR_UPDATED,
    "monitor-update-retry": Event.MONITOR_RETRIED,
    "monitor-interval-invalid": Event.MONITOR_INTERVAL_INVALID,
    "monitor-skipped-backend-none": Event.MONITOR_SKIPPED,
    "node-services-start-monitor": Event.SERVICE_STARTED,
    "node-services-start-complete": Event.SERVICE_STARTED,
    "node-services-start-tunnel": Event.SERVICE_STARTED,
    "node-services-start-status": Event.SERVICE_STARTED,
    "node-services-start-cni": Event.SERVICE_STARTED,
    "node-services-exit": Event.SERVICES_FAILED,
    "complete-waiting": Event.COMPLETE_WAITING,
    "complete-not-ready": Event.COMPLETE_NOT_READY,
    "complete-timeout": Event.COMPLETE_TIMED_OUT,
    "complete-done": Event.COMPLETE,
    "health-bgp-peers": Event.BGP_PEERS,
    "shell-started": Event.NODE_STARTED,
    "shell-failed": Event.NODE_NOT_STARTED,
    "shell-nodename-missing": Event.NODENAME_FILE_MISSING,
    "shell-backend-none": Event.BGP_DAEMON,
    "shell-backend-vxlan": Event.BGP_DAEMON,
    "shell-backend-gobgp": Event.BGP_DAEMON,
    "probe-bird-not-established": Event.NOT_READY,
    "probe-bird6-not-established": Event.NOT_READY,
    "probe-bird-graceful-restart": Event.NOT_READY,
    "probe-felix-not-ready": Event.NOT_READY,
    "probe-bird-socket": Event.NOT_READY,
    "probe-nodename-stat": Event.NOT_READY,
    "probe-felix-not-live": Event.NOT_READY,
    "probe-bird-service-down": Event.NOT_READY,
    "probe-bird-bad-response": Event.NOT_READY,
    "kubeconfig-inclusterconfig": Event.IN_CLUSTER_CONFIG,
}
"""The event that each kind of the collected lines is; those per family end in -v4 and -v6."""

OTHER_LINE_NUMBERS = {
    ("datastore-unauthorized", "v3.14.2"),
    ("no-ip-configured-legacy", "v3.16.2"),
    ("network-unavailable-false-legacy", "v3.3.7"),
    ("network-unavailable-fail", "v3.3.7"),
    ("node-services-start-complete", "v3.33-dev"),
    ("node-services-start-tunnel", "v3.33-dev"),
    ("node-services-start-status", "v3.33-dev"),
    ("node-services-start-cni", "v3.33-dev"),
}
"""Lines of releases between those whose line numbers are known, and of each service alone."""


def collected_lines() -> list[dict[str, Any]]:
    path = SHARED / "log-lines.json"
    lines: list[dict[str, Any]] = json.loads(path.read_text()) if path.exists() else []
    return lines


def versions_of(entry: dict[str, Any]) -> tuple[Version, Version]:
    first, _, last = entry["versions"].replace("-dev", "").partition("-")
    return version(first), version(last)


def stage_of(component: str | None) -> Stage:
    return Stage.MONITOR if component in ("monitor-addresses", "node-services") else Stage.STARTUP


@pytest.mark.skipif(not collected_lines(), reason="the collected lines are not here")
def test_every_collected_line_is_there() -> None:
    assert len(collected_lines()) == 269


@pytest.mark.parametrize(
    "entry",
    [
        pytest.param(entry, id=f"{entry['event']}-{entry['component']}-{entry['versions']}")
        for entry in collected_lines()
    ],
)
def test_a_collected_line_is_read_and_written(entry: dict[str, Any]) -> None:
    line = parse_line(entry["example"])
    text = entry["example"] if line is None else line.text
    said = recognise(text)
    assert said is not None
    assert said.event is EVENTS[entry["event"].removesuffix("-v4").removesuffix("-v6")]
    for release in versions_of(entry):
        message = render(said.event, release, stage=stage_of(entry["component"]), **said.fields)
        assert message is not None
        assert message.text == text
        if line is not None:
            assert (message.level, message.component, message.file) == (
                line.level,
                line.component,
                line.file,
            )
    if line is not None and "example_version" in entry:
        key = (entry["event"], entry["example_version"])
        assert (message.line == line.line) is (key not in OTHER_LINE_NUMBERS)


WITHOUT_FIELDS = (
    "",
    "Including CIDR information from host interface.",
    "Auto-detected address by connecting to remote",
)
"""Messages that the vectors hold without their logrus fields, and an unprinted one."""


@pytest.mark.skipif(not (SHARED / "vectors").exists(), reason="the vectors are not here")
def test_what_the_real_methods_logged_is_read_and_written() -> None:
    held = 0
    for path in sorted((SHARED / "vectors").glob("*.json")):
        vectors = json.loads(path.read_text())
        release = version(vectors["calico"])
        texts = {
            text
            for case in vectors["cases"]
            for answer in case["answers"]
            for text in answer["log"]
            if text not in WITHOUT_FIELDS
        }
        for text in texts:
            said = recognise(text)
            assert said is not None, text
            message = render(said.event, release, **said.fields)
            assert message is not None, text
            assert message.text == text
        held += len(texts)
    assert held == 9902
