"""The flags that name an autodetection method."""

from __future__ import annotations

from dataclasses import dataclass

from kubectl_calico_nic.errors import UsageError
from kubectl_calico_nic.flags.definition import Completes, Flag, Kind, Parsed

_GROUP = "Method (exactly one)"
UNDO, RESUME = "undo", "resume"


def _flag(name: str, text: str, placeholder: str = "", kind: Kind = Kind.STRING) -> Flag:
    return Flag(name, text, kind, placeholder=placeholder, group=_GROUP)


def _interfaces(name: str, text: str) -> Flag:
    completes = Completes.INTERFACES
    return Flag(name, text, placeholder="REGEX[,REGEX]", group=_GROUP, completes=completes)


METHOD_FLAGS: tuple[Flag, ...] = (
    _interfaces("interface", "The first address of the NICs that match: Go regexes."),
    _interfaces("skip-interface", "first-found without the NICs that match."),
    _flag("can-reach", "The source address of the route to this destination.", "DESTINATION"),
    _flag("cidr", "The first address inside these networks.", "CIDR[,CIDR]"),
    _flag("kubernetes-internal-ip", "The Node's own InternalIP.", kind=Kind.BOOL),
    _flag("first-found", "The first address of any NIC: Calico's default.", kind=Kind.BOOL),
    _flag("method", "Any of these as Calico writes it, for example interface=bond4.", "METHOD"),
    _flag("unset", "Remove the setting: back to Calico's default.", kind=Kind.BOOL),
    _flag(UNDO, "Give back what the last set replaced.", kind=Kind.BOOL),
    _flag(RESUME, "Let a staged or paused change go on to all other nodes.", kind=Kind.BOOL),
)


@dataclass(frozen=True, slots=True)
class AskedChange:
    """What ``set`` is to do.

    ``ends`` is ``undo`` or ``resume``, None for a new value. ``method`` is that value as Calico's
    variable takes it, as the user typed it; None for ``--unset``.
    """

    ends: str | None = None
    method: str | None = None


def asked_change(parsed: Parsed) -> AskedChange:
    """Read which of the flags was given.

    Raises:
        UsageError: none of them was given, or several.
    """
    given = [flag for flag in METHOD_FLAGS if _is_given(flag, parsed)]
    if len(given) != 1:
        names = ", ".join(f"--{flag.name}" for flag in METHOD_FLAGS)
        if not given:
            raise UsageError(f"say which method to set: one of {names}")
        mixed = " and ".join(f"--{flag.name}" for flag in given)
        raise UsageError(f"{mixed} exclude each other: Calico uses exactly one method")
    (flag,) = given
    if flag.name in (UNDO, RESUME):
        return AskedChange(ends=flag.name)
    if flag.name == "unset":
        return AskedChange()
    if flag.name == "method":
        return AskedChange(method=parsed.text("method"))
    word = flag.name if flag.kind is Kind.BOOL else f"{flag.name}={parsed.text(flag.name)}"
    return AskedChange(method=word)


def _is_given(flag: Flag, parsed: Parsed) -> bool:
    return parsed.truth(flag.name) if flag.kind is Kind.BOOL else parsed.given(flag.name)
