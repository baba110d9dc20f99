"""The logs inside the output of ``kubectl cluster-info dump``.

Mirrors printContainer in k8s.io/kubectl/pkg/cmd/clusterinfo/clusterinfo_dump.go: every container's
log stands between a line that says START and one that says END. With ``--output-directory`` a
pod's containers share a file; without, everything does, and lists of objects stand between.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from operator import itemgetter

from kubectl_calico_nic.bundle.log_scan import whole_lines

_MARKER = re.compile(
    # It begins with literal text: that is what makes the search fast.
    rb"==== (?P<edge>START|END) logs for container (?P<container>[^\s/]{1,253})"
    rb" of pod (?P<namespace>[^\s/]{1,253})/(?P<pod>[^\s/]{1,253}) ====(?=\r?\n|\Z)"
)


@dataclass(frozen=True, slots=True, eq=False)
class Section:
    """The log of one container; two of them are never the same."""

    namespace: str
    pod: str
    container: str


def sections(blocks: Iterable[bytes]) -> Iterator[tuple[Section | None, Iterator[bytes]]]:
    """Cut a file at the lines that frame logs; None for what stands between.

    Each part comes in blocks, which are read before the next part is asked for.
    """
    for section, pieces in itertools.groupby(_pieces(blocks), key=itemgetter(0)):
        yield section, (piece for _, piece in pieces)


def has_sections(beginning: bytes) -> bool:
    """Whether a log framed so begins in the beginning of a file."""
    return any(_is_line(match, beginning) for match in _MARKER.finditer(beginning))


def _pieces(blocks: Iterable[bytes]) -> Iterator[tuple[Section | None, bytes]]:
    section: Section | None = None
    for block in whole_lines(blocks):
        place = 0
        for match in _MARKER.finditer(block):
            if not _is_line(match, block) or not _is_edge(match, section):
                continue
            yield section, block[place : match.start()]
            section = _section(match) if match["edge"] == b"START" else None
            yield section, b""  # an empty log is one too
            place = block.find(b"\n", match.end()) + 1 or len(block)
        yield section, block[place:]


def _is_line(match: re.Match[bytes], block: bytes) -> bool:
    start = match.start()
    return start == 0 or block[start - 1 : start] == b"\n"


def _is_edge(match: re.Match[bytes], section: Section | None) -> bool:
    """Whether a section starts, or the one that is open ends."""
    if match["edge"] == b"START":
        return True
    found = _section(match)
    return section is not None and (section.namespace, section.pod, section.container) == (
        found.namespace,
        found.pod,
        found.container,
    )


def _section(match: re.Match[bytes]) -> Section:
    names = (match[name].decode("utf-8", "replace") for name in ("namespace", "pod", "container"))
    return Section(*names)
