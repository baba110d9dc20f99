"""A WebSocket that takes only so much; in a module of its own because it imports websocket."""

from __future__ import annotations

import websocket

from kubectl_calico_nic.cluster.errors import ExecFailed


class BoundedWebSocket(websocket.WebSocket):
    """Raises ExecFailed once more than ``limit`` bytes of frames have come in."""

    def __init__(self, limit: int) -> None:
        super().__init__()
        self._limit = limit
        self._received = 0

    def _recv(self, bufsize: int) -> bytes:
        received: bytes = super()._recv(bufsize)  # type: ignore[no-untyped-call]
        self._received += len(received)
        if self._received > self._limit:
            raise ExecFailed(f"the command printed more than {self._limit >> 20} MiB")
        return received
