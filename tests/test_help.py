"""Help: purpose, examples and flags of every command, never wider than the terminal."""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path

import pytest

from kubectl_calico_nic.commands.reference import reference
from kubectl_calico_nic.commands.registry import command_names, load, load_all
from kubectl_calico_nic.flags.every_command import GLOBAL_FLAGS, HELP
from kubectl_calico_nic.flags.help import flag_groups
from kubectl_calico_nic.flags.parser import parse

from .calico_nic import calico_nic
from .cluster_kubectl import KUBECTL

COMMANDS = command_names()
ROOT = Path(__file__).parent.parent
PAGES = [("-h",), ("options",), *((name, "-h") for name in COMMANDS)]


@pytest.mark.parametrize("name", COMMANDS)
def test_h_help_and_the_help_command_are_one_page(name: str) -> None:
    pages = {calico_nic(*argv).stdout for argv in ((name, "-h"), (name, "--help"), ("help", name))}
    assert len(pages) == 1


@pytest.mark.parametrize("name", COMMANDS)
def test_a_page_has_purpose_examples_flags_and_usage_in_kubectls_order(name: str) -> None:
    page = calico_nic(name, "-h").stdout
    command = load(name)
    assert command is not None
    assert page.startswith(command.summary)
    headings = re.findall(r"(?m)^([A-Z].*):$", page)
    groups = flag_groups((*command.flags, HELP))
    assert headings == ["Examples", *groups, "Usage"]
    assert f"kubectl calico-nic {name}" in page


@pytest.mark.parametrize("name", COMMANDS)
def test_every_flag_is_on_the_page_and_every_example_can_be_parsed(name: str) -> None:
    command = load(name)
    assert command is not None
    page = calico_nic(name, "-h").stdout
    assert [flag.name for flag in command.flags if f"--{flag.name}" not in page] == []
    for _, example in command.examples:
        words = shlex.split(re.split(r" [>|]+ ", example)[0])
        assert words[0] == name
        parse(words[1:], (*command.flags, *GLOBAL_FLAGS))


def test_the_overview_names_every_command_and_where_the_connection_flags_are() -> None:
    page = calico_nic("-h").stdout
    assert page == calico_nic().stdout == calico_nic("help").stdout
    assert [name for name in COMMANDS if f"\n  {name} " not in page] == []
    assert 'Use "kubectl calico-nic options"' in page


@pytest.mark.parametrize("width", [40, 57, 80, 100, 250])
@pytest.mark.parametrize("argv", PAGES, ids=" ".join)
def test_no_line_is_wider_than_the_terminal(argv: tuple[str, ...], width: int) -> None:
    page = calico_nic(*argv, width=width)
    assert page.status == 0
    assert [line for line in page.lines if len(line) > width] == []


def test_columns_is_what_a_shell_says_about_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "44")
    lines = calico_nic("set", "-h", width=None).lines
    assert 36 < max(map(len, lines)) <= 44


def test_examples_that_are_broken_can_still_be_pasted() -> None:
    page = calico_nic("inspect", "-h", width=40).stdout
    joined = page.replace(" \\\n", " ")
    command = load("inspect")
    assert command is not None
    for _, example in command.examples:
        assert f"kubectl calico-nic {example}" in re.sub(r" +", " ", joined)


@pytest.mark.skipif(KUBECTL is None, reason="no kubectl")
def test_every_option_of_kubectl_is_taken_by_every_command() -> None:
    assert KUBECTL is not None
    listed = subprocess.run([KUBECTL, "options"], capture_output=True, text=True, check=True).stdout
    theirs = re.findall(r"(?m)^    (?:-(\w), )?--([\w-]+)=", listed)
    ours = {(flag.short or "", flag.name) for flag in GLOBAL_FLAGS}
    assert theirs
    assert set(theirs) - ours == set()


def test_no_flag_of_a_command_hides_one_of_kubectls() -> None:
    theirs = {flag.name for flag in GLOBAL_FLAGS} | {f.short for f in GLOBAL_FLAGS if f.short}
    for command in load_all():
        for flag in command.flags:
            assert flag.name not in theirs, command.name
            assert flag.short not in theirs, command.name


def test_the_reference_is_what_the_definitions_say() -> None:
    written = (ROOT / "docs" / "commands.md").read_text()
    assert written == reference(), "docs/commands.md is old: run `make docs`"
