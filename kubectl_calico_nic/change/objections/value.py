"""Values that Calico takes but that hardly mean what their author thinks: refused, not invalid."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from kubectl_calico_nic.calico.autodetection.methods import Method, MethodKind, parse_method
from kubectl_calico_nic.calico.known_bugs import INTERNAL_IP_STORES_NETWORK
from kubectl_calico_nic.calico.version import NEWEST_KNOWN, Version
from kubectl_calico_nic.change.meant import is_glob, regex_for, without_host_bits
from kubectl_calico_nic.family import Family
from kubectl_calico_nic.findings.finding import Finding, Severity
from kubectl_calico_nic.findings.kinds.method_ambiguous import anchored, matched_by
from kubectl_calico_nic.go import regexp
from kubectl_calico_nic.go.net import parse_cidr

_BARE_NAME = re.compile(r"[\w.:@-]+", re.ASCII)
_COUNTED_REPETITION = re.compile(r"\{\d*,\d*\}")


def suspicions(
    method: str, family: Family, version: Version, nics: Mapping[str, Sequence[str]]
) -> tuple[Finding, ...]:
    """Say what is doubtful about a value that is valid.

    Args:
        method: the value as typed, checked by ``check_value``.
        family: the family whose variable it is for.
        version: the Calico that the new pods run.
        nics: by node, the names of its NICs that have an address of the family, where known.
    """
    parsed = parse_method(method, NEWEST_KNOWN)
    found = [*_by_version(parsed, family, version)]
    if parsed.kind in (MethodKind.INTERFACE, MethodKind.SKIP_INTERFACE):
        found += _by_regex(parsed, family, nics)
    if parsed.kind is MethodKind.CIDR:
        found += _by_network(parsed, family)
    return tuple(found)


def _by_version(method: Method, family: Family, version: Version) -> Iterator[Finding]:
    word = method.kind.value
    if version < method.kind.since:
        yield Finding(
            "method-too-new",
            Severity.WARNING,
            f"Calico {version} does not know {word} (since {method.kind.since}): every pod that "
            "restarts would crash-loop",
            "upgrade Calico first, or choose another method",
            family=family,
        )
    is_internal_ip = method.kind is MethodKind.KUBERNETES_INTERNAL_IP
    if is_internal_ip and INTERNAL_IP_STORES_NETWORK.is_in(version):
        yield Finding(
            "known-bug",
            Severity.WARNING,
            INTERNAL_IP_STORES_NETWORK.words(version),
            INTERNAL_IP_STORES_NETWORK.cure,
            family=family,
        )


def _by_regex(
    method: Method, family: Family, nics: Mapping[str, Sequence[str]]
) -> Iterator[Finding]:
    rest = method.text.partition("=")[2]
    if _COUNTED_REPETITION.search(rest) or not all(map(_compiles, method.items)):
        items = " and ".join(method.items)
        yield _ambiguous(
            family,
            f"Calico cuts {rest} at its comma into {items}",
            "write the regex without a comma, as in ^eth(1|2)$",
        )
        return
    globs = [item for item in method.items if is_glob(item)]
    if globs:
        meant = ",".join(regex_for(item) for item in method.items)
        yield _ambiguous(
            family,
            f"{globs[0]} is a regex here and no shell pattern: {_meaning(globs[0])}",
            f"{method.kind.value}={meant} says what the pattern would",
        )
    for item in method.items:
        if item not in globs and _BARE_NAME.fullmatch(item):
            yield from _several(item, method, family, nics)


def _several(
    item: str, method: Method, family: Family, nics: Mapping[str, Sequence[str]]
) -> Iterator[Finding]:
    """A bare name that is found inside the names of several NICs of one node."""
    matched = matched_by(item, nics)
    if not matched:
        return
    first = next(iter(matched))
    more = f" (and so on {len(matched) - 1} more nodes)" if len(matched) > 1 else ""
    exact = anchored(item)
    meant = ",".join(exact if each == item else each for each in method.items)
    is_name = any(item in names for names in nics.values())
    yield _ambiguous(
        family,
        f"{item} matches {' and '.join(matched[first])} on {first}{more}: "
        "it may stand anywhere in a name",
        f"{method.kind.value}={meant} means {item} alone" if is_name else "name the NIC meant",
    )


def _by_network(method: Method, family: Family) -> Iterator[Finding]:
    networks = [(item, parsed) for item in method.items if (parsed := parse_cidr(item))]
    with_bits = [item for item, (address, net) in networks if address.number != net.number]
    if with_bits:
        meant = ",".join(without_host_bits(item) or item for item in method.items)
        yield _ambiguous(
            family,
            f"{with_bits[0]} has host bits: Calico takes all of {without_host_bits(with_bits[0])}",
            f"cidr={meant} if the network is meant",
        )


def _compiles(item: str) -> bool:
    try:
        regexp.compile(item)
    except regexp.RegexpError:
        return False
    return True


def _meaning(glob: str) -> str:
    position = next(index for index, character in enumerate(glob) if character in "*?")
    before = glob[position - 1]
    count = "any number of" if glob[position] == "*" else "at most one"
    return f"{glob[position]} stands for {count} {before}"


def _ambiguous(family: Family, message: str, advice: str) -> Finding:
    return Finding("method-ambiguous", Severity.WARNING, message, advice, family=family)
