"""Which node a file is about, by its name and what all files together know."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping

from kubectl_calico_nic.bundle.layouts.file_names import shortened


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

    def of_pod(self, name: str) -> str | None:
        """The node of the pod ``name``; None where it is not known."""
        return self._pods.get(name)

    def of_pod_in(self, stem: str) -> str | None:
        """The node of the pod whose name stands in what a file is called; None without any."""
        if stem in self._pods:
            return self._pods[stem]
        pod = next((name for name in self._longest_first if _holds(stem, name)), None)
        return None if pod is None else self._pods[pod]

    def of_file(self, stem: str) -> str:
        """The node that a file called ``stem`` is about; the stem itself where nothing is known.

        ``node-1-previous`` and ``node-1-link`` belong to ``node-1`` where a node or another file
        is called so.
        """
        if stem in self._nodes:
            return stem
        node = self.of_pod_in(stem)
        if node is not None:
            return node
        short = shortened(stem)
        return short if short and (short in self._nodes or short in self._shared) else stem


def _holds(stem: str, name: str) -> bool:
    """Whether ``name`` stands in ``stem`` as a word of its own: ``_`` and ``.`` divide words."""
    if name not in stem:
        return False
    end = r"(?:[_.]|$|-(?:previous|prev|current|old|logs?)\b)"
    return re.search(rf"(?:^|[_.]){re.escape(name)}{end}", stem) is not None
