"""What the simulator and a real API server are compared on: all of it, in this one place.

``{pod}`` is the name of the calico-node pod on node-3. Whatever stands here is sent to both, who
hold the same objects, and the answers must be the same but for what ``comparison`` takes away.
"""

from __future__ import annotations

import urllib.parse
from dataclasses import dataclass
from typing import Any

JSON = "application/json"
TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"
METADATA = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io,application/json"
JSON_PATCH = "application/json-patch+json"
MERGE_PATCH = "application/merge-patch+json"
STRATEGIC_PATCH = "application/strategic-merge-patch+json"

APPS = "/apis/apps/v1"
SYSTEM = "/namespaces/kube-system"
NODES = "/api/v1/nodes"
PODS = f"/api/v1{SYSTEM}/pods"
CONFIG_MAPS = f"/api/v1{SYSTEM}/configmaps"
DAEMON_SETS = f"{APPS}{SYSTEM}/daemonsets"
DAEMON_SET = f"{DAEMON_SETS}/calico-node"
REVISIONS = f"{APPS}{SYSTEM}/controllerrevisions"
ROUTINE = ("Scheduled", "Pulling", "Pulled", "Created", "Started")
EVENTS_OF_TROUBLE = urllib.parse.quote(
    ",".join(("involvedObject.kind=Pod", *(f"reason!={reason}" for reason in ROUTINE)))
)
ENV = "/spec/template/spec/containers/0/env"


@dataclass(frozen=True)
class Call:
    """One request; ``body`` is sent as JSON, or as it is when it is bytes."""

    method: str
    target: str
    body: Any = None
    content_type: str = JSON
    accept: str = JSON

    def __str__(self) -> str:
        body = "" if self.body is None else f" {self.body}"
        form = "" if self.accept == JSON else f" as {self.accept.partition('=')[2].split(';')[0]}"
        return f"{self.method} {self.target}{form}{body}"


def get(target: str, accept: str = JSON) -> Call:
    return Call("GET", target, accept=accept)


def json_patch(*operations: Any, target: str = DAEMON_SET) -> Call:
    return Call("PATCH", target, list(operations), JSON_PATCH)


def merge(change: Any, target: str = DAEMON_SET) -> Call:
    return Call("PATCH", target, change, MERGE_PATCH)


def strategic(change: Any, target: str = DAEMON_SET) -> Call:
    return Call("PATCH", target, change, STRATEGIC_PATCH)


def add(path: str, value: Any) -> dict[str, Any]:
    return {"op": "add", "path": path, "value": value}


def check(path: str, value: Any) -> dict[str, Any]:
    return {"op": "test", "path": path, "value": value}


def env(*entries: Any) -> dict[str, Any]:
    container = {"name": "calico-node", "env": list(entries)}
    return {"spec": {"template": {"spec": {"containers": [container]}}}}


PLUGIN_READS = (
    # find_daemon_sets: everywhere, then in the usual namespaces.
    get(f"{APPS}/daemonsets?limit=500"),
    get(f"{DAEMON_SETS}?limit=500"),
    get(f"{APPS}/namespaces/calico-system/daemonsets?limit=500"),
    # collect: Nodes, pods by the DaemonSet's selector, revisions, ConfigMaps of the environment.
    get(f"{NODES}?limit=500"),
    get(f"{NODES}?limit=2"),
    get(f"{NODES}/node-3"),
    get(f"{PODS}?labelSelector=k8s-app%3Dcalico-node&limit=500"),
    get(f"{REVISIONS}?labelSelector=k8s-app%3Dcalico-node&limit=500"),
    get(f"{CONFIG_MAPS}/calico-config"),
    get(f"{CONFIG_MAPS}/kubernetes-services-endpoint"),
    get("/apis/crd.projectcalico.org/v1/clusterinformations/default"),
    # When something is wrong: events of pods but those of a start, and BGP sessions without exec.
    get(f"/api/v1{SYSTEM}/events?fieldSelector={EVENTS_OF_TROUBLE}&limit=500"),
    get("/apis/crd.projectcalico.org/v1/caliconodestatuses?limit=500"),
    get("/apis/projectcalico.org/v3/caliconodestatuses?limit=500"),
    # What addresses may be pinned in, before a change.
    get("/apis/crd.projectcalico.org/v1/bgppeers?limit=500"),
    get("/apis/crd.projectcalico.org/v1/hostendpoints?limit=500"),
    get("/apis/crd.projectcalico.org/v1/ippools?limit=500"),
    # logs: tail and head of the current container, the tail of the one before.
    get(f"{PODS}/{{pod}}/log?container=nope&tailLines=300"),
    get(f"{PODS}/nope/log?container=calico-node"),
    # send_patch reads the DaemonSet after a refusal.
    get(DAEMON_SET),
    get(f"{DAEMON_SETS}/nope"),
)

PLUGIN_LOGS = (
    # The tail and the head of a log; the tail of the container before is that of a crash loop.
    "&tailLines=300&limitBytes=262144",
    "&limitBytes=16384",
    "&tailLines=3&limitBytes=100",
    "&tailLines=1",
    "&tailLines=0",
    "&limitBytes=1",
)
"""What of a log is asked for; each must be that part of the whole log."""

OTHER_READS = (
    get("/version"),
    get("/healthz"),
    get("/nope"),
    get("/apis/nope.io/v1/things"),
    get("/api/v1/nopes"),
    get(f"{NODES}/nope"),
    get(f"{NODES}/node-1/nope"),
    get(f"{NODES}?limit=x"),
    get(f"{NODES}?limit=2&labelSelector=kubernetes.io/os%3Dlinux"),
    get(f"{NODES}?labelSelector=!kubernetes.io/os"),
    get(f"{NODES}?fieldSelector=foo"),
    get(f"{NODES}?fieldSelector=spec.foo%3Dnode-2"),
    get(f"{DAEMON_SETS}?fieldSelector=spec.foo%3Dnode-2"),
    get(f"{DAEMON_SETS}?fieldSelector=metadata.name%3Dcalico-node"),
    get(f"{PODS}?fieldSelector=spec.nodeName%3Dnode-3"),
    get(DAEMON_SET, TABLE),
    get(f"{APPS}/daemonsets", TABLE),
    get(NODES, TABLE),
    get(PODS, TABLE),
    get(f"{CONFIG_MAPS}?fieldSelector=metadata.name%3Dcalico-config", TABLE),
    get(DAEMON_SETS, METADATA),
    get(REVISIONS, TABLE),
    get(f"{NODES}?labelSelector=kubernetes.io/hostname%20in%20(node-1,node-4)", METADATA),
    get("/apis/crd.projectcalico.org/v1/clusterinformations/nope"),
)

WATCHES = (
    # What rollout-check follows.
    get(f"{DAEMON_SETS}?fieldSelector=metadata.name%3Dcalico-node"),
    get(f"{PODS}?labelSelector=k8s-app%3Dcalico-node"),
    get(NODES),
    # kubectl get -w.
    get(f"{NODES}?fieldSelector=metadata.name%3Dnode-2", TABLE),
)
"""Watched from the beginning in both ways: from version 0, and with the events of a list."""

WATCHED_CHANGES = (
    (NODES, (merge({"metadata": {"labels": {"seen": "yes"}}}, f"{NODES}/node-2"),)),
    (DAEMON_SETS, (merge({"metadata": {"labels": {"seen": "yes"}}}),)),
    # By a selector, objects appear and disappear that were there and stay.
    (f"{NODES}?labelSelector=by",
     (merge({"metadata": {"labels": {"by": "x"}}}, f"{NODES}/node-2"),
      merge({"metadata": {"labels": {"by": "y"}}}, f"{NODES}/node-2"),
      merge({"metadata": {"labels": {"by": None}}}, f"{NODES}/node-2"))),
    (CONFIG_MAPS,
     (Call("POST", CONFIG_MAPS, {"apiVersion": "v1", "kind": "ConfigMap",
                                 "metadata": {"name": "seen"}}),
      Call("DELETE", f"{CONFIG_MAPS}/seen"))),
)  # fmt: skip
"""Listed, changed, and then watched from the version of the list."""

GUARD_THAT_FAILS = check("/metadata/resourceVersion", "1")
METHOD = {"name": "IP_AUTODETECTION_METHOD", "value": "interface=bond4"}
HOST_IP = {"fieldRef": {"fieldPath": "status.hostIP"}}

POD = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "calico-node-dry-run", "labels": {"k8s-app": "calico-node"}},
    "spec": {
        "hostNetwork": True,
        "tolerations": [{"effect": "NoExecute", "operator": "Exists"}],
        "containers": [{"name": "calico-node", "image": "calico/node:v3.24.6"}],
    },
}

WRITES = (
    # The plugin's own: dry run, guard, and an answer with managed fields.
    Call("PATCH", f"{DAEMON_SET}?fieldManager=kubectl-calico-nic&dryRun=All",
         [add(f"{ENV}/-", METHOD)], JSON_PATCH),
    Call("PATCH", f"{DAEMON_SET}?fieldManager=kubectl-calico-nic",
         [GUARD_THAT_FAILS, add(f"{ENV}/-", METHOD)], JSON_PATCH),
    Call("PATCH", f"{DAEMON_SET}?fieldManager=kubectl-calico-nic",
         [add(f"{ENV}/-", METHOD)], JSON_PATCH),
    get(DAEMON_SET),
    # Who asks, for the record; whether admission would let a pod in.
    Call("POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews",
         {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}),
    Call("POST", f"{PODS}?dryRun=All&fieldManager=kubectl-calico-nic", POD),
    # JSON patches that do not apply.
    json_patch(check("/metadata/name", "x")),
    json_patch({"op": "frob", "path": "/metadata/name"}),
    json_patch({"op": "remove", "path": "/nope"}),
    json_patch({"op": "replace", "path": "/metadata/resourceVersion", "value": "1"}),
    Call("PATCH", DAEMON_SET, {"a": 1}, JSON_PATCH),
    Call("PATCH", DAEMON_SET, b"", JSON_PATCH),
    Call("PATCH", DAEMON_SET, b"{", MERGE_PATCH),
    Call("PATCH", DAEMON_SET, [1], MERGE_PATCH),
    Call("PATCH", DAEMON_SET, [1], STRATEGIC_PATCH),
    Call("PATCH", DAEMON_SET, {}, "application/json"),
    Call("PATCH", DAEMON_SET, {}, "text/plain"),
    Call("PATCH", f"{DAEMON_SET}?dryRun=Some", [], JSON_PATCH),
    json_patch(add("/metadata/labels/a", "b"), target=f"{DAEMON_SETS}/nope"),
    # Conflicts.
    merge({"metadata": {"resourceVersion": "1"}}),
    strategic({"metadata": {"resourceVersion": "1"}}),
    merge({"metadata": {"uid": "x"}}),
    merge({"metadata": {"name": "x"}}),
    merge({"metadata": {"namespace": "x"}}),
    # Environments that the API server refuses, or mends.
    json_patch(add(f"{ENV}/0/valueFrom", HOST_IP)),
    json_patch(add(f"{ENV}/0", {"name": "A", "valueFrom": {}})),
    json_patch(add(f"{ENV}/0", {"value": "A"})),
    json_patch(add(f"{ENV}/0", {"name": "A=", "value": "A"})),
    json_patch(add(f"{ENV}/0", {"name": "A", "value": 5})),
    json_patch(add(f"{ENV}/0", {"name": "A", "value": True})),
    strategic(env({"name": "IP", "value": 5})),
    strategic(env({"name": "IP", "value": True})),
    merge(env({"name": "IP", "value": 5})),
    json_patch(add(f"{ENV}/-", {"name": "EMPTY", "value": ""})),
    json_patch(add(f"{ENV}/0", {"name": "IP", "value": "twice"})),
    strategic(env({"name": "IP", "value": "none"}, {"name": "NEW", "value": "1"})),
    strategic(env({"name": "NEW", "$patch": "delete"})),
    strategic(env({"name": "NODENAME", "value": "x", "valueFrom": None})),
    # The rest of a DaemonSet that the plugin will write.
    merge({"metadata": {"annotations": {"x/y": "z"}, "labels": {"l": "m"}}}),
    merge({"metadata": {"annotations": {"x/y": None}}}),
    merge({"metadata": {"annotations": {"deprecated.daemonset.template.generation": "77"}}}),
    merge({"status": {"numberReady": 77}}),
    merge({"spec": {"updateStrategy": {"type": "Nope"}}}),
    merge({"spec": {"updateStrategy": {"rollingUpdate": {"maxUnavailable": "x"}}}}),
    merge({"spec": {"updateStrategy": {"rollingUpdate": {"maxUnavailable": 0}}}}),
    merge({"spec": {"updateStrategy": {"rollingUpdate": {"maxSurge": 1}}}}),
    merge({"spec": {"updateStrategy": {"type": "OnDelete"}}}),
    merge({"spec": {"updateStrategy": {"type": "OnDelete", "rollingUpdate": None}}}),
    merge({"spec": {"updateStrategy": {"type": "RollingUpdate"}}}),
    merge({"spec": {"updateStrategy": None}}),
    merge({"spec": {"selector": {"matchLabels": {"a": "b"}}}}),
    merge({"spec": {"template": {"metadata": {"labels": {"k8s-app": "b"}}}}}),
    json_patch({"op": "remove", "path": "/spec/template/spec/containers/0"}),
    json_patch({"op": "remove", "path": "/spec/template/spec/containers/0/image"}),
    # What calico-node itself writes, and what people do to Nodes.
    merge({"metadata": {"annotations": {"projectcalico.org/IPv4Address": None}}},
          f"{NODES}/node-2"),
    merge({"metadata": {"annotations": {"c": "d"}}, "spec": {"unschedulable": True}},
          f"{NODES}/node-2/status"),
    merge({"metadata": {"labels": {"bad key": "b"}}}, f"{NODES}/node-2"),
    merge({"metadata": {"labels": {"x/key": "bad value"}}}, f"{NODES}/node-2"),
    # Creation and deletion.
    Call("POST", CONFIG_MAPS, {"apiVersion": "v1", "kind": "ConfigMap",
                               "metadata": {"name": "calico-config"}}),
    Call("POST", CONFIG_MAPS, {"apiVersion": "v1", "kind": "ConfigMap",
                               "metadata": {"name": "c", "namespace": "other"}}),
    Call("POST", CONFIG_MAPS, {"apiVersion": "v1", "kind": "ConfigMap",
                               "metadata": {"name": "c"}, "data": {"a": "b"}}),
    Call("DELETE", f"{CONFIG_MAPS}/c", {"preconditions": {"uid": "x"}}),
    Call("DELETE", f"{CONFIG_MAPS}/c", {"preconditions": {"resourceVersion": "1"}}),
    Call("DELETE", f"{CONFIG_MAPS}/c"),
    Call("DELETE", f"{DAEMON_SETS}/nope"),
    Call("PUT", NODES, {}),
    Call("POST", DAEMON_SET, {}),
)  # fmt: skip
"""Sent one after the other while no controller does anything."""

IN_SYSTEM = ("-n", "kube-system")
DS = (*IN_SYSTEM, "daemonset/calico-node")
BOX = ("-c", "calico-node")

KUBECTL_READS = (
    ("get", "nodes"),
    ("get", "nodes", "-o", "wide"),
    ("get", "node", "node-3", "--show-labels"),
    ("get", "node", "node-3", "-o", "jsonpath={.metadata.annotations}"),
    ("get", "nodes", "-o", "custom-columns=N:.metadata.name,IP:.status.addresses[0].address"),
    ("get", "pods", "-A", "-o", "wide", "--sort-by=.spec.nodeName"),
    ("get", "pods", *IN_SYSTEM, "-l", "k8s-app=calico-node", "--field-selector",
     "spec.nodeName=node-3", "-o", "name"),
    ("get", *DS),
    ("get", *DS, "-o", "wide"),
    ("get", *DS, "-o", "json"),
    ("get", *DS, "-o", "name"),
    ("get", *IN_SYSTEM, "ds/calico-node", "cm/calico-config", "-o", "name"),
    ("get", "controllerrevisions", *IN_SYSTEM),
    ("get", "clusterinformations", "default", "-o", "jsonpath={.spec}"),
    ("get", "node", "nope"),
    ("get", "ds", "nope", *IN_SYSTEM),
    ("get", "nopes"),
    ("get", "pods", "-n", "nope"),
    ("get", "pods", *IN_SYSTEM, "-l", "a=b"),
    ("get", "--raw", "/nope"),
    ("set", "env", *DS, "--list", *BOX),
    ("rollout", "status", *DS),
    ("rollout", "history", *DS),
    ("logs", *IN_SYSTEM, "{pod}", "-c", "nope"),
    ("logs", *IN_SYSTEM, "nope"),
    ("exec", *IN_SYSTEM, "{pod}", *BOX, "--", "ip", "-o", "addr", "show"),
    ("exec", *IN_SYSTEM, "{pod}", *BOX, "--", "ip", "-o", "link", "show"),
    ("exec", *IN_SYSTEM, "{pod}", *BOX, "--", "ip", "-o", "route", "get", "172.16.10.1"),
    ("exec", *IN_SYSTEM, "{pod}", "-c", "nope", "--", "ip", "addr"),
    ("exec", *IN_SYSTEM, "nope", "--", "ip", "addr"),
)  # fmt: skip

PLUGIN = (
    ("inspect", "-o", "json"),
    ("inspect", "-o", "wide", "--probe=never"),
    ("inspect", "node-3", "-o", "json"),
    ("inspect", "--what-if", "interface=bond4", "--what-if", "can-reach=172.16.16.1"),
    ("set", "--interface", "eth9"),
    ("set", "--interface", "bond4", "--dry-run=client", "-o", "json"),
    ("set", "--interface", "bond4", "--dry-run=server"),
    ("set", "--interface", "bond4"),
    ("rollout-check", "-o", "json", "--timeout", "60s"),
    ("rollout-check", "--watch=false"),
    ("inspect",),
)
"""The plugin itself, one command after the other, the controllers at work."""

KUBECTL_AT_WORK = (
    ("set", "env", *DS, *BOX, "IP_AUTODETECTION_METHOD=interface=bond4"),
    ("rollout", "status", *DS),
    ("get", *DS),
    ("get", "nodes", "-o", "custom-columns=N:.metadata.name,A:.metadata.annotations"),
    ("get", "controllerrevisions", *IN_SYSTEM, "--sort-by=.revision"),
    ("rollout", "history", *DS),
    ("rollout", "undo", *DS),
    ("rollout", "status", *DS),
    ("get", "nodes", "-o", "custom-columns=N:.metadata.name,A:.metadata.annotations"),
)
"""The real kubectl, one command after the other, the controllers at work."""

CRASH = ("set", "env", *DS, *BOX, "IP_AUTODETECTION_METHOD=bond4")
KUBECTL_IN_A_CRASH_LOOP = (
    ("get", *DS),
    ("get", *DS, "-o", "jsonpath={.status}"),
    ("rollout", "status", *DS, "--timeout=1s"),
)

SET_ENV = ("set", "env", *DS, *BOX)
PATCH = ("patch", *DS)

KUBECTL_WRITES = (
    (*SET_ENV, "IP_AUTODETECTION_METHOD=interface=bond4", "--dry-run=server"),
    (*SET_ENV, "IP_AUTODETECTION_METHOD=interface=bond4", "--dry-run=client"),
    (*SET_ENV, "IP_AUTODETECTION_METHOD=interface=bond4"),
    (*SET_ENV, "IP_AUTODETECTION_METHOD-"),
    (*SET_ENV, "A=1", "IP=none"),
    (*PATCH, "--type=json", "-p", '[{"op":"add","path":"/metadata/labels/a","value":"b"}]'),
    (*PATCH, "--type=json", "-p", '[{"op":"test","path":"/metadata/name","value":"x"}]'),
    (*PATCH, "--type=json", "-p", '[{"op":"remove","path":"/metadata/nope"}]'),
    (*PATCH, "--type=merge", "-p", '{"metadata":{"labels":{"a":"c"}}}'),
    (*PATCH, "--type=merge", "-p", '{"metadata":{"labels":{"a":"c"}}}', "--dry-run=server"),
    (*PATCH, "--type=merge", "-p", "{}"),
    (*PATCH, "--type=merge", "-p", '{"metadata":{"resourceVersion":"1"}}'),
    (*PATCH, "--type=merge", "-p", '{"spec":{"selector":{"matchLabels":{"a":"b"}}}}'),
    (*PATCH, "--type=strategic", "-p", '{"metadata":{"labels":{"a":null}}}'),
    ("patch", *IN_SYSTEM, "daemonset/nope", "--type=merge", "-p", "{}"),
    ("label", "node", "node-1", "a=b"),
    ("label", "node", "node-1", "a=c"),
    ("annotate", "node", "node-1", "projectcalico.org/IPv4Address-"),
)
"""Run one after the other while no controller does anything; the DaemonSet is compared after."""
