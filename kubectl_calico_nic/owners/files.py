"""What to write into the file that an object is made of."""

from __future__ import annotations

from typing import Any

from kubectl_calico_nic.owners.installation import written
from kubectl_calico_nic.owners.link import Wanted
from kubectl_calico_nic.owners.managed import Managed
from kubectl_calico_nic.owners.yaml_text import yaml_text
from kubectl_calico_nic.snapshot.daemonset import CONTAINER


def patch_of(subject: Managed, wanted: Wanted) -> dict[str, Any]:
    """The part of the object to change in its file, also a patch for kustomize.

    Empty where ``wanted`` cannot be written.
    """
    patch = _installation if subject.is_installation else _daemon_set
    return patch(subject, wanted)


def told(subject: Managed, wanted: Wanted, title: str) -> str:
    """That patch below ``title``; empty where there is none."""
    patch = patch_of(subject, wanted)
    return f"{title}\n{yaml_text(patch)}" if patch else ""


def env_of(wanted: Wanted) -> list[dict[str, Any]]:
    """The env entries of calico-node, with kustomize's word for one that goes away."""
    found: list[dict[str, Any]] = []
    for family in wanted.families:
        if wanted.method is None:
            found.append({"name": family.method_variable, "$patch": "delete"})
        else:
            found.append({"name": family.ip_variable, "value": "autodetect"})
            found.append({"name": family.method_variable, "value": wanted.method})
    return found


def _daemon_set(subject: Managed, wanted: Wanted) -> dict[str, Any]:
    container = {"name": CONTAINER, "env": env_of(wanted)}
    return {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": {"name": subject.name, "namespace": subject.namespace},
        "spec": {"template": {"spec": {"containers": [container]}}},
    }


def _installation(subject: Managed, wanted: Wanted) -> dict[str, Any]:
    network = written(wanted)
    if network is None:
        return {}
    return {
        "apiVersion": "operator.tigera.io/v1",
        "kind": "Installation",
        "metadata": {"name": subject.name},
        "spec": {"calicoNetwork": network},
    }
