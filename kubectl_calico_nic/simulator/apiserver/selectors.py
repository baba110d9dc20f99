"""Label and field selectors, as apimachinery reads them (pkg/labels, pkg/fields)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from kubectl_calico_nic.simulator.apiserver.resources import EVENTS, NODES, PODS, Resource
from kubectl_calico_nic.simulator.apiserver.status_errors import StatusError, bad_request
from kubectl_calico_nic.simulator.store import Object

Predicate = Callable[[Object], bool]

_NAME = r"[A-Za-z0-9](?:[\w./-]*[A-Za-z0-9])?"
_VALUE = r"[A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?|"
_EQUALITY = re.compile(rf"({_NAME})\s*(==?|!=)\s*({_VALUE})")
_SET = re.compile(rf"({_NAME})\s+(in|notin)\s+\(([^)]*)\)")
_EXISTENCE = re.compile(rf"(!?)\s*({_NAME})")
_COMMA = re.compile(r",(?![^(]*\))")

_COMMON_FIELDS = ("metadata.name", "metadata.namespace")
_FIELDS = {
    PODS.key: (
        "spec.nodeName",
        "spec.restartPolicy",
        "spec.schedulerName",
        "spec.serviceAccountName",
        "spec.hostNetwork",
        "status.phase",
        "status.podIP",
        "status.nominatedNodeName",
    ),
    NODES.key: ("spec.unschedulable",),
    EVENTS.key: (
        "involvedObject.kind",
        "involvedObject.namespace",
        "involvedObject.name",
        "involvedObject.uid",
        "involvedObject.apiVersion",
        "involvedObject.resourceVersion",
        "involvedObject.fieldPath",
        "reason",
        "reportingComponent",
        "source",
        "type",
    ),
}


def label_predicate(text: str) -> Predicate:
    """Take a label selector (``a=b,c!=d,e in (f,g),!h``), return the test of an object.

    Raises:
        StatusError: 400, it is no selector.
    """
    tests = [_requirement(part.strip()) for part in _COMMA.split(text) if part.strip()]
    return lambda item: all(test(_labels(item)) for test in tests)


def match_labels(selector: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    """Whether ``labels`` fit the ``matchLabels`` of a LabelSelector."""
    wanted: Mapping[str, str] = selector.get("matchLabels") or {}
    return all(labels.get(key) == value for key, value in wanted.items())


def _labels(item: Object) -> Mapping[str, str]:
    labels: Mapping[str, str] = item["metadata"].get("labels") or {}
    return labels


def _requirement(text: str) -> Callable[[Mapping[str, str]], bool]:
    if match := _EQUALITY.fullmatch(text):
        key, operator, value = match.groups()
        if operator == "!=":
            return lambda labels: labels.get(key) != value
        return lambda labels: labels.get(key) == value
    if match := _SET.fullmatch(text):
        key, operator, inside = match.groups()
        values = {value.strip() for value in inside.split(",")}
        if operator == "notin":
            return lambda labels: labels.get(key) not in values
        return lambda labels: labels.get(key) in values
    if match := _EXISTENCE.fullmatch(text):
        negated, key = match.groups()
        return lambda labels: (key in labels) is not bool(negated)
    raise bad_request(f"unable to parse requirement: found '{text}'")


def field_predicate(resource: Resource, text: str) -> Predicate:
    """Take a field selector (``spec.nodeName=node-1``), return the test of an object.

    Raises:
        StatusError: 400, it is no selector or the resource cannot be selected by that field.
    """
    tests = [_field_test(resource, part) for part in text.split(",") if part]
    return lambda item: all(test(item) for test in tests)


def _field_test(resource: Resource, text: str) -> Predicate:
    match = re.fullmatch(r"([^=!]+)(==?|!=)(.*)", text)
    if match is None:
        raise bad_request(f"invalid selector: '{text}'; can't understand '{text}'")
    field, operator, wanted = match.groups()
    if field not in (*_COMMON_FIELDS, *_FIELDS.get(resource.key, ())):
        raise _unknown_field(resource, field)
    return lambda item: (_field(resource, item, field) == wanted) is (operator != "!=")


def _unknown_field(resource: Resource, field: str) -> StatusError:
    if resource.key in _FIELDS:
        return bad_request(f"field label not supported: {field}")
    known = '"metadata.name", "metadata.namespace"'
    return bad_request(f'"{field}" is not a known field selector: only {known}')


def _field(resource: Resource, item: Object, field: str) -> str:
    if resource is EVENTS and field == "source":
        field = "source.component"
    value: Any = item
    for step in field.split("."):
        value = value.get(step) if isinstance(value, Mapping) else None
    if field in ("spec.unschedulable", "spec.hostNetwork"):
        return "true" if value else "false"
    return "" if value is None else str(value)
