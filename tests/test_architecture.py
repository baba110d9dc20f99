"""The import rule of the pure core, and lazy start-up."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "kubectl_calico_nic"

# Each room may import the rooms of the rows above it, and those left of it in its own row.
FLOORS = (
    ("go", "calico", "iproute", "workload"),
    ("snapshot",),
    ("findings", "owners"),
    ("diagnosis",),
    ("change", "rollout"),
)
PURE = [room for floor in FLOORS for room in floor]
FORBIDDEN = {
    "kubernetes", "rich", "urllib3", "yaml", "websocket", "requests", "socket", "subprocess",
    "threading", "time", "os", "io", "pathlib", "logging", "random", "tempfile",
}  # fmt: skip


def imports(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: imports are absolute"
            yield node.module or ""


def allowed_rooms(room: str) -> set[str]:
    before = {"errors", "family"}
    for floor in FLOORS:
        if room in floor:
            return before | set(floor[: floor.index(room) + 1])
        before |= set(floor)
    raise AssertionError(room)


@pytest.mark.parametrize("room", PURE)
def test_a_pure_room_imports_only_what_stands_above_it(room: str) -> None:
    wrong = []
    for file in (PACKAGE / room).rglob("*.py"):
        for name in imports(file):
            parts = name.split(".")
            if parts[0] in FORBIDDEN:
                wrong.append(f"{file.name}: {name}")
            if parts[0] == PACKAGE.name and len(parts) > 1 and parts[1] not in allowed_rooms(room):
                wrong.append(f"{file.name}: {name}")
    assert wrong == []


@pytest.mark.parametrize("room", PURE)
def test_a_pure_room_reads_no_clock(room: str) -> None:
    for file in (PACKAGE / room).rglob("*.py"):
        text = file.read_text()
        assert ".now(" not in text, file
        assert ".utcnow(" not in text, file
        assert "open(" not in text, file


EDGES = ("collection", "cluster", "bundle", "output", "simulator")


@pytest.mark.parametrize("room", EDGES)
def test_an_edge_does_not_import_the_commands(room: str) -> None:
    for file in (PACKAGE / room).rglob("*.py"):
        for name in imports(file):
            assert not name.startswith(("kubectl_calico_nic.commands", "kubectl_calico_nic.cli"))


@pytest.mark.parametrize(
    "argv",
    [
        ["version"],
        ["--help"],
        ["inspect", "--nope"],
        ["nonsense"],
        ["set", "--help"],
        ["options"],
        ["completion", "bash"],
        ["__complete", "inspect", "--fam"],
    ],
    ids=" ".join,
)
def test_version_help_and_usage_errors_import_no_heavy_library(argv: list[str]) -> None:
    program = (
        "import sys\n"
        "from kubectl_calico_nic.cli import main\n"
        "from kubectl_calico_nic.environment import Environment\n"
        f"main({argv!r}, Environment())\n"
        "heavy = {'kubernetes', 'rich', 'urllib3', 'yaml', 'netaddr', 'websocket'}\n"
        "print('LOADED', sorted(heavy & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert "LOADED []" in done.stdout, done.stdout + done.stderr
