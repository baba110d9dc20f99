"""Users with the rights that the documentation names, and some with fewer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from .api_client import Object

_DOCUMENTED = Path(__file__).parents[2] / "docs" / "rbac"
_GROUP = "rbac.authorization.k8s.io"

Rule = Mapping[str, Any]


def documented(*names: str) -> list[Rule]:
    """The rules of the documented roles with these names, of all of them without any."""
    paths = [_DOCUMENTED / f"{name}.yaml" for name in names] or sorted(_DOCUMENTED.glob("*.yaml"))
    roles = (yaml.safe_load(path.read_text()) for path in paths)
    return [rule for role in roles for rule in role["rules"]]


def without(resource: str, rules: Sequence[Rule]) -> list[Rule]:
    """``rules`` without any that names ``resource``."""
    return [rule for rule in rules if resource not in rule["resources"]]


def rights(user: str, rules: Sequence[Rule]) -> list[tuple[str, Object]]:
    """Role and binding that give ``user`` these rights in the whole cluster.

    Returns:
        Collection path and object of each.
    """
    metadata = {"name": f"e2e-{user}"}
    return [
        (
            f"/apis/{_GROUP}/v1/clusterroles",
            {"metadata": metadata, "rules": [dict(rule) for rule in rules]},
        ),
        (
            f"/apis/{_GROUP}/v1/clusterrolebindings",
            {
                "metadata": metadata,
                "roleRef": {"apiGroup": _GROUP, "kind": "ClusterRole", "name": metadata["name"]},
                "subjects": [{"apiGroup": _GROUP, "kind": "User", "name": user}],
            },
        ),
    ]
