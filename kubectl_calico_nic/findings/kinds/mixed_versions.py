"""``mixed-versions``: pods of one DaemonSet run different Calico versions without any roll."""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_calico_nic.calico.version import Version
from kubectl_calico_nic.findings.case.case import Case, Member
from kubectl_calico_nic.findings.case.roll import Roll, is_old, rolls_of
from kubectl_calico_nic.findings.finding import Finding, Severity
from kubectl_calico_nic.findings.kind import Kind
from kubectl_calico_nic.workload.image import image_tag

_SHOWN = 3


def _find(case: Case) -> Iterator[Finding]:
    for roll in rolls_of(case):
        if not _is_rolling(roll):
            found = _versions(roll, case)
            if len(found) > 1:
                yield _words(roll, found)


def _is_rolling(roll: Roll) -> bool:
    """Whether the status of the DaemonSet says that pods still wait for the newest template."""
    updated = roll.daemon_set.status.get("updatedNumberScheduled")
    return isinstance(updated, int) and updated < roll.desired


def _versions(roll: Roll, case: Case) -> dict[Version, list[str]]:
    """The nodes by the version that their log names, else that of their image elsewhere or its tag.

    A pod that is known to have an older template has a finding of its own.
    """
    revisions = case.snapshot.revisions
    pods = [
        (member, member.facts.pod)
        for member in roll.members
        if member.facts.pod and not member.facts.pod.deleted
        if not is_old(member, roll.daemon_set, revisions)
    ]
    logged: dict[str, Version] = {}
    for member, pod in pods:
        if (version := _logged(member)) is not None:
            logged[pod.image] = version
    found: dict[Version, list[str]] = {}
    for member, pod in pods:
        tagged = Version.parse(image_tag(pod.image) or "")
        version = _logged(member) or logged.get(pod.image) or tagged
        if version is not None:
            found.setdefault(version, []).append(member.name)
    return found


def _logged(member: Member) -> Version | None:
    log = member.facts.log
    return None if log is None else log.version


def _words(roll: Roll, found: dict[Version, list[str]]) -> Finding:
    most = sorted(found.items(), key=lambda pair: len(pair[1]), reverse=True)
    told = ", ".join(f"{version} on {_nodes(names)}" for version, names in most)
    return MIXED_VERSIONS.about_node(
        None,
        f"the pods of {roll.daemon_set.key} run different Calico versions: {told}",
        "name one version in the image (a tag that moves is pulled anew at each start), then "
        f"kubectl -n {roll.daemon_set.namespace} rollout restart daemonset {roll.daemon_set.name}",
        why="the version that each start logs, else the image's tag",
    )


def _nodes(names: list[str]) -> str:
    if len(names) > _SHOWN:
        return f"{len(names)} nodes"
    return ", ".join(sorted(names))


MIXED_VERSIONS = Kind("mixed-versions", Severity.WARNING, _find)
"""The catalogue's entry."""
