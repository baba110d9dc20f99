"""Who may do what: everybody everything, but for the rights that a story denies."""

from __future__ import annotations

from collections.abc import Iterable

from kubectl_calico_nic.simulator.apiserver.resources import Resource
from kubectl_calico_nic.simulator.apiserver.status_errors import forbidden

USER = "demo"
"""The name of the only user."""


class Access:
    """Rights as (verb, resource): ``("create", "pods/exec")``, ``("list", "nodes")``."""

    def __init__(self, denied: Iterable[tuple[str, str]] = ()) -> None:
        self._denied = frozenset(denied)

    def check(self, verb: str, resource: Resource, part: str, namespace: str, name: str) -> None:
        """Refuse what is denied.

        Raises:
            StatusError: 403, worded as RBAC's authorizer words it.
        """
        plural = f"{resource.plural}/{part}" if part else resource.plural
        if (verb, plural) not in self._denied:
            return
        where = f'in the namespace "{namespace}"' if namespace else "at the cluster scope"
        raise forbidden(
            resource,
            name,
            f'User "{USER}" cannot {verb} resource "{plural}" in API group "{resource.group}"'
            f" {where}",
        )
