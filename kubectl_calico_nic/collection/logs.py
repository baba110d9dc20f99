"""Reads the two ends of a container's log that matter, never the megabytes between."""

from __future__ import annotations

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
    tail = _lines(
        api.log(pod.namespace, pod.name, CONTAINER, tail_lines=TAIL_LINES, limit_bytes=TAIL_BYTES),
        TAIL_BYTES,
    )
    if len(tail) < TAIL_LINES:
        return read_log(tail)
    head = _lines(api.log(pod.namespace, pod.name, CONTAINER, limit_bytes=HEAD_BYTES), HEAD_BYTES)
    return read_log([*head, *_after(head, tail)])


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
    return read_log(_lines(text, TAIL_BYTES))


def _lines(data: bytes, limit: int) -> list[str]:
    """The lines of a part of a log, without the last one where the limit cut it."""
    lines = data.decode("utf-8", errors="replace").split("\n")
    if len(data) >= limit or not lines[-1]:
        lines.pop()
    return lines


def _after(head: list[str], tail: list[str]) -> list[str]:
    """The part of ``tail`` that ``head`` does not hold already (both ends of a short log meet)."""
    if head and head[-1] in tail:
        place = len(tail) - 1 - tail[::-1].index(head[-1])
        return tail[place + 1 :]
    return tail
