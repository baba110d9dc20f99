"""How other people change objects: by strategic merges, as kubectl does, and as a whole."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import urllib3

from .api_client import ApiClient, Object

_STRATEGIC = "application/strategic-merge-patch+json"


class Editor(ApiClient):
    """A client that can do these; it speaks for the user of a kubeconfig."""

    @classmethod
    def of(cls, kubeconfig: Path) -> Editor:
        """The user of ``kubeconfig``, as the control plane writes it."""
        configuration = json.loads(kubeconfig.read_text())
        cluster = configuration["clusters"][0]["cluster"]
        user = configuration["users"][0]["user"]
        return cls(
            cluster["server"],
            Path(cluster["certificate-authority"]),
            Path(user["client-certificate"]),
            Path(user["client-key"]),
        )

    def replace(self, path: str, body: Object) -> Any:
        """PUT a whole object; it must carry the resourceVersion that was read."""
        return self._request("PUT", path, body)

    def strategic_merge(self, path: str, body: Object) -> Any:
        """PATCH as ``kubectl set`` and ``kubectl patch`` do."""
        return self._request("PATCH", path, body, _STRATEGIC)

    def pass_on(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes
    ) -> urllib3.BaseHTTPResponse:
        """Send a request as it is, once; ``target`` is path and query. Errors are answers too."""
        return self._pool.request(
            method,
            self._server + target,
            body=body,
            headers=dict(headers),
            retries=False,
            decode_content=False,
        )
