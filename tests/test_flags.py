"""Command lines in every spelling that kubectl accepts, and kubectl's words for wrong ones."""

from __future__ import annotations

import pytest

from kubectl_calico_nic.errors import UsageError
from kubectl_calico_nic.flags.definition import Flag, Kind
from kubectl_calico_nic.flags.duration import parse_timeout
from kubectl_calico_nic.flags.parser import parse, split_command

FLAGS = (
    Flag("namespace", "", short="n"),
    Flag("output", "", short="o"),
    Flag("watch", "", Kind.BOOL, short="w"),
    Flag("all", "", Kind.BOOL, short="A"),
    Flag("expect-cidr", "", Kind.SLICE),
    Flag("as-group", "", Kind.ARRAY),
    Flag("dry-run", "", implied="client"),
    Flag("v", "", Kind.COUNT, short="v"),
    Flag("family", "", choices=("4", "6", "46")),
)


@pytest.mark.parametrize(
    ("argv", "name", "values"),
    [
        (["--namespace=a"], "namespace", ("a",)),
        (["--namespace", "a"], "namespace", ("a",)),
        (["--namespace="], "namespace", ("",)),
        (["-n", "a"], "namespace", ("a",)),
        (["-na"], "namespace", ("a",)),
        (["-n=a"], "namespace", ("a",)),
        (["-n", "a", "-n", "b"], "namespace", ("b",)),
        (["-n", "-x"], "namespace", ("-x",)),
        (["--watch"], "watch", ("true",)),
        (["--watch=false"], "watch", ("false",)),
        (["-wA"], "all", ("true",)),
        (["-wAn", "a"], "namespace", ("a",)),
        (["-wAna"], "namespace", ("a",)),
        (["-w=false"], "watch", ("false",)),
        (["--dry-run"], "dry-run", ("client",)),
        (["--dry-run=server"], "dry-run", ("server",)),
        (["-v6"], "v", ("6",)),
        (["--expect-cidr", "a,b", "--expect-cidr=c"], "expect-cidr", ("a", "b", "c")),
        (["--as-group", "a,b", "--as-group=c"], "as-group", ("a,b", "c")),
    ],
)
def test_spellings(argv: list[str], name: str, values: tuple[str, ...]) -> None:
    assert parse(argv, FLAGS).all(name) == values


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["--nope"], "unknown flag: --nope"),
        (["--nope=1"], "unknown flag: --nope"),
        (["-x"], "unknown shorthand flag: 'x' in -x"),
        (["-wx"], "unknown shorthand flag: 'x' in -wx"),
        (["--namespace"], "flag needs an argument: --namespace"),
        (["-n"], "flag needs an argument: 'n' in -n"),
        (["-wn"], "flag needs an argument: 'n' in -wn"),
        (["--=x"], "bad flag syntax: --=x"),
        (["---x"], "bad flag syntax: ---x"),
        (
            ["--watch=maybe"],
            'invalid argument "maybe" for "-w, --watch" flag: strconv.ParseBool: parsing "maybe": '
            "invalid syntax",
        ),
        (["--family=5"], 'invalid argument "5" for "--family" flag: must be one of 4, 6, 46'),
    ],
)
def test_wrong_flags_are_worded_as_pflag_words_them(argv: list[str], message: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse(argv, FLAGS)
    assert str(caught.value) == message


def test_flags_and_arguments_mix_and_two_dashes_end_the_flags() -> None:
    parsed = parse(["node-1", "-n", "a", "node-2", "--", "-n", "node-3"], FLAGS)
    assert parsed.arguments == ("node-1", "node-2", "-n", "node-3")
    assert parsed.text("namespace") == "a"


@pytest.mark.parametrize(
    ("argv", "command", "rest"),
    [
        (["inspect"], "inspect", []),
        (["-n", "kube-system", "inspect", "node-1"], "inspect", ["-n", "kube-system", "node-1"]),
        (["--watch", "inspect"], "inspect", ["--watch"]),
        (["--unknown", "inspect"], "inspect", ["--unknown"]),
        (["-n", "a"], None, ["-n", "a"]),
        (["--", "inspect"], "inspect", ["--"]),
    ],
)
def test_the_subcommand_is_found_behind_flags(
    argv: list[str], command: str | None, rest: list[str]
) -> None:
    assert split_command(argv, FLAGS) == (command, rest)


@pytest.mark.parametrize(
    ("text", "seconds"), [("0", 0), ("90s", 90), ("2m30s", 150), ("1.5h", 5400), ("300ms", 0.3)]
)
def test_timeouts_are_go_durations(text: str, seconds: float) -> None:
    assert parse_timeout(text) == pytest.approx(seconds)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("5", 'time: missing unit in duration "5"'),
        ("soon", 'time: invalid duration "soon"'),
        ("", 'time: invalid duration ""'),
        ("5x", 'time: invalid duration "5x"'),
    ],
)
def test_bad_timeouts(text: str, reason: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_timeout(text)
    assert str(caught.value) == f'invalid argument "{text}" for "--timeout" flag: {reason}'
