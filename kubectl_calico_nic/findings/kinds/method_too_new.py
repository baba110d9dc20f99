"""``method-too-new``: pods run, but would start next with a method that Calico cannot know."""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_calico_nic.calico.autodetection.methods import InvalidMethod, MethodKind, parse_method
from kubectl_calico_nic.calico.version import NEWEST_KNOWN, Version
from kubectl_calico_nic.findings.case.case import Case, Member
from kubectl_calico_nic.findings.case.setting import Mode
from kubectl_calico_nic.findings.case.template import Template, template_of
from kubectl_calico_nic.findings.finding import Finding, Severity
from kubectl_calico_nic.findings.kind import Kind


def _find(case: Case) -> Iterator[Finding]:
    snapshot = case.snapshot
    for group in case.groups():
        daemon_set = snapshot.daemon_set(group[0].daemon_set or "")
        if daemon_set is None:
            continue
        template = template_of(daemon_set, group[0].family, snapshot)
        too_new = _too_new(template)
        for member in group if too_new is not None else ():
            if too_new is not None and _runs_what_it_knows(member):
                yield _words(member, template, too_new)


def _too_new(template: Template) -> MethodKind | None:
    """The method of a template that its own Calico does not know and a newer one does."""
    setting, version = template.setting, template.version
    if setting.mode is not Mode.AUTODETECT or setting.method is None or version is None:
        return None
    kind = _known(setting.method, NEWEST_KNOWN)
    return kind if kind is not None and _known(setting.method, version) is None else None


def _known(method: str, version: Version) -> MethodKind | None:
    try:
        return parse_method(method, version).kind
    except InvalidMethod:
        return None


def _runs_what_it_knows(member: Member) -> bool:
    """Whether its pod still has another method, or another Calico, than the template."""
    if member.facts.pod is None or member.setting.method is None:
        return False
    return _known(member.setting.method, member.version) is not None


def _words(member: Member, template: Template, kind: MethodKind) -> Finding:
    what = (
        f"the template says {template.setting.method}, which its Calico {template.version} does "
        f"not know (since {kind.since})"
    )
    return METHOD_TOO_NEW.about(
        member,
        f"{member.name} runs, and its next start would not: {what}",
        "restart nothing; set another method, or upgrade Calico first",
        f"run, and would not start again: {what}",
        why="the DaemonSet's template against what the pods run",
    )


METHOD_TOO_NEW = Kind("method-too-new", Severity.WARNING, _find)
"""The catalogue's entry."""
