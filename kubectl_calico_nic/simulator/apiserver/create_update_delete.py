"""Answers create, update, patch and delete requests.

Mirrors what the registry strategies do before an object is stored (pkg/registry/apps/daemonset,
pkg/registry/core/{node,pod}): who may change what, when the generation counts.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from datetime import datetime
from typing import Any

from kubectl_calico_nic.simulator.apiserver.decoding import decode
from kubectl_calico_nic.simulator.apiserver.defaulting import apply_defaults
from kubectl_calico_nic.simulator.apiserver.exchange import Answer, Request, json_answer
from kubectl_calico_nic.simulator.apiserver.patching import patch_function
from kubectl_calico_nic.simulator.apiserver.representation import Representation
from kubectl_calico_nic.simulator.apiserver.resources import DAEMON_SETS, PODS, Resource
from kubectl_calico_nic.simulator.apiserver.status_errors import (
    Cause,
    already_exists,
    bad_request,
    conflict,
    invalid,
    not_found,
    outdated_deletion,
)
from kubectl_calico_nic.simulator.apiserver.validation import check_new, check_update
from kubectl_calico_nic.simulator.clock import Clock
from kubectl_calico_nic.simulator.controllers.pod_deletion import delete_pod, grace_period
from kubectl_calico_nic.simulator.store import Object, Store, rfc3339
from kubectl_calico_nic.workload.revisions import TEMPLATE_GENERATION_ANNOTATION

_FIXED_METADATA = (
    "uid",
    "creationTimestamp",
    "generation",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "managedFields",
)
_OTHER_NAMESPACE = (
    "the namespace of the provided object does not match the namespace sent on the request"
)


class Writing:
    """Writes objects for clients."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def create(self, resource: Resource, namespace: str, request: Request) -> Answer:
        """Store a new object."""
        form = Representation(resource, request, self._clock.now())
        item = decode(request.json())
        metadata = item["metadata"]
        if not metadata.get("name"):
            why = "Required value: name or generateName is required"
            raise invalid(resource, "", [Cause("FieldValueRequired", "metadata.name", why)])
        if resource.namespaced and metadata.setdefault("namespace", namespace) != namespace:
            raise bad_request(_OTHER_NAMESPACE)
        if self._store.get(resource.key, metadata.get("namespace", ""), metadata["name"]):
            raise already_exists(resource, metadata["name"])
        prepare_new(resource, item)
        check_new(resource, item)
        _record_manager(item, None, request, "", self._clock.now())
        if not request.is_dry_run:
            item = self._store.create(resource.key, item)
        return json_answer(form.one(item), 201)

    def replace(
        self, resource: Resource, namespace: str, name: str, part: str, request: Request
    ) -> Answer:
        """Store a new state of an object; ``part`` is empty or ``status``."""
        desired = request.json()
        return self._update(resource, namespace, name, part, request, lambda _: desired)

    def patch(
        self, resource: Resource, namespace: str, name: str, part: str, request: Request
    ) -> Answer:
        """Apply a patch to an object; ``part`` is empty or ``status``."""
        function = patch_function(resource, request)
        return self._update(resource, namespace, name, part, request, function)

    def delete(self, resource: Resource, namespace: str, name: str, request: Request) -> Answer:
        """Delete an object; pods end as their grace period has it."""
        options = request.json() if request.body else {}
        with self._store.changed:
            item = self._required(resource, namespace, name)
            _check_preconditions(resource, item, options.get("preconditions") or {})
            if resource is PODS:
                grace = grace_period(item, options.get("gracePeriodSeconds"))
                if not request.is_dry_run:
                    item = delete_pod(self._store, self._clock, item, grace)
                return json_answer(item)
            if not request.is_dry_run:
                self._store.remove(resource.key, namespace, name)
        details = {"name": name, "group": resource.group, "kind": resource.plural}
        details["uid"] = item["metadata"]["uid"]
        return json_answer(
            {
                "kind": "Status",
                "apiVersion": "v1",
                "metadata": {},
                "status": "Success",
                "details": {key: value for key, value in details.items() if value},
            }
        )

    def _update(
        self,
        resource: Resource,
        namespace: str,
        name: str,
        part: str,
        request: Request,
        function: Callable[[Object], Any],
    ) -> Answer:
        form = Representation(resource, request, self._clock.now())
        with self._store.changed:
            current = self._required(resource, namespace, name)
            desired = decode(function(copy.deepcopy(current)))
            _check_identity(resource, desired, current)
            prepare_update(resource, desired, current, part)
            check_update(resource, desired, current)
            if desired != current:
                _record_manager(desired, current, request, part, self._clock.now())
            if request.is_dry_run:
                return json_answer(form.one(desired))
            return json_answer(form.one(self._store.replace(resource.key, desired)))

    def _required(self, resource: Resource, namespace: str, name: str) -> Object:
        item = self._store.get(resource.key, namespace, name)
        if item is None:
            raise not_found(resource, name)
        return item


def prepare_new(resource: Resource, item: Object) -> None:
    """Make a new object what the API server stores: type, defaults, first generation."""
    item["apiVersion"], item["kind"] = resource.api_version, resource.kind
    item["metadata"].pop("resourceVersion", None)
    apply_defaults(resource, item)
    if resource in (DAEMON_SETS, PODS) or resource.custom:
        item["metadata"]["generation"] = 1
    if resource is PODS:
        item["status"] = {"phase": "Pending", "qosClass": "BestEffort"}
    if resource is DAEMON_SETS:
        item["metadata"]["annotations"][TEMPLATE_GENERATION_ANNOTATION] = "1"
        item["status"] = {
            "currentNumberScheduled": 0,
            "desiredNumberScheduled": 0,
            "numberMisscheduled": 0,
            "numberReady": 0,
        }


def prepare_update(resource: Resource, desired: Object, current: Object, part: str) -> None:
    """Take back what this request may not change, fill in defaults, count the generation.

    ``part`` is ``status`` when the status subresource is written, else empty.
    """
    metadata = desired["metadata"]
    for field in _FIXED_METADATA:
        metadata.pop(field, None)
        if field in current["metadata"]:
            metadata[field] = current["metadata"][field]
    metadata["resourceVersion"] = current["metadata"]["resourceVersion"]
    kept = "spec" if part == "status" else "status" if resource.status else None
    if kept is not None:
        desired.pop(kept, None)
        if kept in current:
            desired[kept] = current[kept]
    apply_defaults(resource, desired)
    if resource is DAEMON_SETS:
        _count_template(desired, current)
    if "generation" in metadata and desired.get("spec") != current.get("spec"):
        metadata["generation"] += 1


def _count_template(desired: Object, current: Object) -> None:
    """The template's generation is counted by the server alone, in an annotation."""
    old = current["metadata"]["annotations"][TEMPLATE_GENERATION_ANNOTATION]
    changed = desired["spec"]["template"] != current["spec"]["template"]
    desired["metadata"]["annotations"][TEMPLATE_GENERATION_ANNOTATION] = str(int(old) + changed)


def _check_identity(resource: Resource, desired: Object, current: Object) -> None:
    wanted, actual = desired["metadata"], current["metadata"]
    name = actual["name"]
    if wanted.get("name", "") != name:
        raise bad_request(
            f"the name of the object ({wanted.get('name', '')}) does not match the name on the URL"
            f" ({name})"
        )
    if wanted.get("namespace", "") != actual.get("namespace", ""):
        raise bad_request(_OTHER_NAMESPACE)
    if wanted.get("uid", actual["uid"]) != actual["uid"]:
        why = f'Invalid value: "{wanted["uid"]}": field is immutable'
        raise invalid(resource, name, [Cause("FieldValueInvalid", "metadata.uid", why)])
    # No resourceVersion at all asks for an unconditional update.
    if wanted.get("resourceVersion") not in (None, "", actual["resourceVersion"]):
        raise conflict(resource, name)


def _check_preconditions(resource: Resource, item: Object, wanted: dict[str, str]) -> None:
    metadata = item["metadata"]
    for field, word, end in (
        ("uid", "UID", "deleted and then recreated"),
        ("resourceVersion", "ResourceVersion", "modified"),
    ):
        actual = metadata[field]
        if wanted.get(field, actual) != actual:
            raise outdated_deletion(
                resource,
                metadata["name"],
                f"the {word} in the precondition ({wanted[field]}) does not match the {word} in"
                f" record ({actual}). The object might have been {end}",
            )


def _record_manager(
    item: Object, current: Object | None, request: Request, part: str, now: datetime
) -> None:
    """Note who wrote, in ``metadata.managedFields``; which fields they own is not worked out."""
    entry: Object = {
        "manager": request.manager,
        "operation": "Update",
        "apiVersion": item["apiVersion"],
        "time": rfc3339(now),
        "fieldsType": "FieldsV1",
        "fieldsV1": {},
    }
    if part:
        entry["subresource"] = part
    known = [] if current is None else current["metadata"].get("managedFields", [])
    others = [old for old in known if _writer(old) != _writer(entry)]
    item["metadata"]["managedFields"] = [*others, entry]


def _writer(entry: Object) -> tuple[Any, ...]:
    return (entry["manager"], entry["operation"], entry.get("subresource"))
