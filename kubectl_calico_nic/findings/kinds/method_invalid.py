"""``method-invalid``: Calico does not know the method (or ``IP`` is no address) and exits."""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_calico_nic.calico.autodetection.methods import InvalidMethod, parse_method
from kubectl_calico_nic.calico.log.reading import Outcome
from kubectl_calico_nic.calico.version import NEWEST_KNOWN
from kubectl_calico_nic.findings.case.case import Case, Member
from kubectl_calico_nic.findings.case.setting import Mode
from kubectl_calico_nic.findings.finding import Finding, Severity
from kubectl_calico_nic.findings.kind import Kind


def _find(case: Case) -> Iterator[Finding]:
    for member in case.members:
        text = _what(member)
        if text:
            yield METHOD_INVALID.about(
                member,
                f"{member.name}: {text}; calico-node exits at every start",
                _advice(member),
                f"exit at every start: {text}",
            )


def _what(member: Member) -> str:
    """What is wrong with which value; empty when nothing is."""
    setting, choice, family = member.setting, member.choice, member.family
    if choice.outcome is Outcome.INVALID_METHOD:
        if setting.written is None:
            return choice.reason or "the method is invalid"
        value = f'{family.method_variable}="{setting.written}"'
        return f"{value} is a method that Calico {member.version} does not know{_since(member)}"
    if choice.outcome is Outcome.INVALID_ADDRESS:
        if setting.mode is not Mode.EXPLICIT:
            return choice.reason or f"{family.ip_variable} is no address"
        return f'{family.ip_variable}="{setting.ip}" is no address'
    return ""


def _since(member: Member) -> str:
    """Which Calico is the first that knows the method; empty where none does."""
    try:
        since = parse_method(member.setting.written or "", NEWEST_KNOWN).kind.since
    except InvalidMethod:
        return ""
    return f" (v{since.major}.{since.minor} and newer do)" if since > member.version else ""


def _advice(member: Member) -> str:
    written = member.setting.written
    if member.choice.outcome is Outcome.INVALID_METHOD and written in member.nic_names:
        return f"interface={written} is how that NIC is named; restarting will not help"
    return "set a valid value; restarting will not help"


METHOD_INVALID = Kind("method-invalid", Severity.ERROR, _find, is_mended_by_method=True)
"""The catalogue's entry."""
