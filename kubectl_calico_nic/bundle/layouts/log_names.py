"""Whose log a file or a line is, as far as names tell."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import PurePath

from kubectl_calico_nic.bundle.layouts.file_names import stem_of, without_endings
from kubectl_calico_nic.bundle.layouts.line_prefixes import PrefixedLine

_KUBELET_FOLDER = re.compile(r"[^_/]+_(?P<pod>[^_/]+)_[^_/]+/(?P<container>[^/]+)/(?P<run>\d+)$")
_KUBELET_LINK = re.compile(r"(?P<pod>[^_/]+)_[^_/]+_(?P<container>[^/]+)-[0-9a-f]{64}$")


@dataclass(frozen=True, slots=True)
class LogName:
    """Names of one log, None where nothing tells.

    ``stem`` is what its file is called. ``file`` is the file's path without endings: the same for
    the parts of a rotated log. ``host`` is the node that a prefix names, ``program`` what journald
    calls the process, ``run`` the kubelet's number of the container.
    """

    stem: str
    file: str
    pod: str | None = None
    container: str | None = None
    host: str | None = None
    program: str | None = None
    run: str | None = None

    @property
    def is_certain(self) -> bool:
        """Whether more than what a file is called tells whose log it is."""
        return self.pod is not None or self.host is not None

    def with_prefix(self, line: PrefixedLine) -> LogName:
        """Add what a line's prefix tells."""
        if line.pod is None and line.host is None:
            return self
        return replace(
            self, pod=line.pod, container=line.container, host=line.host, program=line.program
        )

    def of_node(self, node: str) -> LogName:
        """Add the node that other lines of the same log name."""
        return replace(self, host=node)


def log_name(path: str) -> LogName:
    """Read the names in a log file's path.

    Those of the kubelet are ``NAMESPACE_POD_UID/CONTAINER/RUN.log`` below ``/var/log/pods`` and
    ``POD_NAMESPACE_CONTAINER-ID.log`` in ``/var/log/containers`` (pkg/kubelet/kuberuntime,
    helpers.go and legacy.go); any other is taken for the name of a node or pod.
    """
    file = PurePath(path).with_name(without_endings(PurePath(path).name)).as_posix()
    match = _KUBELET_FOLDER.search(file) or _KUBELET_LINK.search(file)
    if match is None:
        return LogName(stem_of(path), file)
    names = match.groupdict()
    return LogName(match["pod"], file, match["pod"], match["container"], run=names.get("run"))
