"""What a request asks of which resource, read from its path: for errors that name a permission."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

_VERBS = {"GET": "get", "POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}


@dataclass(frozen=True, slots=True)
class RequestInfo:
    """One request as RBAC sees it.

    ``method`` is the HTTP method; every other field is "" where it does not apply.
    """

    method: str = ""
    verb: str = ""
    group: str = ""
    resource: str = ""
    subresource: str = ""
    namespace: str = ""
    name: str = ""

    @property
    def qualified_resource(self) -> str:
        """``daemonsets.apps``, as the API server's messages name a resource."""
        return f"{self.resource}.{self.group}" if self.group else self.resource

    @property
    def permission(self) -> str:
        """The right that the request needs, e.g. ``get pods/log in namespace kube-system``."""
        if not self.resource:
            return self.verb
        resource = f"{self.resource}/{self.subresource}" if self.subresource else self.resource
        if self.group:
            resource = f"{resource} ({self.group})"
        where = f" in namespace {self.namespace}" if self.namespace else ""
        return f"{self.verb} {resource}{where}"


def request_info(method: str, path: str, query: Sequence[tuple[str, str]] = ()) -> RequestInfo:
    """Reads a request's resource from its path, without a server's prefix.

    Mirrors NewRequestInfo of k8s.io/apiserver (pkg/endpoints/request/requestinfo.go) for the
    paths that clients send.
    """
    verb = _VERBS.get(method, method.lower())
    parts = [part for part in path.split("?")[0].split("/") if part]
    prefix = 2 if parts[:1] == ["api"] else 3
    if parts[:1] not in (["api"], ["apis"]) or len(parts) <= prefix:
        return RequestInfo(method=method, verb=verb)
    group = parts[1] if prefix == 3 else ""
    parts, namespace = parts[prefix:], ""
    if parts[0] == "namespaces" and len(parts) > 2:
        namespace, parts = parts[1], parts[2:]
    resource, name, subresource = (*parts, "", "", "")[:3]
    if verb == "get" and not name:
        watching = any(key == "watch" and value in ("true", "1") for key, value in query)
        verb = "watch" if watching else "list"
    return RequestInfo(method, verb, group, resource, subresource, namespace, name)
