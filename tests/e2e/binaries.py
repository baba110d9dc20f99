"""The programs the end-to-end tests run: found, or built from pinned Go modules into a cache.

``KUBEBUILDER_ASSETS`` (the convention of controller-runtime's envtest) is used for what it holds,
kubectl also comes from the running Python environment; the rest is built from the modules below
``go/``. ``KUBERNETES_VERSION`` asks for a control plane of another of the pinned versions. Run as
``python -m tests.e2e.binaries`` to build everything that is missing.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_MODULES = Path(__file__).parent / "go"


class BuildError(Exception):
    """A program is missing and cannot be built; the text is one line for the user."""


@dataclass(frozen=True, slots=True)
class GoModule:
    """A module below ``go/`` that pins one project and the programs built from it.

    ``programs`` maps a program's name to its main package. ``version_variables`` are the Go
    variables that the project stamps its version into; clients see ``v0.0.0`` without them.
    """

    name: str
    project: str
    programs: Mapping[str, str]
    version_variables: Mapping[str, str]

    @property
    def directory(self) -> Path:
        """Where its ``go.mod`` is."""
        return _MODULES / self.name

    @property
    def version(self) -> str:
        """The pinned version of the project, ``v1.37.2``."""
        requirement = re.search(
            rf"^(?:require)?\s+{re.escape(self.project)} (v\S+)",
            (self.directory / "go.mod").read_text(),
            re.MULTILINE,
        )
        assert requirement is not None, f"{self.name}/go.mod does not require {self.project}"
        return requirement[1]

    @property
    def linker_flags(self) -> str:
        """What ``go build -ldflags`` is given: no debug information, and the version."""
        major, minor, _patch = self.version.removeprefix("v").split(".", 2)
        words = {"version": self.version, "major": major, "minor": minor}
        stamps = [f"-X {name}={words[word]}" for name, word in self.version_variables.items()]
        return " ".join(["-s", "-w", *stamps])

    @property
    def cache(self) -> Path:
        """The directory of its built programs, named after everything that decides their bytes."""
        decisive = hashlib.sha256(self.linker_flags.encode())
        for pinned in ("go.mod", "go.sum"):
            decisive.update((self.directory / pinned).read_bytes())
        return cache_directory() / f"{self.name}-{self.version}-{decisive.hexdigest()[:12]}"


_KUBERNETES = "k8s.io/kubernetes"
_COMPONENT = "k8s.io/component-base/version"
_STAMPS = {
    f"{_COMPONENT}.gitVersion": "version",
    f"{_COMPONENT}.gitMajor": "major",
    f"{_COMPONENT}.gitMinor": "minor",
}
_KUBECTL = f"{_KUBERNETES}/cmd/kubectl"
_CONTROL_PLANE = {
    name: f"{_KUBERNETES}/cmd/{name}"
    for name in ("kube-apiserver", "kube-controller-manager", "kube-scheduler")
}
_NEWEST = GoModule(
    "kubernetes",
    _KUBERNETES,
    {"etcd": "go.etcd.io/etcd/server/v3", **_CONTROL_PLANE, "kubectl": _KUBECTL},
    _STAMPS,
)
_OLDER = GoModule("kubernetes-1.35", _KUBERNETES, _CONTROL_PLANE, _STAMPS)
"""Two minors behind; built only where ``KUBERNETES_VERSION`` asks for it."""
OLDER_KUBECTL = "kubectl-1.32"
_KUBECTL_1_32 = GoModule(OLDER_KUBECTL, _KUBERNETES, {OLDER_KUBECTL: _KUBECTL}, _STAMPS)
KWOK = GoModule("kwok", "sigs.k8s.io/kwok", {"kwok": "sigs.k8s.io/kwok/cmd/kwok"}, {})
OPERATOR = GoModule("operator", "github.com/tigera/operator", {}, {})
ARGO_CD = GoModule("argo-cd", "github.com/argoproj/argo-cd/v3", {}, {})
KUSTOMIZE_CONTROLLER = GoModule(
    "kustomize-controller", "github.com/fluxcd/kustomize-controller", {}, {}
)
HELM_CONTROLLER = GoModule("helm-controller", "github.com/k3s-io/helm-controller", {}, {})
_READ = (KWOK, OPERATOR, ARGO_CD, KUSTOMIZE_CONTROLLER, HELM_CONTROLLER)
"""Their manifests are read: CustomResourceDefinitions for the most part."""
_KREW = GoModule(
    "krew",
    "sigs.k8s.io/krew",
    {
        "krew": "sigs.k8s.io/krew/cmd/krew",
        "validate-krew-manifest": "sigs.k8s.io/krew/cmd/validate-krew-manifest",
    },
    {"sigs.k8s.io/krew/internal/version.gitTag": "version"},
)
_EVERY_RUNS = (_NEWEST, KWOK, _KREW)
_MODULE_OF = {name: module for module in (*_EVERY_RUNS, _KUBECTL_1_32) for name in module.programs}


def cache_directory() -> Path:
    """Where builds are kept between runs, outside the tree."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "kubectl-calico-nic"


def find(program: str) -> Path:
    """The path of ``program``, which is built first when it is nowhere yet.

    Raises:
        BuildError: it is missing, and Go is too or cannot build it; or it is asked for in a version
            that nothing pins.
    """
    asked = os.environ.get("KUBERNETES_VERSION") if program in _CONTROL_PLANE else None
    module = _control_plane() if asked else _MODULE_OF[program]
    installed = None if asked else _installed(program)
    return installed or _cached(module, program) or _build(module, program)


def control_plane_version() -> str:
    """The version of the control plane that is built, ``v1.37.2``.

    Raises:
        BuildError: nothing pins the one that is asked for.
    """
    return _control_plane().version


def _control_plane() -> GoModule:
    """The newest, or what ``KUBERNETES_VERSION`` says: ``1.35``, ``1.35.4`` or ``v1.35.4``."""
    asked = os.environ.get("KUBERNETES_VERSION") or _NEWEST.version
    modules = (_NEWEST, _OLDER)
    for module in modules:
        if f"{module.version}.".startswith(f"v{asked.removeprefix('v')}."):
            return module
    known = " or ".join(module.version for module in modules)
    raise BuildError(f"error: KUBERNETES_VERSION must be {known}, not {asked}")


def module_source(module: GoModule) -> Path:
    """The unpacked source of the pinned project in Go's module cache.

    Raises:
        BuildError: Go is missing, or the module cannot be fetched.
    """
    arguments = ["mod", "download", "-json", f"{module.project}@{module.version}"]
    go = _go(f"{module.name}'s manifests are read from its Go module")
    downloaded = subprocess.run(
        [go, *arguments], cwd=module.directory, capture_output=True, text=True
    )
    if downloaded.returncode != 0:
        raise BuildError(f"error: go {' '.join(arguments)}: {_last_line(downloaded.stderr)}")
    return Path(json.loads(downloaded.stdout)["Dir"])


def _installed(program: str) -> Path | None:
    places = [os.environ.get("KUBEBUILDER_ASSETS", "")]
    if program == "kubectl":
        places.append(os.path.dirname(sys.executable))
    for place in filter(None, places):
        found = shutil.which(program, path=place)
        if found is not None:
            return Path(found)
    return None


def _cached(module: GoModule, program: str) -> Path | None:
    built = module.cache / program
    return built if built.exists() else None


def _build(module: GoModule, program: str) -> Path:
    instead = " or point KUBEBUILDER_ASSETS at the programs"
    go = _go(f"{program} must be built", instead)
    with _locked(module.cache):
        built = _cached(module, program)
        if built is not None:
            return built
        started = time.monotonic()
        sys.stderr.write(f"building {program} {module.version} ...\n")
        built = _compile(go, module, program)
        sys.stderr.write(f"built {built} in {time.monotonic() - started:.0f}s\n")
        return built


def _compile(go: str, module: GoModule, program: str) -> Path:
    command = [go, "build", "-trimpath", "-buildvcs=false", "-ldflags", module.linker_flags]
    environment = {**os.environ, "CGO_ENABLED": "0", "GOWORK": "off"}
    with tempfile.TemporaryDirectory(dir=module.cache) as unfinished:
        output = Path(unfinished, program)
        compiled = subprocess.run(
            [*command, "-o", output, module.programs[program]],
            cwd=module.directory,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        if compiled.returncode != 0:
            raise BuildError(f"error: cannot build {program}: {_last_line(compiled.stdout)}")
        return output.replace(module.cache / program)


def _go(purpose: str, instead: str = "") -> str:
    go = shutil.which("go")
    if go is None:
        raise BuildError(
            f"error: {purpose}, and there is no go on the PATH: "
            f"install Go (https://go.dev/dl/){instead}"
        )
    return go


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or ["no reason given"])[-1]


@contextmanager
def _locked(directory: Path) -> Iterator[None]:
    """Let one run build while the others wait for its result."""
    directory.mkdir(parents=True, exist_ok=True)
    with open(directory / ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def main() -> int:
    """Find or build every program of a test run and print where each one is."""
    try:
        for program in (name for module in _EVERY_RUNS for name in module.programs):
            sys.stdout.write(f"{program}: {find(program)}\n")
        for module in _READ:
            module_source(module)
    except BuildError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
