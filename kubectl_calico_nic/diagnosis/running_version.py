"""Which Calico a node runs."""

from __future__ import annotations

from dataclasses import dataclass

from kubectl_calico_nic.calico.version import NEWEST_KNOWN, Version
from kubectl_calico_nic.snapshot.snapshot import NodeFacts
from kubectl_calico_nic.workload.image import image_tag


@dataclass(frozen=True, slots=True)
class RunningVersion:
    """A version to reason with.

    ``is_known`` is False where it only counts as the newest known; ``note`` says so to people.
    """

    version: Version
    is_known: bool = True
    note: str = ""

    @property
    def text(self) -> str | None:
        """The version for reports; None when it is not known."""
        return str(self.version) if self.is_known else None


def version_of_image(image: str, cluster_version: str | None) -> RunningVersion:
    """The version that ``image`` runs, else ``cluster_version`` (ClusterInformation's).

    A tag that is no version counts as the newest known.
    """
    tag = image_tag(image)
    if tag is not None:
        tagged = Version.parse(tag)
        if tagged is not None:
            return RunningVersion(tagged)
        note = f'the image tag "{tag}" is no version: counts as {NEWEST_KNOWN}, the newest known'
        return RunningVersion(NEWEST_KNOWN, is_known=False, note=note)
    recorded = Version.parse(cluster_version or "")
    if recorded is not None:
        return RunningVersion(recorded)
    note = f"nothing names the Calico version: counts as {NEWEST_KNOWN}, the newest known"
    return RunningVersion(NEWEST_KNOWN, is_known=False, note=note)


def version_of_node(facts: NodeFacts, cluster_version: str | None) -> RunningVersion:
    """The version of one node: what its log says, else its image's, else the cluster's."""
    for log in (facts.log, facts.previous_log):
        if log is not None and log.version is not None:
            return RunningVersion(log.version)
    return version_of_image(facts.pod.image if facts.pod else "", cluster_version)
