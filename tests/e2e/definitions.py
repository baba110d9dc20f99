"""CustomResourceDefinitions: published ones, and others for objects that may hold anything."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import yaml

from .api_client import ApiClient, Object
from .binaries import GoModule, module_source

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


def published(module: GoModule, path: str) -> Object:
    """The definition that a project publishes in the file at ``path``, without descriptions."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    text = (module_source(module) / path).read_text()
    found: Object = _without_descriptions(yaml.load(text, loader))
    return found


def _without_descriptions(held: Any) -> Any:
    """Four fifths of a large definition say nothing about what is valid."""
    if isinstance(held, dict):
        return {
            key: _without_descriptions(value)
            for key, value in held.items()
            if not (key == "description" and isinstance(value, str))
        }
    return [*map(_without_descriptions, held)] if isinstance(held, list) else held


def install(client: ApiClient, definitions: Iterable[Object]) -> None:
    """Create ``definitions`` and wait until the API server serves their kinds."""
    created = [client.create(DEFINITIONS, each)["metadata"]["name"] for each in definitions]
    wait_until_served(client, set(created))


def wait_until_served(client: ApiClient, names: set[str]) -> None:
    """Wait until the API server serves the kinds of the definitions called ``names``."""
    client.wait_for(DEFINITIONS, lambda found: names <= set(filter(None, map(_ready, found))))


def _ready(found: Object) -> str | None:
    """The name of a definition that is established, None for another."""
    conditions = found.get("status", {}).get("conditions") or []
    established = any(
        each["type"] == "Established" and each["status"] == "True" for each in conditions
    )
    return str(found["metadata"]["name"]) if established else None
