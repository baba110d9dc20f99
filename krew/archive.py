"""The archive itself: the same bytes for the same content."""

from __future__ import annotations

import gzip
import io
import shutil
import tarfile
import tempfile
from collections.abc import Sequence
from pathlib import Path

from krew.bytecode import add_bytecode
from krew.interpreters import Interpreter
from krew.vendored import ROOT, make_library

LAUNCHER = Path(__file__).parent / "kubectl-calico_nic"
EXECUTABLES = ("kubectl-calico_nic", "kubectl_complete-calico_nic")
"""The plugin, and what kubectl's shell completion runs: one program that goes by its name."""

_TIME = 315532800  # 1980-01-01, the oldest that every format can hold; krew keeps no times


def build_archive(interpreters: Sequence[Interpreter]) -> bytes:
    """The bytes of the archive, with bytecode for each of ``interpreters``."""
    with tempfile.TemporaryDirectory() as temporary:
        root = Path(temporary)
        make_library(root / "lib", root / "licenses")
        add_bytecode(root / "lib", interpreters)
        for name in EXECUTABLES:
            shutil.copyfile(LAUNCHER, root / name)
        shutil.copyfile(ROOT / "LICENSE", root / "LICENSE")
        versions = "".join(f"CPython {interpreter.version}\n" for interpreter in interpreters)
        (root / "bytecode.txt").write_text(versions)
        return _packed(root)


def _packed(root: Path) -> bytes:
    """The files below ``root`` as .tar.gz, in the order of their names, owned by nobody."""
    packed = io.BytesIO()
    with (
        gzip.GzipFile(fileobj=packed, mode="wb", filename="", mtime=_TIME) as compressed,
        tarfile.open(fileobj=compressed, mode="w", format=tarfile.USTAR_FORMAT) as archive,
    ):
        for file in sorted(path for path in root.rglob("*") if path.is_file()):
            name = file.relative_to(root).as_posix()
            entry = tarfile.TarInfo(name)
            entry.size, entry.mtime = file.stat().st_size, _TIME
            entry.mode = 0o755 if name in EXECUTABLES else 0o644
            with file.open("rb") as content:
                archive.addfile(entry, content)
    return packed.getvalue()
