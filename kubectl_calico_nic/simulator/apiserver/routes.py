"""The simulated API server: every answer of the simulator to a client begins here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from kubectl_calico_nic.simulator.apiserver import self_review
from kubectl_calico_nic.simulator.apiserver.authorization import Access
from kubectl_calico_nic.simulator.apiserver.create_update_delete import Writing
from kubectl_calico_nic.simulator.apiserver.discovery import discover
from kubectl_calico_nic.simulator.apiserver.exchange import (
    TEXT,
    Answer,
    Reply,
    Request,
    json_answer,
    refusal,
)
from kubectl_calico_nic.simulator.apiserver.get_and_list import Reading
from kubectl_calico_nic.simulator.apiserver.remote_command import Execution, exec_upgrade
from kubectl_calico_nic.simulator.apiserver.resources import (
    NAMESPACES,
    PODS,
    Registry,
    Resource,
)
from kubectl_calico_nic.simulator.apiserver.status_errors import (
    StatusError,
    bad_request,
    method_not_allowed,
    not_found,
    unknown_page,
    unknown_resource,
    unsupported_dry_run,
)
from kubectl_calico_nic.simulator.apiserver.watching import Watch
from kubectl_calico_nic.simulator.clock import Clock
from kubectl_calico_nic.simulator.nodes.container_log import ContainerLog
from kubectl_calico_nic.simulator.store import Object, Store

_HEALTH = ("/healthz", "/livez", "/readyz")


class Kubelets(Protocol):
    """What the API server asks the kubelets for."""

    def log(self, pod: Object, container: str, previous: bool) -> ContainerLog:
        """The log of a container.

        Raises:
            StatusError: there is none, or the node does not answer.
        """

    def execute(self, pod: Object, container: str, command: tuple[str, ...]) -> Execution:
        """Run a command in a container.

        Raises:
            StatusError: it does not run, or the node does not answer.
        """


@dataclass(frozen=True, slots=True)
class _Target:
    """What a path names; ``namespace`` None means all namespaces, ``part`` is a subresource."""

    resource: Resource
    namespace: str | None
    name: str
    part: str

    @property
    def place(self) -> str:
        """The namespace of the one object, empty for cluster-scoped ones."""
        return self.namespace or ""


class ApiServer:
    """Routes requests to what answers them."""

    def __init__(
        self, store: Store, clock: Clock, registry: Registry, access: Access, kubelets: Kubelets
    ) -> None:
        self._store = store
        self._clock = clock
        self._registry = registry
        self._access = access
        self._kubelets = kubelets
        self._reading = Reading(store, clock)
        self._writing = Writing(store, clock)

    def answer(self, request: Request) -> Reply:
        """Answer ``request``; refusals are answers too."""
        try:
            if request.path in _HEALTH:
                return Answer(200, b"ok", TEXT)
            document = discover(request.path.rstrip("/"), self._registry)
            if document is not None:
                return json_answer(document)
            if request.path == self_review.PATH:
                return self_review.answer(request, self._clock)
            return self._dispatch(self._target(request.path), request)
        except StatusError as error:
            return refusal(error)

    def _target(self, path: str) -> _Target:
        steps = path.strip("/").split("/")
        depth = 2 if steps[0] == "api" else 3
        root, rest = "/" + "/".join(steps[:depth]), steps[depth:]
        namespace = None
        if len(rest) > 2 and rest[0] == NAMESPACES.plural and rest[2] != "status":
            namespace, rest = rest[1], rest[2:]
        resource = self._registry.find(root, rest[0]) if rest else None
        if root not in self._registry.roots:
            raise unknown_page()
        if resource is None or len(rest) > 3 or (namespace and not resource.namespaced):
            raise unknown_resource()
        name, part, *_ = (*rest[1:], "", "")
        known = ["", *(found[0] for found in resource.subresources)]
        if resource.status:
            known.append("status")
        if part not in known or (resource.namespaced and name and namespace is None):
            raise unknown_resource()
        return _Target(resource, namespace, name, part)

    def _dispatch(self, target: _Target, request: Request) -> Reply:
        verb = _verb(target, request)
        self._access.check(verb, target.resource, target.part, target.place, target.name)
        if target.part in ("log", "exec"):
            return self._pod_stream(target, request)
        if any(value != "All" for value in request.query.get("dryRun", ())):
            raise unsupported_dry_run(verb, request.query["dryRun"])
        resource, place, name = target.resource, target.place, target.name
        if verb == "list":
            return self._reading.many(resource, target.namespace, request)
        if verb == "watch":
            watch = Watch(self._store, self._clock, resource, target.namespace, request)
            return watch.stream()
        if verb == "get":
            return self._reading.one(resource, place, name, request)
        if verb == "create":
            return self._writing.create(resource, place, request)
        if verb == "update":
            return self._writing.replace(resource, place, name, target.part, request)
        if verb == "patch":
            return self._writing.patch(resource, place, name, target.part, request)
        return self._writing.delete(resource, place, name, request)

    def _pod_stream(self, target: _Target, request: Request) -> Reply:
        pod = self._store.get(PODS.key, target.place, target.name)
        if pod is None:
            raise not_found(PODS, target.name)
        container = _container(pod, request.parameter("container"))
        if target.part == "log":
            if not pod["spec"].get("nodeName"):
                return Answer(200, b"", TEXT)
            log = self._kubelets.log(pod, container, request.flag("previous"))
            return log.answer(request, self._clock.now())
        if not pod["spec"].get("nodeName"):
            raise bad_request(f"pod {target.name} does not have a host assigned")
        return exec_upgrade(
            request, lambda command: self._kubelets.execute(pod, container, tuple(command))
        )


def _verb(target: _Target, request: Request) -> str:
    method = request.method
    if target.part == "exec" and method in ("GET", "POST"):
        return "create"
    if method == "GET":
        if target.name:
            return "get"
        return "watch" if request.flag("watch") else "list"
    verbs = {"POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}
    verb = verbs.get(method, "")
    if (verb == "create") is bool(target.name) or (target.part and verb == "delete"):
        raise method_not_allowed()
    return verb


def _container(pod: Object, asked: str) -> str:
    """The container that a log or exec request means (validateContainer of the pod strategy)."""
    spec, name = pod["spec"], pod["metadata"]["name"]
    main = [box["name"] for box in spec["containers"]]
    init = [box["name"] for box in spec.get("initContainers", ())]
    if asked:
        if asked not in (*main, *init):
            raise bad_request(f"container {asked} is not valid for pod {name}")
        return asked
    if len(main) == 1:
        return str(main[0])
    raise bad_request(
        f"a container name must be specified for pod {name}, choose one of:"
        f" [{' '.join([*init, *main])}]"
    )
