"""What calico-node's own readiness and liveness checks say, as the kubelet's events repeat it.

Mirrors node/pkg/health/health.go of every version from v3.2.0 on.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from kubectl_calico_nic.go.net import parse_ip

_SENTENCE = re.compile(r"calico/node is not ready: .*", re.DOTALL)
# Up to v3.21.6 the sentence ends without a newline, and a line of the log follows it at once.
_NEXT_LINE = re.compile(
    r"\n|\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} \[|(?<=.)calico/node is not ready"
)
_PEERS = re.compile(r"BIRD6? is not ready: BGP not established with (?P<peers>[0-9A-Za-z:.,]+)")
# calico-node reads addresses from names like Node_10_0_0_1_port_1179, the port included.
_PORT = re.compile(r"[.:]port[.:]\d+$")
_BIRD_IS_DOWN = re.compile(
    r"error querying BIRD|bird6?(?:/confd)? is not live: |bad response from bird", re.IGNORECASE
)
_FELIX_IS_DOWN = re.compile(r"felix is not (?:ready|live): ", re.IGNORECASE)
_CONVERGING = re.compile(r"BIRD6? is not ready: graceful restart in progress")
_KUBELET_LIMIT = 10 * 1024
"""The kubelet keeps this much of a check's output (pkg/probe/exec/exec.go, maxReadLength)."""


@dataclass(frozen=True, slots=True)
class Readiness:
    """Why calico-node calls itself not ready, or not live.

    ``peers`` are the addresses that BGP is not established with, as printed: all of them within
    30 seconds of a start, later only where not a single session is established.
    ``bird_is_down`` says that BIRD (or confd, which writes its configuration) does not run or does
    not answer, ``felix_is_down`` the same of Felix, ``is_converging`` that a graceful restart of
    BGP is still going on. ``text`` is Calico's own sentence, without what surrounds it.
    """

    text: str
    peers: tuple[str, ...] = ()
    bird_is_down: bool = False
    felix_is_down: bool = False
    is_converging: bool = False


def parse_readiness(message: str) -> Readiness | None:
    """Read an ``Unhealthy`` event's message, or the ``reason`` of a log line that repeats it.

    ``Readiness probe failed: `` and lines of the log may stand around it. Several checks that
    failed together count as one. Returns None where Calico says nothing of that kind.
    """
    sentences = _sentences(message)
    if not sentences:
        return None
    text = "; ".join(sentences)
    return Readiness(
        text=text,
        peers=tuple(dict.fromkeys(peer for item in sentences for peer in _peers(item, message))),
        bird_is_down=_BIRD_IS_DOWN.search(text) is not None,
        felix_is_down=_FELIX_IS_DOWN.search(text) is not None,
        is_converging=_CONVERGING.search(text) is not None,
    )


def _sentences(message: str) -> list[str]:
    found = []
    rest = message
    while match := _SENTENCE.search(rest):
        whole = match[0]
        end = _NEXT_LINE.search(whole)
        stop = end.start() if end else len(whole)
        found.append(whole[:stop].strip())
        rest = whole[stop:]
    return list(dict.fromkeys(found))


def _peers(sentence: str, message: str) -> list[str]:
    match = _PEERS.search(sentence)
    if match is None:
        return []
    listed = [_PORT.sub("", peer) for peer in match["peers"].split(",")]
    if message.endswith(sentence) and len(message.encode()) >= _KUBELET_LIMIT:
        # The kubelet cut it: the last address may be only the beginning of one.
        listed = listed[:-1]
    return [peer for peer in listed if parse_ip(peer) is not None]
