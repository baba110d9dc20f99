"""``python -m krew``: writes the archive and its manifest."""

from __future__ import annotations

import argparse
import hashlib
import sys
from pathlib import Path

from krew.archive import build_archive
from krew.interpreters import MINORS, interpreters
from krew.manifest import release_uri, render
from krew.vendored import ROOT
from kubectl_calico_nic import __version__

ARCHIVE = "calico-nic.tar.gz"
MANIFEST = "calico-nic.yaml"
CHECKSUMS = "SHA256SUMS"


def main() -> int:
    """Write everything of a release into a directory; say what and how large."""
    parser = argparse.ArgumentParser(prog="python -m krew", description=__doc__)
    parser.add_argument("--output", type=Path, default=ROOT / "dist", metavar="DIRECTORY")
    parser.add_argument("--every-python", action="store_true", help="miss no version's bytecode")
    options = parser.parse_args()
    found = interpreters()
    missing = [f"3.{minor}" for minor in MINORS if minor not in {each.minor for each in found}]
    if missing:
        sys.stderr.write(f"no Python {', '.join(missing)} here: no bytecode for it\n")
        if options.every_python:
            return 1
    options.output.mkdir(parents=True, exist_ok=True)
    _write(options.output, build_archive(found))
    return 0


def _write(output: Path, archive: bytes) -> None:
    version, template = f"v{__version__}", (ROOT / "plugin.yaml").read_text()
    digest = hashlib.sha256(archive).hexdigest()
    uri = release_uri(template, version)
    manifest = render(template, version=version, uri=uri, sha256=digest)
    (output / ARCHIVE).write_bytes(archive)
    (output / MANIFEST).write_text(manifest)
    sums = {ARCHIVE: digest, MANIFEST: hashlib.sha256(manifest.encode()).hexdigest()}
    lines = [f"{known}  {name}\n" for name, known in sums.items()]
    (output / CHECKSUMS).write_text("".join(lines))
    sys.stdout.write(f"{output / ARCHIVE}: {len(archive)} bytes, sha256 {digest}\n")


if __name__ == "__main__":
    sys.exit(main())
