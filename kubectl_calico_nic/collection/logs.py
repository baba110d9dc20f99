"""Reads the two ends of a container's log that matter, never the megabytes between."""

from __future__ import annotations

from kubectl_calico_nic.bundle.log_scan import lines_that_matter
from kubectl_calico_nic.calico.log.reader import read_log
from kubectl_calico_nic.calico.log.reading import LogReading
from kubectl_calico_nic.collection.port import Api
from kubectl_calico_nic.snapshot.daemonset import CONTAINER
from kubectl_calico_nic.snapshot.pod import Pod

TAIL_LINES = 300
"""Re-detection lines come once a minute at the end of the log."""
HEAD_BYTES = 16 * 1024
"""Start-up lines are within the first kilobytes of the log."""
TAIL_BYTES = 256 * 1024
"""No tail is read further than this, however long its lines are."""


def read_current_log(api: Api, pod: Pod) -> LogReading:
    """Read the log of the current calico-node container of ``pod``.

    Raises:
        CalicoNicError: the API server or the kubelet does not give it.
    """
    tail = _whole_lines(
        api.log(pod.namespace, pod.name, CONTAINER, tail_lines=TAIL_LINES, limit_bytes=TAIL_BYTES),
        TAIL_BYTES,
    )
    if tail.count(b"\n") < TAIL_LINES:
        return read_log(_texts(tail))
    head = _whole_lines(
        api.log(pod.namespace, pod.name, CONTAINER, limit_bytes=HEAD_BYTES), HEAD_BYTES
    )
    return read_log(lines_that_matter([head + _after(head, tail)]))


def read_previous_log(api: Api, pod: Pod) -> LogReading:
    """Read the end of the log of the container before the current one, which says why it ended.

    Raises:
        CalicoNicError: there is none, or it cannot be read.
    """
    text = api.log(
        pod.namespace,
        pod.name,
        CONTAINER,
        previous=True,
        tail_lines=TAIL_LINES,
        limit_bytes=TAIL_BYTES,
    )
    return read_log(_texts(_whole_lines(text, TAIL_BYTES)))


def _whole_lines(data: bytes, limit: int) -> bytes:
    """The lines of a part of a log, each with its end; without the last where the limit cut it."""
    if len(data) >= limit:
        return data[: data.rfind(b"\n") + 1]
    return data if data.endswith(b"\n") or not data else data + b"\n"


def _texts(lines: bytes) -> list[str]:
    return lines.decode("utf-8", errors="replace").split("\n")[:-1]


def _after(head: bytes, tail: bytes) -> bytes:
    """The part of ``tail`` that ``head`` does not hold already (both ends of a short log meet)."""
    last = head[head.rfind(b"\n", 0, -1) + 1 :]
    place = (b"\n" + tail).rfind(b"\n" + last) if last else -1
    return tail if place < 0 else tail[place + len(last) :]
