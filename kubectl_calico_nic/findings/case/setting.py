"""What a calico-node container's environment asks for in one family."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass

from kubectl_calico_nic.family import Family
from kubectl_calico_nic.workload.env import EnvValue

FIRST_FOUND = "first-found"
"""What Calico does when no method is set."""


class Mode(enum.Enum):
    """What the variable ``IP`` (``IP6``) makes calico-node do.

    Mirrors configureIPsAndSubnets of node/pkg/lifecycle/startup/startup.go.
    """

    AUTODETECT = "autodetect"
    """The method decides, at every start and every re-detection."""
    UNSET = "unset"
    """A stored address stays; only without one the method decides, once (IPv4)."""
    NONE = "none"
    """No detection; a stored address stays."""
    EXPLICIT = "explicit"
    """The variable is the address; the method is never read."""
    UNKNOWN = "unknown"
    """The environment, or this variable, could not be read."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One family's part of the environment.

    ``ip`` is the text of ``IP`` and ``ip_source`` where that comes from (``value``,
    ``fieldRef status.hostIP``). ``method`` is the text of the method in force, None where no
    method is or where it is not known; ``written`` the variable's own text, None where absent.
    """

    mode: Mode = Mode.UNKNOWN
    ip: str | None = None
    method: str | None = None
    written: str | None = None
    ip_source: str = "value"

    @property
    def variable_is_idle(self) -> bool:
        """Whether somebody chose a method that calico-node never reads."""
        return is_meant(self.written) and self.mode in (Mode.UNSET, Mode.NONE, Mode.EXPLICIT)


def is_meant(method: str | None) -> bool:
    """Whether somebody chose ``method``: the default, which installers write too, is nobody's."""
    return method not in (None, "", "none", FIRST_FOUND)


def setting_of(env: Mapping[str, EnvValue], family: Family, *, is_complete: bool) -> Setting:
    """Read the setting of ``family`` from an effective environment.

    ``is_complete`` is False when something that could not be read may have set more variables.
    """
    absent = EnvValue("", is_complete, "absent")
    ip, method = env.get(family.ip_variable, absent), env.get(family.method_variable, absent)
    mode = _mode(ip)
    in_force = (method.value or FIRST_FOUND) if method.known else None
    is_never_read = mode is Mode.UNSET and family is Family.IPV6
    if is_never_read or mode in (Mode.NONE, Mode.EXPLICIT):
        in_force = None
    written = method.value if family.method_variable in env else None
    return Setting(mode, ip.value or None, in_force, written, ip.source)


def _mode(ip: EnvValue) -> Mode:
    if not ip.known or ip.value is None:
        return Mode.UNKNOWN
    words = {"": Mode.UNSET, "autodetect": Mode.AUTODETECT, "none": Mode.NONE}
    return words.get(ip.value, Mode.EXPLICIT)
