"""``lib`` of the archive: the plugin's package, and its dependencies as pure Python."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "kubectl_calico_nic"
DEPENDENCIES = Path(__file__).parent / "dependencies.txt"

_LICENCES = ("LICEN[CS]E*", "COPYING*", "NOTICE*", "AUTHORS*")

_UNUSED = (
    # What only some platforms can run, or no Python does.
    *("**/*.so", "**/*.pyi", "bin", "_yaml", "**/py.typed", "dateutil/tzwin.py"),
    *("rich/_win32_console.py", "rich/_windows_renderer.py", "dateutil/tz/win.py"),
    *("urllib3/contrib/emscripten", "yaml/cyaml.py"),
    # What needs a package that the plugin does not.
    *("urllib3/http2/connection.py", "urllib3/contrib/pyopenssl.py", "sockshandler.py"),
    *("rich/markdown.py", "rich/syntax.py", "rich/traceback.py", "rich/__main__.py"),
    # Tests, and programs of their own.
    *("certifi/tests", "netaddr/tests", "websocket/tests", "**/__main__.py", "netaddr/cli.py"),
    *("charset_normalizer/cli", "dateutil/zoneinfo", "websocket/_wsdump.py"),
    # The registry of MAC address vendors, nine megabytes; the plugin knows only IP addresses.
    *("netaddr/eui/*.txt", "netaddr/eui/*.idx", "netaddr/eui/ieee.py"),
    # Of the Kubernetes client only its transport is used: objects stay plain JSON, which spares
    # the import of a thousand modules at every start.
    *(f"kubernetes/{name}" for name in ("aio", "config", "dynamic", "informer", "leaderelection")),
    *("kubernetes/stream", "kubernetes/utils", "kubernetes/watch"),
    *("kubernetes/client/api", "kubernetes/client/apis", "kubernetes/client/models/[!_]*"),
)


def make_library(library: Path, licences: Path) -> None:
    """Fill ``library`` with what ``import`` needs, and ``licences`` with the licence of each part.

    Raises:
        subprocess.CalledProcessError: a dependency cannot be fetched, or is not the pinned one.
    """
    _install(library)
    _keep_licences(library, licences)
    _drop_unused(library)
    _forget_dropped(library / "kubernetes")
    shutil.copytree(PACKAGE, library / PACKAGE.name, ignore=shutil.ignore_patterns("__pycache__"))


def _install(library: Path) -> None:
    """Unpack the pinned wheels: the same ones on every machine, whatever its own platform is."""
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    platform = ["--implementation", "cp", "--python-version", "3.10"]
    for name in ("any", "manylinux2014_x86_64"):
        platform += ["--platform", name]
    exact = ["--no-deps", "--only-binary=:all:", "--require-hashes", "-r", str(DEPENDENCIES)]
    with tempfile.TemporaryDirectory() as elsewhere:
        command = [*pip, "--no-compile", "--target", str(library), *platform, *exact]
        subprocess.run(command, check=True, cwd=elsewhere)  # noqa: S603


def _keep_licences(library: Path, licences: Path) -> None:
    for information in sorted(library.glob("*.dist-info")):
        own = licences / information.name.removesuffix(".dist-info")
        for text in _licence_files(information):
            own.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(text, own / text.name)
        if not own.exists():
            raise FileNotFoundError(f"{information.name} carries no licence")
        shutil.rmtree(information)


def _licence_files(information: Path) -> Iterator[Path]:
    for place in (information, information / "licenses"):
        for pattern in _LICENCES:
            yield from sorted(place.glob(pattern))


def _drop_unused(library: Path) -> None:
    for pattern in _UNUSED:
        for path in sorted(library.glob(pattern)):
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()


def _forget_dropped(package: Path) -> None:
    """Remove from each ``__init__`` of ``package`` the imports of modules that were dropped."""
    for file in sorted(package.rglob("__init__.py")):
        source = file.read_text()
        lines = source.splitlines(keepends=True)
        for node in ast.parse(source).body:
            if isinstance(node, ast.ImportFrom) and not _exists(node, file, package):
                lines[node.lineno - 1 : node.end_lineno] = [""] * _height(node)
        file.write_text("".join(lines))


def _height(node: ast.ImportFrom) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def _exists(node: ast.ImportFrom, file: Path, package: Path) -> bool:
    """Whether the module that ``file`` imports from is there; outside the package all are."""
    parts = (node.module or node.names[0].name).split(".")
    if node.level:
        place = file.parents[node.level - 1].joinpath(*parts)
    elif parts[0] == package.name:
        place = package.parent.joinpath(*parts)
    else:
        return True
    return place.is_dir() or place.with_suffix(".py").exists()
