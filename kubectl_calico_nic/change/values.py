"""Checks of a method's text before anything is sent: what is invalid, and what was meant."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass

from kubectl_calico_nic.calico.autodetection.methods import (
    InvalidMethod,
    Method,
    MethodKind,
    parse_method,
)
from kubectl_calico_nic.calico.version import NEWEST_KNOWN
from kubectl_calico_nic.change.meant import method_for, network_for, regex_for
from kubectl_calico_nic.errors import CalicoNicError
from kubectl_calico_nic.family import Family
from kubectl_calico_nic.go import regexp
from kubectl_calico_nic.go.net import Network, parse_cidr, parse_ip
from kubectl_calico_nic.go.quoting import quote
from kubectl_calico_nic.workload.env import references

_QUOTES = "\"'`\u2018\u2019\u201a\u201c\u201d\u201e\u00ab\u00bb"
_ASSIGNMENT = re.compile(
    r"(?:export\s+|-e\s+)?IP(6?)_AUTODETECTION_METHOD\s*[=:]\s*(.*)", re.DOTALL
)
_NOUN = (
    "(?:DESTINATION|DEST|INTERFACE|IFACE|NIC|REGEX|CIDR|SUBNET|NETWORK|IP|ADDRESS|HOST|HOSTNAME"
    "|NAME|VALUE|METHOD)"
)
_PLACEHOLDER = re.compile(
    rf"<[^<>]*>|\{{\{{.*\}}\}}|\$\{{?[A-Za-z_]\w*\}}?|\.\.\.|\u2026|{_NOUN}(?:[-_]{_NOUN})*"
    r"|(?:YOUR|MY)[-_]\w+",
    re.DOTALL,
)
_EXAMPLES = {
    MethodKind.INTERFACE: "interface=^eth1$",
    MethodKind.SKIP_INTERFACE: "skip-interface=^eth0$",
    MethodKind.CAN_REACH: "can-reach=10.0.0.1",
    MethodKind.CIDR: "cidr=10.0.0.0/24",
}
_EMPTY_ITEM = {
    MethodKind.INTERFACE: "an empty item matches every NIC",
    MethodKind.SKIP_INTERFACE: "an empty item excludes every NIC",
    MethodKind.CIDR: "an empty item fails the whole list",
}


class InvalidValue(CalicoNicError, ValueError):
    """A value that cannot work, never sent; ``meant`` is what was probably meant, if known."""

    def __init__(self, family: Family, value: str, why: str, meant: str | None = None) -> None:
        self.meant = meant
        hint = f'; did you mean "{meant}"?' if meant else ""
        shown = f'"{value}"' if value.isprintable() else quote(value)
        super().__init__(f"{family.method_variable} {shown}: {why}{hint}")


class _Wrong(Exception):
    """Why the value is wrong, and the value meant."""

    def __init__(self, why: str, meant: str | None = None) -> None:
        self.why = why
        self.meant = meant


@dataclass(frozen=True, slots=True)
class _Value:
    method: Method
    family: Family
    referable: Collection[str] | None
    networks: Collection[Network]

    @property
    def word(self) -> str:
        return self.method.kind.value

    @property
    def rest(self) -> str:
        """What follows the ``=``."""
        return self.method.text.partition("=")[2]

    @property
    def fixed_items(self) -> tuple[str, ...]:
        """The items without a reference; the others are known on each node only."""
        return tuple(item for item in self.method.items if not self.refers(item))

    def refers(self, item: str) -> bool:
        """Whether ``item`` refers to a variable of the container, or may do so."""
        if self.referable is None:
            return bool(references(item))
        return any(f"$({name})" in item for name in self.referable)


def check_value(
    method: str,
    family: Family,
    *,
    referable: Collection[str] | None = None,
    networks: Collection[Network] = (),
) -> None:
    """Refuse a value that cannot do what its author meant.

    Args:
        method: the value as typed (``interface=bond4``).
        family: the family whose variable it is for.
        referable: the variables that it may refer to as ``$(NAME)``; None when not known yet.
        networks: the nodes' networks, for naming the one that was meant.

    Raises:
        InvalidValue: with the value that was probably meant, where that can be told.
    """
    try:
        _check_text(method, family)
        value = _Value(_parsed(method), family, referable, networks)
        if value.method.kind in _CHECKS:
            _check_rest(value)
            _CHECKS[value.method.kind](value)
    except _Wrong as wrong:
        raise InvalidValue(family, method, wrong.why, wrong.meant) from None


def _check_text(method: str, family: Family) -> None:
    """What went wrong while the value was copied, whatever it says."""
    if not method:
        raise _Wrong("it is empty; --unset removes the variable", "first-found")
    if not method.isprintable():
        cleaned = "".join(character for character in method if character.isprintable())
        raise _Wrong("it has control or invisible characters", cleaned.strip())
    if any(quote in method for quote in _QUOTES):
        bare = "".join(character for character in method if character not in _QUOTES)
        raise _Wrong("the quotes would be part of the value", bare.strip())
    if method != method.strip():
        raise _Wrong("Calico does not drop the blanks around it", method.strip())
    if assignment := _ASSIGNMENT.fullmatch(method):
        named = Family.IPV6 if assignment[1] else Family.IPV4
        other = f", of {named.label} (--family {named.value})" if named is not family else ""
        raise _Wrong(f"the name of the variable was pasted along{other}", assignment[2].strip())


def _parsed(method: str) -> Method:
    try:
        return parse_method(method, NEWEST_KNOWN)
    except InvalidMethod:
        if _PLACEHOLDER.fullmatch(method):
            raise _Wrong("it is a placeholder; put the real value in its place") from None
        raise _Wrong("Calico knows no such method", method_for(method)) from None


def _check_rest(value: _Value) -> None:
    """What is wrong after the ``=`` whichever method it is."""
    rest, example = value.rest, _EXAMPLES[value.method.kind]
    if rest != rest.strip():
        raise _Wrong("Calico does not drop the blank after =", f"{value.word}={rest.strip()}")
    if not rest:
        raise _Wrong(f"nothing follows {value.word}=; give it, as in {example}")
    try:
        if parse_method(rest, NEWEST_KNOWN).text:
            raise _Wrong("it holds a method twice", rest)
    except InvalidMethod:
        pass
    if any(_PLACEHOLDER.fullmatch(item) for item in value.method.items):
        raise _Wrong(f"it holds a placeholder; put the real one in its place, as in {example}")
    if "" in value.method.items:
        kept = ",".join(item for item in value.method.items if item)
        meant = f"{value.word}={kept}" if kept else None
        raise _Wrong(_EMPTY_ITEM[value.method.kind], meant)


def _check_interfaces(value: _Value) -> None:
    if any(re.search(r"[;\s]", item) for item in value.method.items):
        names = ",".join(item for item in re.split(r"[;,\s]+", value.rest) if item)
        raise _Wrong("NICs are separated by commas", f"{value.word}={names}")
    items = value.fixed_items
    if addresses := [item for item in items if parse_ip(item.partition("/")[0])]:
        networks = [
            item if "/" in item else network_for(item, value.networks) for item in addresses
        ]
        meant = "cidr=" + ",".join(filter(None, networks))
        is_interface = value.method.kind is MethodKind.INTERFACE
        raise _Wrong(f"{addresses[0]} is no NIC", meant if is_interface else None)
    try:
        regexp.compile("(" + ")|(".join(items) + ")")  # as Calico joins them
    except regexp.RegexpError as error:
        translated = tuple(regex_for(item) for item in value.method.items)
        is_new = translated != value.method.items
        patterns = f"{value.word}={','.join(translated)}" if is_new else None
        raise _Wrong(f"Calico refuses it: {error}", patterns) from None


def _check_networks(value: _Value) -> None:
    items = value.fixed_items
    if bad := [item for item in items if parse_cidr(item) is None]:
        guesses = [
            network_for(item, value.networks) if item in bad else item
            for item in value.method.items
        ]
        meant = f"cidr={','.join(map(str, guesses))}" if all(guesses) else None
        raise _Wrong(f"{bad[0]} is no CIDR (ADDRESS/LENGTH)", meant)
    families = {parsed[1].family for item in items if (parsed := parse_cidr(item))}
    if items == value.method.items and value.family not in families:
        raise _Wrong(_other_family(value.family, "these networks are"))


def _check_destination(value: _Value) -> None:
    rest = value.rest
    if value.refers(rest):
        return
    if (address := parse_ip(rest)) is not None:
        if address.family is not value.family:
            raise _Wrong(_other_family(value.family, "the destination is"))
        if rest.lower().startswith("fe80:"):
            raise _Wrong("a link-local destination is never reached, for want of a zone")
        return
    if missing := references(rest):
        raise _Wrong(f"the env of the container has no variable {missing[0]}")
    if not re.fullmatch(r"(?!-)[\w-]+(\.[\w-]+)*\.?", rest, re.ASCII) or _is_numeric(rest):
        raise _Wrong("it takes one address or host name", _meant_destination(rest))


def _is_numeric(text: str) -> bool:
    return re.fullmatch(r"[\d.]+", text, re.ASCII) is not None


def _meant_destination(rest: str) -> str | None:
    """The host of a URL, of ``host:port``, of ``address/length``, or the first of several."""
    text = re.sub(r"^\w+://", "", rest)
    bracketed = re.match(r"\[([^\]]*)\]", text)
    host = bracketed[1] if bracketed else re.split(r"[,;/\s]", text)[0]
    if parse_ip(host) is None:
        host = host.partition(":")[0]
    is_name = re.fullmatch(r"[\w-]+(\.[\w-]+)*", host, re.ASCII) and not _is_numeric(host)
    return f"can-reach={host}" if is_name or parse_ip(host) else None


def _other_family(family: Family, what: str) -> str:
    other = Family.IPV6 if family is Family.IPV4 else Family.IPV4
    return f"{what} {other.label}, the variable is for {family.label}; use --family {other.value}"


_CHECKS: dict[MethodKind, Callable[[_Value], None]] = {
    MethodKind.INTERFACE: _check_interfaces,
    MethodKind.SKIP_INTERFACE: _check_interfaces,
    MethodKind.CIDR: _check_networks,
    MethodKind.CAN_REACH: _check_destination,
}
