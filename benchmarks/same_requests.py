"""The requests that a run of the plugin sends, and the same for curl."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

from benchmarks.measure import Command

_URL = re.compile(r'verb="GET" url="([^"]+)"')
_TOTAL = re.compile(r'"Total" requests=(\d+) failed=(\d+) receivedBytes=(\d+)')
_IN_FLIGHT = 32
"""As many as the plugin has."""


class Requests:
    """What one run of ``command``, an ``inspect``, asked for: ``urls`` of GETs, with the totals."""

    def __init__(self, command: Command) -> None:
        words = [*command.arguments, "-v", "6"]
        done = subprocess.run(
            words, env=dict(command.environment), capture_output=True, text=True, check=False
        )
        total = _TOTAL.search(done.stderr)
        assert total is not None, done.stderr[-2000:]
        self.urls = _URL.findall(done.stderr)
        self.count, self.failed, self.received = map(int, total.groups())

    @property
    def logs(self) -> list[str]:
        """Those that read a log."""
        return [url for url in self.urls if "/log?" in url]

    @property
    def lists(self) -> list[str]:
        """All others."""
        return [url for url in self.urls if "/log?" not in url]


def curl(requests: Requests, kubeconfig: Path, directory: Path) -> Command:
    """``curl --parallel`` for the same requests, as many at once, over connections kept alive."""
    configuration = json.loads(kubeconfig.read_text())
    user, cluster = configuration["users"][0]["user"], configuration["clusters"][0]["cluster"]
    identity = [
        f'cacert = "{cluster["certificate-authority"]}"',
        f'cert = "{user["client-certificate"]}"',
        f'key = "{user["client-key"]}"',
    ]
    # What ``next`` separates has options of its own; all of it runs at the same time.
    words = [
        *[*identity, "compressed", *_transfers(requests.lists)],
        "next",
        *[*identity, *_transfers(requests.logs)],
    ]
    path = directory / "curl.config"
    path.write_text("\n".join(words) + "\n")
    arguments = (
        "curl",
        "--silent",
        "--parallel",
        "--parallel-max",
        str(_IN_FLIGHT),
        "-K",
        str(path),
    )
    return Command(arguments, {"PATH": "/usr/bin:/bin:/usr/local/bin"})


def _transfers(urls: list[str]) -> list[str]:
    return [line for url in urls for line in (f'url = "{url}"', 'output = "/dev/null"')]
