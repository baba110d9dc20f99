"""``python -m tests.e2e.kubectl_hosts`` prints kubectls of older releases, as a ``PATH`` of files.

1.32 is built from its Go module. 1.20, which Debian 12 has, is taken out of Debian's package where
apt-get offers it; a line on stderr says where it does not.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from .binaries import OLDER_KUBECTL, BuildError, cache_directory, find

_PACKAGE = "kubernetes-client"
_DEBIANS = "1.20"


def debians_kubectl() -> Path | None:
    """Debian's kubectl, unpacked into the cache and not installed; None where there is none."""
    place = cache_directory() / f"kubectl-{_DEBIANS}"
    kubectl = place / "usr" / "bin" / "kubectl"
    if kubectl.exists():
        return kubectl
    if shutil.which("apt-get") is None or shutil.which("dpkg-deb") is None:
        return None
    cache_directory().mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache_directory()) as unfinished:
        wanted = f"{_PACKAGE}={_DEBIANS}*"
        asked = subprocess.run(
            ["apt-get", "--quiet", "download", wanted], cwd=unfinished, capture_output=True
        )
        packages = list(Path(unfinished).glob("*.deb"))
        if asked.returncode != 0 or not packages:
            return None
        unpacked = Path(unfinished, "unpacked")
        subprocess.run(["dpkg-deb", "--extract", packages[0], unpacked], check=True)
        unpacked.replace(place)
    return kubectl


def main() -> int:
    """Find or make them, and print where they are."""
    try:
        found = [find(OLDER_KUBECTL)]
    except BuildError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    debians = debians_kubectl()
    if debians is None:
        sys.stderr.write(f"apt-get offers no {_PACKAGE} {_DEBIANS} here: left out\n")
    else:
        found.append(debians)
    sys.stdout.write(os.pathsep.join(map(str, found)) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
