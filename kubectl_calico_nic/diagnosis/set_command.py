"""The command line that sets a recommended value."""

from __future__ import annotations

import shlex

from kubectl_calico_nic.diagnosis.candidates import CIDR, INTERFACE
from kubectl_calico_nic.family import Family
from kubectl_calico_nic.findings.case.expected import Expected


def set_command(
    method: str, family: Family, expected: Expected | None, daemon_set: str | None = None
) -> str:
    """The command line that sets ``method``, quoted for a shell.

    An expectation that the user gave goes along: ``set`` would refuse the value without it.
    """
    words = ["kubectl", "calico-nic", "set", *_method_words(method)]
    if family is Family.IPV6:
        words += ["--family", "6"]
    if daemon_set is not None:
        words += ["--daemonset", daemon_set]
    if expected is not None and expected.cidrs:
        words += ["--expect-cidr", ",".join(expected.cidrs)]
    if expected is not None and expected.names:
        words += ["--expect-interface", ",".join(expected.names)]
    return shlex.join(words)


def _method_words(method: str) -> tuple[str, ...]:
    for start, flag in ((INTERFACE, "--interface"), (CIDR, "--cidr")):
        if method.startswith(start):
            return flag, method.removeprefix(start)
    return (f"--{method}",)
