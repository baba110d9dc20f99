"""The simulated API server answers as a real one does (kube-apiserver v1.37 was asked the same)."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from websocket import ABNF, WebSocket, WebSocketBadStatusException, create_connection

from kubectl_calico_nic.simulator.cluster import SimulatedCluster
from kubectl_calico_nic.simulator.story import incident
from tests.simulator_client import (
    DAEMON_SET,
    ENV,
    JSON_PATCH,
    MERGE_PATCH,
    NODES,
    PODS,
    STRATEGIC_PATCH,
    SYSTEM,
    TABLE,
    Client,
)

STRATEGY = "spec.updateStrategy"
FIRST_ENTRY = "spec.template.spec.containers[0].env[0]"


@pytest.fixture(scope="module")
def unchanged() -> Iterator[Client]:
    """A cluster that no test of this file changes."""
    with SimulatedCluster() as cluster:
        yield Client(cluster)


@pytest.fixture
def client() -> Iterator[Client]:
    with SimulatedCluster() as cluster:
        yield Client(cluster)


def some_pod(client: Client) -> str:
    return str(client.pods()["node-1"]["metadata"]["name"])


REFUSALS: tuple[tuple[str, str, Any, str, int, str, str], ...] = (
    ("GET", f"{NODES}/nope", None, "", 404, "NotFound", 'nodes "nope" not found'),
    ("GET", f"{DAEMON_SET}x", None, "", 404, "NotFound",
     'daemonsets.apps "calico-nodex" not found'),
    ("GET", "/api/v1/nopes", None, "", 404, "NotFound",
     "the server could not find the requested resource"),
    ("PUT", NODES, {}, "", 405, "MethodNotAllowed",
     "the server does not allow this method on the requested resource"),
    ("GET", f"{NODES}?limit=x", None, "", 400, "BadRequest",
     'strconv.ParseInt: parsing "x": invalid syntax'),
    ("GET", f"{NODES}?fieldSelector=spec.foo%3Dx", None, "", 400, "BadRequest",
     "field label not supported: spec.foo"),
    ("GET", "/apis/apps/v1/daemonsets?fieldSelector=spec.foo%3Dx", None, "", 400, "BadRequest",
     '"spec.foo" is not a known field selector: only "metadata.name", "metadata.namespace"'),
    ("GET", f"{NODES}?resourceVersion=99999999", None, "", 504, "Timeout",
     "Timeout: Too large resource version: 99999999, current: "),
    ("PATCH", DAEMON_SET, [{"op": "test", "path": "/metadata/name", "value": "x"}], JSON_PATCH,
     422, "Invalid", "the server rejected our request due to an error in our request"),
    ("PATCH", DAEMON_SET, {"a": 1}, JSON_PATCH, 400, "BadRequest",
     "error decoding patch: json: cannot unmarshal object into Go value of type "),
    ("PATCH", DAEMON_SET, {}, "text/plain", 415, "UnsupportedMediaType",
     "415: Unsupported Media Type"),
    ("PATCH", DAEMON_SET, {"metadata": {"resourceVersion": "1"}}, MERGE_PATCH, 409, "Conflict",
     'Operation cannot be fulfilled on daemonsets.apps "calico-node": the object has been modified;'
     " please apply your changes to the latest version and try again"),
    ("PATCH", DAEMON_SET, {"metadata": {"name": "x"}}, MERGE_PATCH, 400, "BadRequest",
     "the name of the object (x) does not match the name on the URL (calico-node)"),
    ("PATCH", DAEMON_SET, {"metadata": {"uid": "x"}}, MERGE_PATCH, 422, "Invalid",
     'DaemonSet.apps "calico-node" is invalid: metadata.uid: Invalid value: "x": field is'
     " immutable"),
    ("PATCH", DAEMON_SET, {"spec": {"updateStrategy": {"type": "Nope"}}}, MERGE_PATCH, 422,
     "Invalid",
     f'DaemonSet.apps "calico-node" is invalid: {STRATEGY}: Unsupported value: {{"Type":"Nope",'
     '"RollingUpdate":{"MaxUnavailable":1,"MaxSurge":0}}: supported values: "RollingUpdate",'
     ' "OnDelete"'),
    ("PATCH", DAEMON_SET, {"spec": {"updateStrategy": {"rollingUpdate": {"maxUnavailable": 0}}}},
     MERGE_PATCH, 422, "Invalid",
     f'DaemonSet.apps "calico-node" is invalid: {STRATEGY}.rollingUpdate.maxUnavailable: Required'
     " value: cannot be 0 when maxSurge is 0"),
    ("PATCH", DAEMON_SET, {"spec": {"template": {"metadata": {"labels": {"k8s-app": "b"}}}}},
     MERGE_PATCH, 422, "Invalid",
     'DaemonSet.apps "calico-node" is invalid: spec.template.metadata.labels: Invalid value:'
     ' {"k8s-app":"b"}: `selector` does not match template `labels`'),
    ("PATCH", DAEMON_SET, [{"op": "add", "path": f"{ENV}/0/valueFrom",
                            "value": {"fieldRef": {"fieldPath": "status.hostIP"}}}],
     JSON_PATCH, 422, "Invalid",
     f'DaemonSet.apps "calico-node" is invalid: {FIRST_ENTRY}.valueFrom: Invalid value: "": may not'
     " be specified when `value` is not empty"),
    ("PATCH", DAEMON_SET, [{"op": "add", "path": f"{ENV}/0", "value": {"name": "A", "value": 5}}],
     JSON_PATCH, 422, "Invalid", ' "" is invalid: patch: Invalid value: '),
    ("PATCH", DAEMON_SET, {"spec": {"template": {"spec": {"containers": [
        {"name": "calico-node", "env": [{"name": "IP", "value": 5}]}]}}}}, STRATEGIC_PATCH, 422,
     "Invalid", ' "" is invalid: patch: Invalid value: "map[spec:map[template:map[spec:map['
     'containers:[map[env:[map[name:IP value:5]] name:calico-node]]]]]]": cannot convert int64 to'),
    ("PATCH", DAEMON_SET, [1], STRATEGIC_PATCH, 400, "BadRequest",
     "json: cannot unmarshal array into Go value of type map[string]interface {}"),
    ("PATCH", f"{DAEMON_SET}?dryRun=Some", [], JSON_PATCH, 422, "Invalid",
     'PatchOptions.meta.k8s.io "" is invalid: dryRun: Unsupported value: ["Some"]: supported'
     ' values: "All"'),
    ("PATCH", f"{NODES}/node-2", {"metadata": {"labels": {"bad key": "b"}}}, MERGE_PATCH, 422,
     "Invalid", 'Node "node-2" is invalid: metadata.labels: Invalid value: "bad key": name part'),
    ("PATCH", f"{NODES}/node-2", {"metadata": {"labels": {"x/key": "bad value"}}}, MERGE_PATCH, 422,
     "Invalid", 'Node "node-2" is invalid: metadata.labels: Invalid value: "bad value": a valid'),
    ("PATCH", "/apis/crd.projectcalico.org/v1/clusterinformations/default", {}, STRATEGIC_PATCH,
     415, "UnsupportedMediaType", "the body of the request was in an unknown format - accepted"),
    ("POST", f"{SYSTEM}/configmaps", {"metadata": {"name": "calico-config"}}, "", 409,
     "AlreadyExists", 'configmaps "calico-config" already exists'),
    ("DELETE", f"{SYSTEM}/configmaps/calico-config", {"preconditions": {"uid": "x"}}, "", 409,
     "Conflict", 'Operation cannot be fulfilled on ConfigMap "calico-config": the UID in the'
     " precondition (x) does not match the UID in record ("),
)  # fmt: skip


@pytest.mark.parametrize(
    ("method", "path", "body", "kind", "status", "reason", "message"), REFUSALS
)
def test_refusals_are_worded_as_a_real_servers(
    unchanged: Client,
    method: str,
    path: str,
    body: Any,
    kind: str,
    status: int,
    reason: str,
    message: str,
) -> None:
    answer = unchanged.ask(method, path, body, kind or "application/json")
    found = answer.json
    assert (answer.status, found["code"], found["reason"]) == (status, status, reason)
    assert found["message"].startswith(message)
    assert found["kind"] == "Status"


def test_an_unknown_group_is_a_plain_text_404(unchanged: Client) -> None:
    answer = unchanged.ask("GET", "/apis/operator.tigera.io/v1/installations")
    assert (answer.status, answer.text) == (404, "404 page not found\n")


class TestReading:
    def test_a_get_is_an_object_with_its_defaults(self, unchanged: Client) -> None:
        daemon_set = unchanged.get(DAEMON_SET)
        assert (daemon_set["apiVersion"], daemon_set["kind"]) == ("apps/v1", "DaemonSet")
        assert daemon_set["spec"]["revisionHistoryLimit"] == 10
        rolling = {"maxSurge": 0, "maxUnavailable": 1}
        assert daemon_set["spec"]["updateStrategy"]["rollingUpdate"] == rolling
        box = daemon_set["spec"]["template"]["spec"]["containers"][0]
        assert box["env"][2]["valueFrom"]["fieldRef"]["apiVersion"] == "v1"
        assert box["readinessProbe"]["failureThreshold"] == 3

    def test_pages_show_one_moment(self, client: Client) -> None:
        first = client.get(NODES, limit="3")
        assert first["metadata"]["remainingItemCount"] == 1
        client.patch(f"{NODES}/node-4", {"metadata": {"labels": {"later": "yes"}}})
        client.ask("DELETE", f"{NODES}/node-1")
        rest = client.get(NODES, limit="3", **{"continue": first["metadata"]["continue"]})
        names = [item["metadata"]["name"] for page in (first, rest) for item in page["items"]]
        assert names == ["node-1", "node-2", "node-3", "node-4"]
        assert "later" not in rest["items"][0]["metadata"]["labels"]
        assert rest["metadata"]["resourceVersion"] == first["metadata"]["resourceVersion"]

    def test_only_lists_of_custom_resources_say_that_nothing_is_left(self, client: Client) -> None:
        custom = client.get("/apis/crd.projectcalico.org/v1/clusterinformations")
        assert custom["metadata"]["continue"] == ""
        assert "continue" not in client.get(NODES)["metadata"]

    def test_a_page_of_a_forgotten_moment_is_gone(self, client: Client) -> None:
        token = client.get(NODES, limit="1")["metadata"]["continue"]
        client.patch(f"{NODES}/node-4", {"metadata": {"labels": {"later": "yes"}}})
        client.cluster.store.forget_changes()
        answer = client.ask("GET", NODES, **{"continue": token})
        assert (answer.status, answer.json["reason"]) == (410, "Expired")

    @pytest.mark.parametrize(
        ("query", "names"),
        [
            ({"fieldSelector": "metadata.name=node-2"}, ["node-2"]),
            ({"fieldSelector": "metadata.name!=node-2"}, ["node-1", "node-3", "node-4"]),
            ({"labelSelector": "kubernetes.io/hostname=node-3"}, ["node-3"]),
            ({"labelSelector": "kubernetes.io/hostname!=node-3,kubernetes.io/os==linux"},
             ["node-1", "node-2", "node-4"]),
            ({"labelSelector": "kubernetes.io/hostname in (node-1, node-4)"}, ["node-1", "node-4"]),
            ({"labelSelector": "kubernetes.io/hostname notin (node-1,node-4)"},
             ["node-2", "node-3"]),
            ({"labelSelector": "node-role.kubernetes.io/control-plane"}, ["node-1"]),
            ({"labelSelector": "!node-role.kubernetes.io/control-plane,kubernetes.io/os"},
             ["node-2", "node-3", "node-4"]),
        ],
    )  # fmt: skip
    def test_selectors_choose(
        self, unchanged: Client, query: dict[str, str], names: list[str]
    ) -> None:
        items = unchanged.get(NODES, **query)["items"]
        assert [item["metadata"]["name"] for item in items] == names

    def test_pods_can_be_selected_by_their_node(self, unchanged: Client) -> None:
        items = unchanged.get("/api/v1/pods", fieldSelector="spec.nodeName=node-3")["items"]
        assert [item["spec"]["nodeName"] for item in items] == ["node-3"]

    def test_a_table_has_the_columns_of_kubectl(self, unchanged: Client) -> None:
        table = unchanged.ask("GET", NODES, headers={"Accept": TABLE}).json
        assert (table["kind"], table["apiVersion"]) == ("Table", "meta.k8s.io/v1")
        titles = [column["name"] for column in table["columnDefinitions"]]
        assert titles[:5] == ["Name", "Status", "Roles", "Age", "Version"]
        row = table["rows"][0]
        assert row["cells"][:4] == ["node-1", "Ready", "control-plane", "41d"]
        assert row["object"]["kind"] == "PartialObjectMetadata"
        assert row["object"]["metadata"]["name"] == "node-1"

    def test_metadata_alone_can_be_asked_for(self, unchanged: Client) -> None:
        accept = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io"
        found = unchanged.ask("GET", NODES, headers={"Accept": accept}).json
        assert found["kind"] == "PartialObjectMetadataList"
        assert all(item.keys() == {"apiVersion", "kind", "metadata"} for item in found["items"])

    def test_protobuf_is_not_spoken(self, unchanged: Client) -> None:
        accept = {"Accept": "application/vnd.kubernetes.protobuf"}
        assert unchanged.ask("GET", NODES, headers=accept).status == 406


class TestWatching:
    def test_every_change_from_a_version_on_is_told(self, client: Client) -> None:
        version = client.get(NODES)["metadata"]["resourceVersion"]
        client.patch(f"{NODES}/node-2", {"metadata": {"labels": {"a": "b"}}})
        client.ask("DELETE", f"{NODES}/node-3")
        events = client.watch(NODES, resourceVersion=version)
        told = [next(events) for _ in range(2)]
        assert [(event["type"], event["object"]["metadata"]["name"]) for event in told] == [
            ("MODIFIED", "node-2"),
            ("DELETED", "node-3"),
        ]
        versions = [int(event["object"]["metadata"]["resourceVersion"]) for event in told]
        assert int(version) < versions[0] < versions[1]

    def test_objects_come_and_go_by_the_selector(self, client: Client) -> None:
        version = client.get(NODES)["metadata"]["resourceVersion"]
        for value in ("yes", "yes2", None):
            client.patch(f"{NODES}/node-2", {"metadata": {"labels": {"canary": value}}})
        events = client.watch(NODES, resourceVersion=version, labelSelector="canary")
        told = [next(events) for _ in range(3)]
        assert [event["type"] for event in told] == ["ADDED", "MODIFIED", "DELETED"]
        values = [event["object"]["metadata"]["labels"]["canary"] for event in told]
        assert values == ["yes", "yes2", "yes2"], "it leaves as it was when it belonged"

    def test_without_a_version_it_begins_with_what_there_is(self, unchanged: Client) -> None:
        events = unchanged.watch(NODES)
        assert [next(events)["type"] for _ in range(4)] == ["ADDED"] * 4

    def test_initial_events_end_with_a_bookmark(self, unchanged: Client) -> None:
        events = [
            *unchanged.watch(
                NODES,
                sendInitialEvents="true",
                resourceVersionMatch="NotOlderThan",
                allowWatchBookmarks="true",
                timeoutSeconds="0",
            )
        ]
        assert [event["type"] for event in events] == ["ADDED"] * 4 + ["BOOKMARK"]
        metadata = events[-1]["object"]["metadata"]
        assert metadata["annotations"] == {"k8s.io/initial-events-end": "true"}

    def test_a_bookmark_comes_before_the_end(self, unchanged: Client) -> None:
        version = unchanged.get(NODES)["metadata"]["resourceVersion"]
        query = {"resourceVersion": version, "allowWatchBookmarks": "true", "timeoutSeconds": "3"}
        event = next(unchanged.watch(NODES, **query))
        assert event["type"] == "BOOKMARK"
        assert event["object"]["metadata"]["resourceVersion"] == version

    def test_a_version_that_is_forgotten_is_gone(self, client: Client) -> None:
        client.cluster.store.forget_changes()
        (event,) = client.watch(NODES, resourceVersion="1")
        assert event["type"] == "ERROR"
        assert (event["object"]["code"], event["object"]["reason"]) == (410, "Expired")
        assert event["object"]["message"].startswith("too old resource version: 1 (")

    def test_tables_send_their_headers_once(self, unchanged: Client) -> None:
        url = f"{unchanged.cluster.server}{NODES}?watch=1&timeoutSeconds=0"
        response = unchanged.pool.request("GET", url, headers={"Accept": TABLE})
        tables = [json.loads(line)["object"] for line in response.data.splitlines()]
        assert [bool(table["columnDefinitions"]) for table in tables] == [True, False, False, False]


class TestWriting:
    def test_the_generation_counts_changes_of_the_spec(self, client: Client) -> None:
        edits = (
            ({"metadata": {"annotations": {"a": "b"}}}, 1, "1"),
            ({"status": {"numberReady": 77}}, 1, "1"),
            ({"spec": {"updateStrategy": {"type": "OnDelete", "rollingUpdate": None}}}, 2, "1"),
            ({"spec": {"template": {"metadata": {"annotations": {"a": "b"}}}}}, 3, "2"),
            ({"metadata": {"generation": 77}}, 3, "2"),
        )
        for body, generation, template in edits:
            metadata = client.patch(DAEMON_SET, body).json["metadata"]
            assert metadata["generation"] == generation
            key = "deprecated.daemonset.template.generation"
            assert metadata["annotations"][key] == template

    def test_a_patch_that_changes_nothing_writes_nothing(self, client: Client) -> None:
        before = client.get(DAEMON_SET)["metadata"]["resourceVersion"]
        answer = client.patch(DAEMON_SET, {"metadata": {"labels": {"k8s-app": "calico-node"}}})
        assert answer.json["metadata"]["resourceVersion"] == before

    def test_a_dry_run_answers_and_stores_nothing(self, client: Client) -> None:
        before = client.get(DAEMON_SET)
        answer = client.patch(DAEMON_SET, {"metadata": {"labels": {"a": "b"}}}, dryRun="All")
        assert answer.json["metadata"]["labels"]["a"] == "b"
        assert client.get(DAEMON_SET) == before

    def test_a_guard_lets_the_right_version_through(self, client: Client) -> None:
        version = client.get(DAEMON_SET)["metadata"]["resourceVersion"]
        guard = {"op": "test", "path": "/metadata/resourceVersion", "value": version}
        edit = {"op": "add", "path": f"{ENV}/-", "value": {"name": "A", "value": "1"}}
        assert client.patch(DAEMON_SET, [guard, edit], JSON_PATCH).status == 200
        answer = client.patch(DAEMON_SET, [guard, edit], JSON_PATCH)
        assert (answer.status, answer.json["reason"]) == (422, "Invalid")

    def test_a_value_without_a_strategy_gets_the_defaults_back(self, client: Client) -> None:
        on_delete = {"type": "OnDelete", "rollingUpdate": None}
        client.patch(DAEMON_SET, {"spec": {"updateStrategy": on_delete}})
        answer = client.patch(DAEMON_SET, {"spec": {"updateStrategy": None}})
        assert answer.json["spec"]["updateStrategy"] == {
            "type": "RollingUpdate",
            "rollingUpdate": {"maxSurge": 0, "maxUnavailable": 1},
        }

    def test_an_empty_value_is_not_stored(self, client: Client) -> None:
        edit = [{"op": "add", "path": f"{ENV}/-", "value": {"name": "IP6", "value": ""}}]
        answer = client.patch(DAEMON_SET, edit, JSON_PATCH)
        entries = answer.json["spec"]["template"]["spec"]["containers"][0]["env"]
        assert entries[-1] == {"name": "IP6"}

    def test_who_wrote_is_noted(self, client: Client) -> None:
        body = {"metadata": {"labels": {"a": "b"}}}
        answer = client.patch(DAEMON_SET, body, fieldManager="kubectl-calico-nic")
        managers = [entry["manager"] for entry in answer.json["metadata"]["managedFields"]]
        assert managers == ["kubectl-calico-nic"]

    def test_a_put_replaces_the_object_but_not_its_status(self, client: Client) -> None:
        daemon_set = client.get(DAEMON_SET)
        status = daemon_set.pop("status")
        daemon_set["metadata"]["labels"]["a"] = "b"
        answer = client.ask("PUT", DAEMON_SET, daemon_set)
        assert answer.json["metadata"]["labels"]["a"] == "b"
        assert answer.json["status"] == status
        assert client.ask("PUT", DAEMON_SET, daemon_set).status == 409

    def test_the_status_of_a_node_is_written_apart(self, client: Client) -> None:
        body = {"metadata": {"annotations": {"a": "b"}}, "spec": {"unschedulable": True}}
        answer = client.patch(f"{NODES}/node-2/status", body)
        assert answer.json["metadata"]["annotations"]["a"] == "b"
        assert answer.json["spec"] == {}

    def test_objects_are_created_and_deleted(self, client: Client) -> None:
        body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}, "data": {}}
        created = client.ask("POST", f"{SYSTEM}/configmaps", body)
        assert created.status == 201
        assert created.json["metadata"]["namespace"] == "kube-system"
        deleted = client.ask("DELETE", f"{SYSTEM}/configmaps/c")
        assert deleted.json["details"]["uid"] == created.json["metadata"]["uid"]
        assert client.ask("GET", f"{SYSTEM}/configmaps/c").status == 404


class TestLogs:
    def test_the_end_or_the_beginning_can_be_asked_for(self, unchanged: Client) -> None:
        log = unchanged.log("node-1")
        lines = log.splitlines()
        assert unchanged.log("node-1", tailLines="2").splitlines() == lines[-2:]
        assert unchanged.log("node-1", tailLines="0") == ""
        assert unchanged.log("node-1", limitBytes="100") == log[:100]
        assert unchanged.log("node-1", sinceSeconds="90").splitlines() == lines[-1:]
        stamped = unchanged.log("node-1", timestamps="true", tailLines="1")
        stamp, _, line = stamped.rstrip("\n").partition(" ")
        assert line == lines[-1]
        assert stamp.endswith("000Z")
        assert unchanged.log("node-1", sinceTime=stamp[:19] + "Z").splitlines() == lines[-1:]

    def test_a_followed_log_goes_on(self, client: Client) -> None:
        name = some_pod(client)
        url = f"{client.cluster.server}{PODS}/{name}/log?follow=true&tailLines=1"
        with client.pool.request("GET", url, preload_content=False) as response:
            chunks = response.stream()
            assert next(chunks).count(b"\n") == 1
            client.cluster.advance(60)
            assert b"monitor-addresses/" in next(chunks)
            client.ask("DELETE", f"{PODS}/{name}")
            assert [*chunks] == []

    @pytest.mark.parametrize(
        ("query", "message"),
        [
            ({"container": "nope"}, "container nope is not valid for pod {pod}"),
            (
                {"previous": "true"},
                'previous terminated container "calico-node" in pod "{pod}" not found',
            ),
        ],
    )
    def test_a_log_that_there_is_not(
        self, unchanged: Client, query: dict[str, str], message: str
    ) -> None:
        name = some_pod(unchanged)
        answer = unchanged.ask("GET", f"{PODS}/{name}/log", **query)
        assert (answer.status, answer.json["reason"]) == (400, "BadRequest")
        assert answer.json["message"] == message.format(pod=name)


class TestExec:
    def execute(
        self, client: Client, pod: str, *command: str, protocol: str = "v5.channel.k8s.io"
    ) -> dict[int, str]:
        query = urlencode(
            [("command", word) for word in command] + [("stdout", "1"), ("stderr", "1")]
        )
        url = f"{client.cluster.server}{PODS}/{pod}/exec?{query}".replace("http", "ws", 1)
        connection: WebSocket = create_connection(url, subprotocols=[protocol], timeout=10)
        channels: dict[int, str] = {}
        while True:
            opcode, data = connection.recv_data()
            if opcode == ABNF.OPCODE_CLOSE:
                break
            channels[data[0]] = channels.get(data[0], "") + data[1:].decode()
        connection.close()
        return channels

    @pytest.mark.parametrize("protocol", ["v4.channel.k8s.io", "v5.channel.k8s.io"])
    def test_ip_tells_the_interfaces_of_the_node(self, unchanged: Client, protocol: str) -> None:
        pod = unchanged.pods()["node-3"]["metadata"]["name"]
        command = ("ip", "-o", "addr", "show")
        channels = self.execute(unchanged, pod, *command, protocol=protocol)
        assert "bond3    inet 172.16.16.23/23 brd 172.16.17.255 scope global bond3" in channels[1]
        assert json.loads(channels[3])["status"] == "Success"

    @pytest.mark.parametrize(
        ("command", "channel", "text", "code"),
        [
            (("ip", "-o", "link", "show"), 1, "bond3: <BROADCAST,MULTICAST,MASTER,UP", None),
            (("ip", "addr", "show"), 1, "\n    inet 172.16.4.21/24 brd 172.16.4.255 scope", None),
            (("ip", "route", "get", "172.16.16.1"), 1, "172.16.16.1 dev bond3 src 172.16.16.21",
             None),
            (("ip", "route", "get", "8.8.8.8"), 1, "8.8.8.8 via 172.16.10.1 dev bond4 src", None),
            (("ip", "-o", "route", "get", "172.16.4.21"), 1, "local 172.16.4.21 dev lo src", None),
            (("ip", "route", "get", "2001:db8::1"), 2, "RTNETLINK answers: Network is u", "2"),
            (("ip", "route", "get", "gw.example"), 2, "Error: inet prefix is expected", "1"),
            (("birdcl", "show", "protocols"), 1, "Mesh_172_16_10_22 BGP      master   up ", None),
            (("ps",), 2, '"ps": executable file not found in $PATH', "127"),
        ],
    )  # fmt: skip
    def test_commands(
        self, unchanged: Client, command: tuple[str, ...], channel: int, text: str, code: str | None
    ) -> None:
        channels = self.execute(unchanged, some_pod(unchanged), *command)
        assert text in channels[channel]
        outcome = json.loads(channels[3])
        causes = outcome.get("details", {}).get("causes", [])
        assert [cause["message"] for cause in causes] == ([] if code is None else [code])

    def test_a_container_that_does_not_run_is_not_found(self, client: Client) -> None:
        client.set_method("bond4")
        client.cluster.settle()
        with pytest.raises(WebSocketBadStatusException, match="500") as refused:
            self.execute(client, some_pod(client), "ip")
        assert b"container not found" in refused.value.resp_body

    def test_spdy_is_not_spoken(self, unchanged: Client) -> None:
        path = f"{PODS}/{some_pod(unchanged)}/exec"
        answer = unchanged.ask("POST", path, command="ip", stdout="true")
        assert (answer.status, answer.json["message"]) == (400, "Upgrade request required")


@pytest.mark.parametrize(
    ("right", "method", "path", "message"),
    [
        (("list", "nodes"), "GET", NODES,
         'nodes is forbidden: User "demo" cannot list resource "nodes" in API group "" at the'
         " cluster scope"),
        (("patch", "daemonsets"), "PATCH", DAEMON_SET,
         'daemonsets.apps "calico-node" is forbidden: User "demo" cannot patch resource'
         ' "daemonsets" in API group "apps" in the namespace "kube-system"'),
        (("create", "pods/exec"), "GET", f"{PODS}/x/exec",
         'pods "x" is forbidden: User "demo" cannot create resource "pods/exec" in API group ""'
         ' in the namespace "kube-system"'),
    ],
)  # fmt: skip
def test_a_story_can_deny_rights(
    right: tuple[str, str], method: str, path: str, message: str
) -> None:
    story = dataclasses.replace(incident(), denied=frozenset({right}))
    with SimulatedCluster(story) as cluster:
        answer = Client(cluster).ask(method, path, {} if method == "PATCH" else None)
        assert (answer.status, answer.json["reason"]) == (403, "Forbidden")
        assert answer.json["message"] == message


def test_connections_are_kept_alive(unchanged: Client) -> None:
    for _ in range(3):
        unchanged.get(NODES)
    pool = unchanged.pool.connection_from_url(unchanged.cluster.server)
    assert pool.num_connections == 1


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (NODES, {"metadata": {"name": "node-9", "labels": {"kubernetes.io/os": "linux"}}}),
        (PODS, {"metadata": {"name": "p"}, "spec": {"containers": [{"name": "c", "image": "i"}]}}),
        (PODS, {"metadata": {"name": "p"}, "spec": {"nodeName": "node-1", "containers": [
            {"name": "c", "image": "i"}]}}),
    ],
)  # fmt: skip
def test_objects_that_a_client_makes_up_do_no_harm(client: Client, path: str, body: Any) -> None:
    assert client.ask("POST", path, body).status == 201
    client.cluster.settle()
    table = client.ask("GET", path, headers={"Accept": TABLE}).json
    assert body["metadata"]["name"] in [row["cells"][0] for row in table["rows"]]
    assert client.ask("POST", path, {"metadata": {}}).status == 422
