"""``python -m krew.release``: what must hold before a release, and its files from a clean clone.

With ``--tag`` it is the release itself that is checked; without, what the next one would be.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from krew.__main__ import ARCHIVE, CHECKSUMS, MANIFEST
from krew.vendored import ROOT
from kubectl_calico_nic import __version__

_FILES = (ARCHIVE, MANIFEST, CHECKSUMS)
_LEFT = """\
left to .github/workflows/release.yaml, which has the key and the tag:
  cosign sign-blob --yes --bundle SHA256SUMS.sigstore.json SHA256SUMS
  gh release create v{version} calico-nic.tar.gz calico-nic.yaml SHA256SUMS SHA256SUMS.sigstore.json
  krew-release-bot: a pull request to krew-index
"""


def main() -> int:
    """Check, build twice from clones of the last commit, and compare."""
    parser = argparse.ArgumentParser(prog="python -m krew.release", description=__doc__)
    parser.add_argument("--tag", help="the tag of this release: v and the version")
    parser.add_argument("--every-python", action="store_true", help="miss no version's bytecode")
    options = parser.parse_args()
    problems = [*_disagreements(options.tag)]
    if not problems:
        problems = [*_built(["--every-python"] if options.every_python else [])]
    sys.stderr.writelines(f"error: {problem}\n" for problem in problems)
    if problems:
        return 1
    if not options.tag:
        sys.stdout.write(_LEFT.format(version=__version__))
    return 0


def _disagreements(tag: str | None) -> Iterator[str]:
    """What names another version than the package."""
    named = re.findall(r"(?m)^  version: v(\S+)$", (ROOT / "plugin.yaml").read_text())
    if named != [__version__]:
        yield f"plugin.yaml names the version {', '.join(named)}, the package {__version__}"
    if tag is not None and tag != f"v{__version__}":
        yield f"the tag is {tag}, the version v{__version__}"
    changed = _git("status", "--porcelain", "--untracked-files=no")
    if changed and tag is not None:
        yield "there are changes that are not committed"
    elif changed:
        sys.stderr.write("what is not committed is left out\n")


def _built(arguments: list[str]) -> Iterator[str]:
    """Fill ``dist`` from a clone; say which files another clone makes otherwise."""
    with tempfile.TemporaryDirectory() as temporary:
        places = [Path(temporary, name) for name in ("one", "another")]
        commit = _git("rev-parse", "HEAD").strip()
        for place in places:
            _git("clone", "--quiet", "--no-checkout", str(ROOT), str(place))
            _git("-C", str(place), "checkout", "--quiet", "--detach", commit)
            command = [sys.executable, "-m", "krew", "--output", "dist", *arguments]
            subprocess.run(command, cwd=place, check=True)  # noqa: S603
        first, second = (place / "dist" for place in places)
        (ROOT / "dist").mkdir(exist_ok=True)
        for name in _FILES:
            shutil.copyfile(first / name, ROOT / "dist" / name)
            if (first / name).read_bytes() != (second / name).read_bytes():
                yield f"two clones make two different {name}"


def _git(*arguments: str) -> str:
    command = ["git", *arguments]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)  # noqa: S603
    return done.stdout


if __name__ == "__main__":
    sys.exit(main())
