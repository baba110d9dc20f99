"""CustomResourceDefinitions: kwok's own, and those that an installation of Calico brings."""

from __future__ import annotations

from collections.abc import Iterable

from .api_client import ApiClient, Object

DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"


def definition(group: str, version: str, plural: str, kind: str) -> Object:
    """The definition of a cluster-scoped kind whose objects may hold anything."""
    anything = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    return {
        "metadata": {"name": f"{plural}.{group}"},
        "spec": {
            "group": group,
            "scope": "Cluster",
            "names": {"plural": plural, "kind": kind},
            "versions": [
                {
                    "name": version,
                    "served": True,
                    "storage": True,
                    "schema": {"openAPIV3Schema": anything},
                }
            ],
        },
    }


def install(client: ApiClient, definitions: Iterable[Object]) -> None:
    """Create ``definitions`` and wait until the API server serves their kinds."""
    created = [client.create(DEFINITIONS, each)["metadata"]["name"] for each in definitions]
    client.wait_for(
        DEFINITIONS, lambda found: set(created) <= set(filter(None, map(_ready, found)))
    )


def _ready(found: Object) -> str | None:
    """The name of a definition that is established, None for another."""
    conditions = found.get("status", {}).get("conditions") or []
    established = any(
        each["type"] == "Established" and each["status"] == "True" for each in conditions
    )
    return str(found["metadata"]["name"]) if established else None
