"""Which node a file is about, by its name and what all files together know."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping

from kubectl_calico_nic.bundle.file_names import shortened


class NodeNames:
    """What all files together know of nodes and pods.

    ``nodes`` are the names of nodes, ``pods`` maps a pod's name to its node, ``stems`` are what
    the files are called that name no node inside.
    """

    def __init__(
        self, nodes: Collection[str], pods: Mapping[str, str], stems: Iterable[str]
    ) -> None:
        self._nodes = nodes
        self._pods = pods
        self._longest_first = sorted(pods, key=len, reverse=True)
        files = set(stems)
        counts = Counter(shortened(stem) for stem in files)
        self._shared = {*files, *(short for short, count in counts.items() if count > 1)}

    def of_pod(self, text: str) -> str | None:
        """The node of the pod whose name is, or stands in, ``text``; None where there is none."""
        if text in self._pods:
            return self._pods[text]
        pod = next((name for name in self._longest_first if _holds(text, name)), None)
        return None if pod is None else self._pods[pod]

    def of_file(self, stem: str) -> str:
        """The node that a file called ``stem`` is about; the stem itself where nothing is known.

        ``node-1-previous`` and ``node-1-link`` belong to ``node-1`` where a node or another file
        is called so.
        """
        if stem in self._nodes:
            return stem
        node = self.of_pod(stem)
        if node is not None:
            return node
        short = shortened(stem)
        return short if short and (short in self._nodes or short in self._shared) else stem


def _holds(text: str, name: str) -> bool:
    """Whether ``name`` stands in ``text`` as a whole word."""
    if name not in text:
        return False
    return re.search(rf"(?<![a-z0-9]){re.escape(name)}(?![a-z0-9])", text) is not None
