"""The values worth trying, simplest first: one NIC, a few NICs, networks, kubernetes-internal-ip.

They are built from the NICs and networks that the expected addresses are really on; what they
select is for ``calico.selection`` to say.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Collection, Iterator

from kubectl_calico_nic.findings.case.addresses import by_number

INTERFACE = "interface="
CIDR = "cidr="
KUBERNETES_INTERNAL_IP = "kubernetes-internal-ip"

MOST_NAMES = 3
MOST_NETWORKS = 4
_POOL = 8
"""How many names or networks are combined where nodes leave a choice."""

_SPECIAL = re.compile(r"([\\.+*?()|\[\]{}^$])")

Homes = Collection[frozenset[str]]
"""For each node the NICs (or networks) that have its expected address: any of them will do."""


def covers(homes: Homes, most: int) -> Iterator[tuple[str, ...]]:
    """Yield the sets of at most ``most`` items that have one of every node's, smallest first."""
    counted = Counter(homes)
    forced = {item for home in counted if len(home) == 1 for item in home}
    if not counted or len(forced) > most:
        return
    weight = Counter[str]()
    for home, count in counted.items():
        weight.update(dict.fromkeys(home, count))
    pool = [item for item, _ in _by_weight(weight) if item not in forced][:_POOL]
    for size in range(most - len(forced) + 1):
        for added in itertools.combinations(pool, size):
            chosen = forced.union(added)
            if chosen and all(chosen & home for home in counted):
                yield tuple(sorted(chosen))


def commonest(homes: Homes, most: int) -> Iterator[tuple[str, ...]]:
    """Yield the one, two, ... ``most`` items that most nodes have, for what nothing covers."""
    weight = Counter(item for home in homes for item in home)
    ranked = [item for item, _ in _by_weight(weight)]
    for size in range(1, min(most, len(ranked)) + 1):
        yield tuple(sorted(ranked[:size]))


def _by_weight(weight: Counter[str]) -> list[tuple[str, int]]:
    return sorted(weight.items(), key=lambda item: (-item[1], item[0]))


def plain_interfaces(names: tuple[str, ...]) -> str | None:
    """``interface=bond4,bond5``; None where a name means something else as a regex."""
    if any(_SPECIAL.search(name) for name in names) or not all(map(_is_item, names)):
        return None
    return INTERFACE + ",".join(names)


def anchored_interfaces(names: tuple[str, ...]) -> str | None:
    """``interface=^bond4$``: these names and no others; None for names that no list can hold."""
    if not all(map(_is_item, names)):
        return None
    literal = (_SPECIAL.sub(r"\\\1", name) for name in names)
    return INTERFACE + ",".join(f"^{text}$" for text in literal)


def _is_item(name: str) -> bool:
    """Whether ``name`` can stand in a list, which Calico cuts at commas with blanks around."""
    return "," not in name and name == name.strip()


def cidrs(networks: tuple[str, ...]) -> str:
    """``cidr=A,B``."""
    return CIDR + ",".join(sorted(networks, key=by_number))
