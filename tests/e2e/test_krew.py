"""The krew archive: built from this tree; the real krew installs, upgrades and removes it."""

from __future__ import annotations

import functools
import hashlib
import http.server
import os
import re
import resource
import shutil
import subprocess
import sys
import tarfile
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from krew.__main__ import ARCHIVE, CHECKSUMS, MANIFEST
from krew.archive import EXECUTABLES
from krew.interpreters import Interpreter, interpreters
from krew.manifest import render
from kubectl_calico_nic import __version__

from .binaries import find
from .cluster import Cluster
from .plugin_process import Program
from .story import VERSION
from .whole_story import whole_story

ROOT = Path(__file__).parent.parent.parent
PYTHONS = interpreters()
SOURCES = ("krew", "kubectl_calico_nic", "plugin.yaml", "LICENSE")
SLOWEST_START = 0.060
"""Seconds above the start of Python itself."""


def build(place: Path) -> Path:
    """What ``make dist`` makes in another directory with the same sources."""
    place.mkdir()
    for name in SOURCES:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, place / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, place / name)
    subprocess.run([sys.executable, "-m", "krew", "--output", "dist"], cwd=place, check=True)
    return place / "dist"


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("clone") / "one")


@pytest.fixture(scope="module")
def unpacked(dist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The archive, unpacked where nobody writes."""
    place = tmp_path_factory.mktemp("unpacked")
    with tarfile.open(dist / ARCHIVE) as archive:
        archive.extractall(place)
    return place


@pytest.fixture(scope="module")
def server(dist: Path) -> Iterator[str]:
    """The URI of the archive on a server on loopback."""
    handler = functools.partial(_Silent, directory=str(dist))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as serving:
        threading.Thread(target=serving.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{serving.server_port}/{ARCHIVE}"
        serving.shutdown()


class _Silent(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing."""


@dataclass(frozen=True)
class Home:
    """A home directory with kubectl, krew, and nothing else."""

    path: Path
    environ: Mapping[str, str]

    def run(self, *command: str, status: int = 0) -> str:
        """Run a command; what it prints, and says on stderr."""
        done = subprocess.run(command, env=dict(self.environ), capture_output=True, text=True)
        assert done.returncode == status, f"{command}: {done.stdout}{done.stderr}"
        return done.stdout + done.stderr

    @property
    def krew_root(self) -> Path:
        return self.path / ".krew"

    @property
    def versions(self) -> list[str]:
        store = self.krew_root / "store" / "calico-nic"
        return sorted(path.name for path in store.iterdir()) if store.exists() else []


@pytest.fixture
def home(tmp_path: Path) -> Home:
    programs = tmp_path / "programs"
    programs.mkdir()
    for name, program in (("kubectl", find("kubectl")), ("kubectl-krew", find("krew"))):
        (programs / name).symlink_to(program)
    (programs / "python3").symlink_to(PYTHONS[0].path)
    path = os.pathsep.join((str(tmp_path / ".krew" / "bin"), str(programs), "/usr/bin", "/bin"))
    index = tmp_path / "index"
    environ = {
        "PATH": path,
        "HOME": str(tmp_path),
        "KREW_DEFAULT_INDEX_URI": index.as_uri(),
        "KREW_NO_UPGRADE_CHECK": "1",
        **{f"GIT_{who}_{what}": "t@example" for who in ("AUTHOR", "COMMITTER") for what in _WHO},
        "GIT_CONFIG_GLOBAL": os.devnull,
    }
    made = Home(tmp_path, environ)
    made.run("git", "init", "--quiet", str(index))
    publish(made, None)
    return made


_WHO = ("NAME", "EMAIL")


def publish(home: Home, manifest: str | None) -> None:
    """Put a manifest into the index that krew has for its default one."""
    index = home.path / "index"
    (index / "plugins").mkdir(exist_ok=True)
    (index / "plugins" / ".gitkeep").touch()
    if manifest is not None:
        (index / "plugins" / "calico-nic.yaml").write_text(manifest)
    home.run("git", "-C", str(index), "add", "--all")
    home.run("git", "-C", str(index), "commit", "--quiet", "--message", "plugins")


def manifest_for(dist: Path, uri: str, version: str = f"v{__version__}") -> str:
    digest = hashlib.sha256((dist / ARCHIVE).read_bytes()).hexdigest()
    template = (ROOT / "plugin.yaml").read_text()
    return render(template, version=version, uri=uri, sha256=digest)


def test_two_builds_give_the_same_bytes(dist: Path, tmp_path: Path) -> None:
    again = build(tmp_path / "another-name")
    for name in (ARCHIVE, MANIFEST, CHECKSUMS):
        assert (again / name).read_bytes() == (dist / name).read_bytes(), name


def test_the_manifest_and_the_checksums_are_those_of_the_archive(dist: Path) -> None:
    digest = hashlib.sha256((dist / ARCHIVE).read_bytes()).hexdigest()
    assert f'sha256: "{digest}"' in (dist / MANIFEST).read_text()
    assert f"{digest}  {ARCHIVE}\n" in (dist / CHECKSUMS).read_text()


def test_the_archive_holds_files_that_krew_takes(dist: Path) -> None:
    with tarfile.open(dist / ARCHIVE) as archive:
        entries = archive.getmembers()
    assert all(entry.isreg() and entry.uid == entry.gid == 0 for entry in entries)
    assert [entry.name for entry in entries] == sorted(entry.name for entry in entries)
    assert {entry.name for entry in entries if entry.mode == 0o755} == set(EXECUTABLES)
    assert {entry.mode for entry in entries} == {0o755, 0o644}
    assert "LICENSE" in {entry.name for entry in entries}
    assert not [entry.name for entry in entries if entry.name.endswith((".so", ".dylib", ".pyd"))]


def test_every_dependency_comes_with_its_licence(unpacked: Path) -> None:
    pinned = re.findall(r"(?m)^([\w-]+)==(\S+)", (ROOT / "krew" / "dependencies.txt").read_text())
    licensed = {
        path.name.lower().replace("_", "-"): [text for text in path.iterdir() if text.read_text()]
        for path in (unpacked / "licenses").iterdir()
    }
    assert sorted(licensed) == sorted(f"{name}-{version}" for name, version in pinned)
    assert all(licensed.values())


IMPORT_EVERYTHING = """
import importlib, pathlib, sys, warnings
root = pathlib.Path(sys.argv[1])
sys.path.insert(0, sys.argv[1])
sys.dont_write_bytecode = True
warnings.simplefilter("ignore")
names = [".".join(path.relative_to(root).with_suffix("").parts) for path in root.rglob("*.py")]
for name in sorted(name.removesuffix(".__init__") for name in names):
    if not name.endswith("__main__"):
        importlib.import_module(name)
"""


@pytest.mark.parametrize("python", PYTHONS, ids=lambda python: python.version)
def test_everything_in_it_can_be_imported(python: Interpreter, unpacked: Path) -> None:
    """Without the packages of the machine, so that none of them hides a missing one."""
    command = [python.path, "-I", "-S", "-c", IMPORT_EVERYTHING, str(unpacked / "lib")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("python", PYTHONS, ids=lambda python: python.version)
def test_it_runs_with_this_python_and_writes_nothing(python: Interpreter, unpacked: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in unpacked.rglob("*")}
    environ = {"HOME": "/nonexistent", "PATH": "/usr/bin:/bin"}
    launcher = str(unpacked / "kubectl-calico_nic")
    for words, expected in ((("version",), f"v{__version__}"), (("demo",), "proven on 4 of 4")):
        done = subprocess.run(
            [python.path, launcher, *words], env=environ, capture_output=True, text=True
        )
        assert (done.returncode, done.stderr.replace(_FOLLOW, "")) == (0, "")
        assert expected in done.stdout
    assert {path: path.stat().st_mtime_ns for path in unpacked.rglob("*")} == before


_FOLLOW = "Follow it: kubectl calico-nic rollout-check\n"


@pytest.mark.parametrize("python", PYTHONS, ids=lambda python: python.version)
def test_start_up_costs_little_above_python_itself(python: Interpreter, unpacked: Path) -> None:
    """``version``, help and usage errors, side by side with ``python3 -c pass``.

    Processor time: what else runs on the machine changes the time on the clock.
    """
    launcher = str(unpacked / "kubectl-calico_nic")
    lines = {
        "pass": ["-c", "pass"],
        **{words: [launcher, *words.split()] for words in ("version", "-h", "set -h", "set --no")},
    }
    least = dict.fromkeys(lines, 60.0)
    for _ in range(9):
        for name, words in lines.items():
            least[name] = min(least[name], processor_seconds(python.path, *words))
    above = {name: round(seconds - least["pass"], 3) for name, seconds in least.items()}
    assert max(above.values()) < SLOWEST_START, f"{above} above {least['pass']:.3f}"


def processor_seconds(*command: str) -> float:
    """What a command takes of the processor, in the system and outside of it."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def test_krews_own_check_takes_the_manifest(dist: Path, server: str, home: Home) -> None:
    """As krew-index runs it: it installs the plugin for every platform that the manifest names."""
    manifest = home.path / MANIFEST
    manifest.write_text(manifest_for(dist, server))
    home.run(str(find("validate-krew-manifest")), "-manifest", str(manifest))


def install(home: Home, dist: Path) -> str:
    return home.run(
        *("kubectl", "krew", "install"),
        *(f"--manifest={dist / MANIFEST}", f"--archive={dist / ARCHIVE}"),
    )


def test_install_run_complete_and_uninstall(dist: Path, home: Home) -> None:
    said = install(home, dist)
    assert home.run("kubectl", "calico-nic", "version") == f"kubectl calico-nic v{__version__}\n"
    assert "proven on 4 of 4 nodes" in home.run("kubectl", "calico-nic", "demo")
    assert "error: unknown flag: --nope" in home.run(
        "kubectl", "calico-nic", "inspect", "--nope", status=1
    )
    link = re.search(r"\(cd .* && ln -sf .*\)", said)
    assert link is not None, said
    home.run("sh", "-c", link[0])
    assert "rollout-check\t" in home.run("kubectl", "__complete", "calico-nic", "roll")
    plugins = home.run("kubectl", "plugin", "list")
    assert "warning" not in plugins
    assert plugins.count("calico") == 1
    home.run("kubectl", "krew", "update")
    home.run("kubectl", "krew", "uninstall", "calico-nic")
    assert home.versions == []
    home.run("kubectl", "calico-nic", "version", status=1)


def test_the_whole_story_from_the_installation(dist: Path, home: Home, cluster: Cluster) -> None:
    """Through kubectl, with nothing of this tree: krew's bin alone leads to the plugin."""
    install(home, dist)
    kubectl = str(home.path / "programs" / "kubectl")
    whole_story(cluster, VERSION, Program((kubectl, "calico-nic"), home.environ))


def test_upgrade_from_an_index(dist: Path, server: str, home: Home) -> None:
    publish(home, manifest_for(dist, server, "v0.0.1"))
    home.run("kubectl", "krew", "install", "calico-nic")
    home.run("sh", "-c", "cd ~/.krew/bin && ln -sf kubectl-calico_nic kubectl_complete-calico_nic")
    assert home.versions == ["v0.0.1"]
    publish(home, manifest_for(dist, server))
    home.run("kubectl", "krew", "upgrade")
    assert home.versions == [f"v{__version__}"]
    assert "proven on 4 of 4 nodes" in home.run("kubectl", "calico-nic", "demo")
    assert "inspect\t" in home.run("kubectl", "__complete", "calico-nic", "insp")


def test_a_wrong_archive_is_refused(dist: Path, home: Home, tmp_path: Path) -> None:
    other = tmp_path / ARCHIVE
    other.write_bytes((dist / ARCHIVE).read_bytes() + b"\0")
    assert "checksum does not match" in home.run(
        *("kubectl", "krew", "install", f"--manifest={dist / MANIFEST}", f"--archive={other}"),
        status=1,
    )
