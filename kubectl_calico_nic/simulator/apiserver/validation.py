"""The rules that a write must keep, as far as an edit of calico-node can break them.

Mirrors pkg/apis/apps/validation/validation.go and pkg/apis/core/validation/validation.go.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from kubectl_calico_nic.simulator.apiserver.resources import DAEMON_SETS, PODS, Resource
from kubectl_calico_nic.simulator.apiserver.selectors import match_labels
from kubectl_calico_nic.simulator.apiserver.status_errors import Cause, invalid
from kubectl_calico_nic.simulator.store import Object

_STRATEGIES = '"RollingUpdate", "OnDelete"'
_FIXED_POD_SPEC = "pod updates may not change fields other than `spec.containers[*].image`"
_LABEL_NAME = re.compile(r"([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]")
_LABEL_NAME_RULE = (
    "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end "
    "with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for "
    "validation is"
)
_LABEL_VALUE = re.compile(r"(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?")
_LABEL_VALUE_RULE = (
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or "
    "'.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  "
    "or '12345', regex used for validation is"
)
_PERCENT = re.compile(r"[0-9]+%")


def check_update(resource: Resource, item: Object, previous: Object) -> None:
    """Refuse an update that breaks the rules of its kind.

    Raises:
        StatusError: 422, with one cause for each broken rule.
    """
    causes = [*_labels(item["metadata"].get("labels") or {})]
    if resource is DAEMON_SETS:
        causes += _daemon_set(item["spec"], previous["spec"])
    elif resource is PODS and _fixed(item["spec"]) != _fixed(previous["spec"]):
        causes.append(Cause("FieldValueForbidden", "spec", f"Forbidden: {_FIXED_POD_SPEC}"))
    if causes:
        raise invalid(resource, item["metadata"]["name"], causes)


def check_new(resource: Resource, item: Object) -> None:
    """Refuse a new object that breaks the rules of its kind.

    Raises:
        StatusError: 422, with one cause for each broken rule.
    """
    causes = [*_labels(item["metadata"].get("labels") or {})]
    if resource is DAEMON_SETS:
        causes += _daemon_set(item["spec"], item["spec"])
    if causes:
        raise invalid(resource, item["metadata"]["name"], causes)


def _labels(labels: Mapping[str, str]) -> Iterator[Cause]:
    """Mirrors ValidateLabels of apimachinery (pkg/apis/meta/v1/validation)."""
    for key, value in labels.items():
        for text, rule, why in (
            (key.rpartition("/")[2], _LABEL_NAME, _LABEL_NAME_RULE),
            (value, _LABEL_VALUE, _LABEL_VALUE_RULE),
        ):
            if not rule.fullmatch(text):
                shown = key if rule is _LABEL_NAME else value
                yield _invalid_value("metadata.labels", shown, f"{why} '{rule.pattern}')")


def _fixed(spec: dict[str, Any]) -> dict[str, Any]:
    boxes = [{**box, "image": ""} for box in spec.get("containers", ())]
    return {**spec, "containers": boxes, "tolerations": None}


def _daemon_set(spec: dict[str, Any], previous: dict[str, Any]) -> Iterator[Cause]:
    selector = spec.get("selector") or {}
    if selector != (previous.get("selector") or {}):
        yield _invalid_value("spec.selector", selector, "field is immutable")
    template = spec["template"]
    labels = (template.get("metadata") or {}).get("labels") or {}
    if not match_labels(selector, labels):
        why = "`selector` does not match template `labels`"
        yield _invalid_value("spec.template.metadata.labels", labels, why)
    for field in ("initContainers", "containers"):
        for place, box in enumerate(template["spec"].get(field) or ()):
            yield from _container(box, f"spec.template.spec.{field}[{place}]")
    if not template["spec"].get("containers"):
        yield Cause("FieldValueRequired", "spec.template.spec.containers", "Required value")
    yield from _strategy(spec["updateStrategy"])


def _container(box: dict[str, Any], path: str) -> Iterator[Cause]:
    for field in ("name", "image"):
        if not box.get(field):
            yield Cause("FieldValueRequired", f"{path}.{field}", "Required value")
    for place, entry in enumerate(box.get("env") or ()):
        where = f"{path}.env[{place}]"
        if not entry.get("name"):
            yield Cause("FieldValueRequired", f"{where}.name", "Required value")
        elif "=" in entry["name"]:
            why = "a valid environment variable name must consist only of printable ASCII"
            yield _invalid_value(f"{where}.name", entry["name"], f"{why} characters other than '='")
        value_from = entry.get("valueFrom")
        if value_from is not None:
            yield from _value_from(value_from, entry.get("value"), f"{where}.valueFrom")


def _value_from(value_from: dict[str, Any], value: str | None, path: str) -> Iterator[Cause]:
    if not value_from:
        kinds = "`fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`"
        yield _invalid_value(path, "", f"must specify one of: {kinds}")
    elif value:
        yield _invalid_value(path, "", "may not be specified when `value` is not empty")
    elif len(value_from) > 1:
        yield _invalid_value(path, "", "may not have more than one field specified at a time")


def _strategy(strategy: dict[str, Any]) -> Iterator[Cause]:
    path = "spec.updateStrategy"
    if strategy["type"] == "OnDelete":
        return
    if strategy["type"] != "RollingUpdate":
        rolling = strategy.get("rollingUpdate")
        known = rolling and {
            "MaxUnavailable": rolling["maxUnavailable"],
            "MaxSurge": rolling["maxSurge"],
        }
        text = json.dumps({"Type": strategy["type"], "RollingUpdate": known}, separators=(",", ":"))
        message = f"Unsupported value: {text}: supported values: {_STRATEGIES}"
        yield Cause("FieldValueNotSupported", path, message)
        return
    rolling = strategy["rollingUpdate"]
    numbers = {}
    for field in ("maxUnavailable", "maxSurge"):
        value = rolling[field]
        if isinstance(value, str) and not _PERCENT.fullmatch(value):
            why = "a valid percent string must be a numeric string followed by an ending '%'"
            rule = "(e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')"
            yield _invalid_value(f"{path}.rollingUpdate.{field}", value, f"{why} {rule}")
            value = 0
        numbers[field] = int(str(value).removesuffix("%"))
    if numbers["maxUnavailable"] and numbers["maxSurge"]:
        why = "may not be set when maxUnavailable is non-zero"
        yield _invalid_value(f"{path}.rollingUpdate.maxSurge", rolling["maxSurge"], why)
    elif not any(numbers.values()):
        message = "Required value: cannot be 0 when maxSurge is 0"
        yield Cause("FieldValueRequired", f"{path}.rollingUpdate.maxUnavailable", message)


def _invalid_value(path: str, value: Any, why: str) -> Cause:
    text = json.dumps(value, separators=(",", ":"), sort_keys=True)
    return Cause("FieldValueInvalid", path, f"Invalid value: {text}: {why}")
