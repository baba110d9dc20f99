"""What a DaemonSet's template asks for: what each pod gets at its next restart."""

from __future__ import annotations

from dataclasses import dataclass

from kubectl_calico_nic.calico.version import Version
from kubectl_calico_nic.family import Family
from kubectl_calico_nic.findings.case.setting import Setting, setting_of
from kubectl_calico_nic.snapshot.daemonset import DaemonSet
from kubectl_calico_nic.snapshot.snapshot import Snapshot
from kubectl_calico_nic.workload.env import effective_env, unread_sources
from kubectl_calico_nic.workload.image import image_tag


@dataclass(frozen=True, slots=True)
class Template:
    """One family's part of a template; ``version`` is None where its image names none."""

    setting: Setting
    version: Version | None


def template_of(daemon_set: DaemonSet, family: Family, snapshot: Snapshot) -> Template:
    """Read a DaemonSet's template; what depends on the node is not known in it."""
    container, namespace = daemon_set.container, daemon_set.namespace
    fields = {"metadata.namespace": namespace}
    env = effective_env(container, snapshot.config_maps, namespace, fields)
    complete = not unread_sources(container, snapshot.config_maps, namespace)
    tag = image_tag(str(container.get("image", ""))) or ""
    return Template(setting_of(env, family, is_complete=complete), Version.parse(tag))
