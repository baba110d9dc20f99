"""Aligned tables, and cluster text that cannot act on a terminal."""

from __future__ import annotations

import io
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubectl_calico_nic.environment import Environment
from kubectl_calico_nic.output.escape import escape
from kubectl_calico_nic.output.screen import BAD, Span, line, table, write

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
