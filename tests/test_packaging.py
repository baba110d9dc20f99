"""What a release is made of: one version everywhere, pins that fit, a launcher for every Python."""

from __future__ import annotations

import configparser
import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from krew.interpreters import MINORS
from krew.manifest import release_bot_template, release_uri, render
from kubectl_calico_nic import __version__

ROOT = Path(__file__).parent.parent
TEMPLATE = (ROOT / "plugin.yaml").read_text()
LAUNCHER = ROOT / "krew" / "kubectl-calico_nic"
SHA = hashlib.sha256(b"archive").hexdigest()
PINS = dict(re.findall(r"(?m)^([\w-]+)==(\S+)", (ROOT / "krew" / "dependencies.txt").read_text()))


def setup() -> configparser.ConfigParser:
    parser = configparser.ConfigParser()
    parser.read(ROOT / "setup.cfg")
    return parser


def test_one_version() -> None:
    assert yaml.safe_load(TEMPLATE)["spec"]["version"] == f"v{__version__}"
    (platform,) = yaml.safe_load(TEMPLATE)["spec"]["platforms"]
    assert release_uri(TEMPLATE, f"v{__version__}") == platform["uri"]


def test_the_manifest_of_a_release_differs_in_nothing_else() -> None:
    uri = release_uri(TEMPLATE, "v1.2.3")
    rendered = yaml.safe_load(render(TEMPLATE, version="v1.2.3", uri=uri, sha256=SHA))
    expected = yaml.safe_load(TEMPLATE)
    expected["spec"]["version"] = "v1.2.3"
    (platform,) = expected["spec"]["platforms"]
    platform.update(uri=uri, sha256=SHA)
    assert uri.endswith("/releases/download/v1.2.3/calico-nic.tar.gz")
    assert rendered == expected


@pytest.mark.parametrize("line", ["  version: v0.1.0\n", f'    sha256: "{"0" * 64}"\n'])
def test_a_template_that_lacks_a_field_is_no_template(line: str) -> None:
    with pytest.raises(ValueError, match="plugin.yaml has 0 lines"):
        render(TEMPLATE.replace(line, ""), version="v1.2.3", uri="https://x", sha256=SHA)


def test_krew_release_bot_fills_in_the_same_manifest() -> None:
    bot = release_bot_template(TEMPLATE)
    uri = release_uri(TEMPLATE, "v1.2.3")
    filled = re.sub(r"\{\{addURIAndSha .*\}\}", f'uri: {uri}\n    sha256: "{SHA}"', bot).replace(
        "{{ .TagName }}", "v1.2.3"
    )
    assert filled == render(TEMPLATE, version="v1.2.3", uri=uri, sha256=SHA)


def test_the_caveats_link_the_name_that_kubectl_looks_for() -> None:
    caveats = yaml.safe_load(TEMPLATE)["spec"]["caveats"]
    assert "ln -sf kubectl-calico_nic kubectl_complete-calico_nic" in caveats
    scripts = setup()["options.entry_points"]["console_scripts"]
    assert {line.split(" = ")[0] for line in scripts.split("\n") if line} == {
        "kubectl-calico_nic",
        "kubectl_complete-calico_nic",
    }


def test_the_pinned_dependencies_are_among_those_that_pip_may_take() -> None:
    required = setup()["options"]["install_requires"].strip().split("\n")
    for requirement in map(Requirement, required):
        assert requirement.specifier.contains(PINS[canonicalize_name(requirement.name)])


def test_the_pythons_are_those_of_the_package() -> None:
    classifiers = setup()["metadata"]["classifiers"]
    named = re.findall(r"Python :: 3\.(\d+)", classifiers)
    assert tuple(map(int, named)) == MINORS
    launcher = LAUNCHER.read_text()
    assert f"OLDEST = (3, {MINORS[0]})" in launcher
    assert f"NEWEST = (3, {MINORS[-1]})" in launcher
    workflow = (ROOT / ".github" / "workflows" / "release.yaml").read_text()
    assert set(re.findall(r"(?m)^ +3\.(\d+)$", workflow)) == set(named)


def test_the_workflow_is_yaml_and_runs_targets_that_exist() -> None:
    text = (ROOT / ".github" / "workflows" / "release.yaml").read_text()
    steps = [step for job in yaml.safe_load(text)["jobs"].values() for step in job["steps"]]
    assert all(("uses" in step) != ("run" in step) for step in steps)
    targets = re.findall(r"(?m)^([\w-]+):", (ROOT / "Makefile").read_text())
    for step in steps:
        for made in re.findall(r"(?m)^make (.*)$", step.get("run", "")):
            assert set(made.split()) <= {*targets, ".venv/.development"}


def old_pythons() -> list[str]:
    """Pythons that are too old for the plugin, as far as they are here."""
    kept = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    places = [str(path) for path in kept.glob("versions/*/bin")]
    names = ("python2.7", *(f"python3.{minor}" for minor in range(4, MINORS[0])))
    found = (shutil.which(name, path=os.pathsep.join(places)) for name in names)
    return [path for path in found if path is not None]


@pytest.mark.parametrize("python", old_pythons())
def test_an_old_python_says_in_one_line_what_is_missing(python: str, tmp_path: Path) -> None:
    done = start(python, path=str(tmp_path))
    assert (done.returncode, done.stdout) == (1, "")
    assert re.fullmatch(
        r"error: kubectl calico-nic needs Python 3\.10 or newer: python3 is [\d.]+, and there is "
        r"no newer one on the PATH\n",
        done.stderr,
    )


@pytest.mark.parametrize("python", old_pythons())
def test_an_old_python_hands_over_to_a_newer_one_that_works(python: str, tmp_path: Path) -> None:
    broken, working = tmp_path / "shims", tmp_path / "bin"
    for place, minor, text in ((broken, 13, "exit 127"), (working, 11, 'echo "new: $*"')):
        place.mkdir()
        program = place / f"python3.{minor}"
        program.write_text(f"#!/bin/sh\n{text}\n")
        program.chmod(0o755)
    done = start(python, path=os.pathsep.join((str(broken), str(working))))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"new: {LAUNCHER} version -n x\n"


def start(python: str, path: str) -> subprocess.CompletedProcess[str]:
    command = [python, str(LAUNCHER), "version", "-n", "x"]
    return subprocess.run(command, env={"PATH": path}, capture_output=True, text=True)


def test_the_launcher_finds_its_library_behind_a_link(tmp_path: Path) -> None:
    """As krew installs it: a link in bin to a directory that holds the version."""
    store, link = tmp_path / "store" / "v1", tmp_path / "bin" / "kubectl-calico_nic"
    (store / "lib" / "kubectl_calico_nic").mkdir(parents=True)
    shutil.copy(LAUNCHER, store)
    package = store / "lib" / "kubectl_calico_nic"
    (package / "__init__.py").touch()
    (package / "cli.py").write_text("import sys\n\n\ndef run():\n    print(sys.argv)\n")
    link.parent.mkdir()
    link.symlink_to(store / LAUNCHER.name)
    done = subprocess.run(
        [sys.executable, str(link), "x"], capture_output=True, text=True, check=True
    )
    assert done.stdout == f"{[str(link), 'x']}\n"
