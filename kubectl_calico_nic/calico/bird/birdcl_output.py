"""Text of ``birdcl show protocols`` -> the BGP sessions of one node.

Mirrors proto_cmd_show of BIRD 1.6 (nest/proto.c), bgp_get_status (proto/bgp/bgp.c), and what
calico-node itself makes of it (node/pkg/health/bird/bird.go). The names are those that confd gives
(confd/etc/calico/confd/templates/bird.cfg.template, bird6.cfg.template).
"""

from __future__ import annotations

import functools
import re
import sys

from kubectl_calico_nic.calico.bird.session import BgpSession, PeerKind
from kubectl_calico_nic.go.net import parse_ip

_HEADINGS = ["name", "proto", "table", "state", "since", "info"]
_BANNER = re.compile(r"BIRD (\d{1,3})\.", re.ASCII)
_NAME = re.compile(r"(Mesh|Node|Global)_(.+?)(?:_port_\d+)?")
_ROW = re.compile(
    r"(?P<name>\S+)\s+BGP\s+\S+\s+(?P<state>\S+)\s+"
    r"(?P<since>\S+(?: \d\d:\d\d:\d\d(?:\.\d+)?)?)\s*(?P<info>.*)"
)
_DOWN = "down"


class NotBirdOutput(ValueError):
    """A text is no answer of BIRD to ``show protocols``.

    That is so where ``birdcl`` found no daemon (``Unable to connect to server control socket``).
    """


def parse_protocols(text: str) -> tuple[BgpSession, ...]:
    """Return the sessions with other routers, in BIRD's order.

    Those with workloads (``Local_Workload_``) and protocols under other names are left out, as
    calico-node does. Since BIRD 2 one daemon answers for both families.

    Raises:
        NotBirdOutput: the headings of the table are missing.
    """
    lines = text.replace("\r", "").split("\n")
    headings = next((place for place, line in enumerate(lines) if _is_heading(line)), None)
    if headings is None:
        raise NotBirdOutput("no table of BIRD's protocols in this text")
    sessions = (_session(line) for line in lines[headings + 1 :])
    return tuple(session for session in sessions if session is not None)


def serves_both_families(text: str) -> bool:
    """Whether the daemon that answered ``text`` is BIRD 2 or newer: it has all sessions."""
    banner = _BANNER.match(text)
    return banner is not None and int(banner[1]) > 1


def _is_heading(line: str) -> bool:
    return line.lower().split() == _HEADINGS


def _session(line: str) -> BgpSession | None:
    row = _ROW.match(line)
    name = _NAME.fullmatch(row["name"]) if row else None
    peer = _peer(name[2]) if name else None
    if row is None or name is None or peer is None:
        return None
    state, _, info = row["info"].strip().partition(" ")
    if row["state"] == _DOWN or not state:
        # A session that is switched off has no state of BGP's, only the reason.
        state, info = _DOWN.title(), row["info"]
    # In a full mesh of a thousand nodes there are a million sessions: texts are kept once.
    since = sys.intern(row["since"])
    return BgpSession(peer, PeerKind(name[1]), sys.intern(state), info.strip(), since)


@functools.lru_cache(maxsize=1 << 14)
def _peer(encoded: str) -> str | None:
    """The address in a protocol's name: every ``.`` or ``:`` of it became a ``_``."""
    for separator in ".:":
        address = parse_ip(encoded.replace("_", separator))
        if address is not None:
            return address.text
    return None
