"""Aligned tables, and cluster text that cannot act on a terminal."""

from __future__ import annotations

import io
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubectl_calico_nic.environment import Environment
from kubectl_calico_nic.output.durations import about
from kubectl_calico_nic.output.escape import brief, escape
from kubectl_calico_nic.output.screen import BAD, Span, line, prose_table, table, wrapped, write

from .calico_nic import Terminal


def printed(lines: list[tuple[Span, ...]], stream: io.StringIO, **environ: str) -> str:
    write(lines, stream, Environment(stdout=stream, environ=environ))
    return stream.getvalue()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("bond4", "bond4"),
        ("größe 数", "größe 数"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("a\rb\nc\td", "a\\rb\\nc\\td"),
        ("\x9b31m", "\\x9b31m"),
        ("a\u202eb", "a\\u202eb"),
        ("\u2028", "\\u2028"),
        ("\udcff", "\\udcff"),
        ("\U000e0041", "\\U000e0041"),
        ("e\u0301", "e\\u0301"),
        ("\u05d0 1", "\\u05d0 1"),
        ("\u0661", "\\u0661"),
        ("a\u00a0b", "a\\xa0b"),
        ("\u3164", "\\u3164"),
    ],
)
def test_what_could_act_is_shown_as_an_escape(text: str, shown: str) -> None:
    assert escape(text) == shown


@given(st.text())
def test_nothing_that_acts_gets_through(text: str) -> None:
    assert all(unicodedata.category(character)[0] != "C" for character in escape(text))


def test_a_table_is_aligned_and_never_cut() -> None:
    rows = [[Span("node-1"), Span("")], [Span("a-much-longer-name" * 10), Span("x")]]
    shown = printed(table(["NODE", "READY"], rows), io.StringIO()).splitlines()
    column = shown[0].index("READY")
    assert [text[column] for text in shown] == ["R", "-", "x"]


def test_wide_characters_do_not_break_the_columns() -> None:
    rows = [[Span("数数"), Span("x")], [Span("abcd"), Span("y")]]
    assert printed(table(None, rows), io.StringIO()) == "数数  x\nabcd  y\n"


def test_colour_is_for_terminals_only() -> None:
    lines = [line("it is ", Span("wrong", BAD))]
    assert printed(lines, io.StringIO(), TERM="xterm") == "it is wrong\n"
    assert "\x1b[" in printed(lines, Terminal(), TERM="xterm")
    assert printed(lines, Terminal(), TERM="xterm", NO_COLOR="") == "it is wrong\n"
    assert printed(lines, Terminal(), TERM="dumb") == "it is wrong\n"


def test_markup_in_cluster_text_is_text() -> None:
    lines = [line(Span("[bold red]x[/] [link=http://a]b[/link]", BAD))]
    assert "[bold red]x[/] [link=http://a]b[/link]" in printed(lines, Terminal(), TERM="xterm")


@given(st.text())
def test_nothing_moves_what_stands_beside_it(text: str) -> None:
    for character in escape(text):
        assert unicodedata.category(character) not in ("Mn", "Me", "Zs") or character == " "
        assert unicodedata.bidirectional(character) not in ("R", "AL", "AN")


def test_a_cell_that_is_no_cell_is_cut_and_says_so() -> None:
    rows = [[Span("x" * 1_000_000), Span("y")], [Span("n" * 253), Span("z")]]
    shown = printed(table(None, rows), io.StringIO()).splitlines()

    assert shown[0].split() == ["x" * 200 + "...", "(999800", "more", "characters)", "y"]
    assert shown[1].split() == ["n" * 253, "z"]


def test_a_text_is_cut_only_where_it_is_too_long() -> None:
    assert brief("abc", 3) == "abc"
    assert brief("abcd", 3) == "abc... (1 more characters)"


def text_of(lines: list[tuple[Span, ...]]) -> list[str]:
    return ["".join(span.text for span in parts).rstrip() for parts in lines]


def test_prose_is_wrapped_between_words_with_an_indent() -> None:
    parts = line(Span("wrong-network", BAD), ": 2 of 4 nodes are on bond3")

    assert text_of(wrapped(parts, 24, "    ")) == [
        "wrong-network: 2 of 4",
        "    nodes are on bond3",
    ]
    assert wrapped(parts, None, "    ") == [parts]
    assert wrapped(parts, 100, "    ") == [parts]


@given(st.text(alphabet="ab ", max_size=60), st.integers(8, 40))
def test_wrapping_loses_no_word_and_keeps_to_the_width(text: str, width: int) -> None:
    lines = text_of(wrapped(line(text), width, "  "))

    assert " ".join(lines).split() == text.split()
    longest = max(map(len, text.split()), default=0)
    assert all(len(each) <= max(width, longest + 2) for each in lines)


def test_the_last_column_of_a_table_is_prose() -> None:
    rows = [[Span("log"), Span("one two three four five six seven")]]

    assert text_of(prose_table(["EVIDENCE", "SAYS"], rows, 32)) == [
        "EVIDENCE  SAYS",
        "log       one two three four",
        "          five six seven",
    ]
    assert len(prose_table(["EVIDENCE", "SAYS"], rows, 20)) == 2
    assert len(prose_table(["EVIDENCE", "SAYS"], rows, None)) == 2


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (1, "1 second"),
        (36, "36 seconds"),
        (89, "89 seconds"),
        (90, "2 minutes"),
        (3600, "60 minutes"),
        (5399, "90 minutes"),
        (5400, "2 hours"),
        (14400, "4 hours"),
    ],
)
def test_durations_are_as_exact_as_an_estimate(seconds: int, words: str) -> None:
    assert about(seconds) == words
