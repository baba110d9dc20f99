"""Every answer of our regexes beside that of Go's own package regexp (or RE2, without Go)."""

from __future__ import annotations

import os
import sys
import unicodedata

import pytest

from kubectl_calico_nic.go import regexp
from kubectl_calico_nic.go.regexp import RegexpError
from kubectl_calico_nic.go.regexp.parser import parse
from kubectl_calico_nic.go.regexp.rune_sets import RuneSet, contains, ranges_of, rune_set
from kubectl_calico_nic.go.regexp.unicode_scripts import SCRIPTS
from tests.goregexp.judge import RE2, Answer, Go
from tests.goregexp.pattern_generator import MISTAKES, PatternGenerator

SEED = int(os.environ.get("GOREGEXP_SEED", "20260101"))
PATTERNS = 10_000
NAMES_EACH = 10

CATEGORIES = (
    "C", "Cc", "Cf", "Cn", "Co", "Cs", "L", "LC", "Ll", "Lm", "Lo", "Lt", "Lu", "M", "Mc", "Me",
    "Mn", "N", "Nd", "Nl", "No", "P", "Pc", "Pd", "Pe", "Pf", "Pi", "Po", "Ps", "S", "Sc", "Sk",
    "Sm", "So", "Z", "Zl", "Zp", "Zs", "Letter", "Cased_Letter", "cased-letter", "Mark",
    "Combining_Mark", "Uppercase_Letter", "punct", "digit", "cntrl", "Decimal_Number", "Other",
    "Unassigned", "Surrogate", "Private_Use", "Assigned", "ASCII", "ascii",
)  # fmt: skip
ASCII_CLASSES = (
    r"\d", r"\D", r"\s", r"\S", r"\w", r"\W", "[:alnum:]", "[:alpha:]", "[:ascii:]", "[:blank:]",
    "[:cntrl:]", "[:digit:]", "[:graph:]", "[:lower:]", "[:print:]", "[:punct:]", "[:space:]",
    "[:upper:]", "[:word:]", "[:xdigit:]", "[:^alpha:]", "[:^space:]", "[:^word:]",
)  # fmt: skip
OTHER_NAMES = (
    "", "Klingon", "Old_Italic", "SignWriting", "Tai_Le", "greek", "LATIN", "IsGreek", "sc=Greek",
)  # fmt: skip
RECATEGORIZED = ((0x1734, 0x1734),)
"""Runes that Unicode put into another category since 13.0 (Python 3.10)."""


@pytest.fixture(scope="module")
def judge(tmp_path_factory: pytest.TempPathFactory) -> Go | RE2:
    if Go.is_installed():
        return Go(tmp_path_factory.mktemp("goregexp"))
    return RE2(pytest.importorskip("re2", reason="needs Go or google-re2 to judge"))


@pytest.fixture(scope="module")
def go(judge: Go | RE2) -> Go:
    if not isinstance(judge, Go) or not judge.can_judge(r"\pL"):
        pytest.skip("needs Go 1.25 or newer")
    return judge


def our_answer(pattern: str, names: tuple[str, ...]) -> Answer:
    try:
        compiled = regexp.compile(pattern)
    except RegexpError as error:
        return Answer(str(error))
    return Answer("", tuple(compiled.search(name) for name in names))


def disagreements(judge: Go | RE2, questions: list[tuple[str, tuple[str, ...]]]) -> list[str]:
    """Return what we and the judge say differently, as text; RE2 has other texts of errors."""
    judged = [question for question in questions if judge.can_judge(*question)]
    assert len(judged) > len(questions) // 5
    wrong = []
    for (pattern, names), answer in zip(judged, judge.answers(judged), strict=True):
        ours = our_answer(pattern, names)
        if isinstance(judge, RE2):
            ours, answer = (
                Answer("rejected" * bool(it.error), it.matches) for it in (ours, answer)
            )
        if ours != answer:
            wrong.append(f"{pattern!a} {names!a}: Go {answer}, we {ours}")
    return wrong


def test_generated_patterns_and_names(judge: Go | RE2) -> None:
    generator = PatternGenerator(SEED)
    patterns = [*MISTAKES, *(generator.pattern() for _ in range(PATTERNS))]
    questions = [
        (pattern, tuple(generator.name(pattern) for _ in range(NAMES_EACH))) for pattern in patterns
    ]
    wrong = disagreements(judge, questions)
    assert not wrong, f"GOREGEXP_SEED={SEED}, {len(wrong)} wrong:\n" + "\n".join(wrong[:10])


SIZES_AND_DEPTHS = [
    *("(" * depth + "a" + ")" * depth for depth in (998, 999, 1000)),
    *("(?:" * depth + "a" + ")*" * depth for depth in (500, 999, 1000)),
    *("(?:" * depth + "ab*" + "|bc*)d" * depth for depth in (498, 499)),
    *("a{1000}" * count for count in (200, 3356)),
    *("(?:abcd*e){1000}" * count for count in (50, 700)),
    "(?:" + "(xx?)" * 1000 + "){1000}",
    "(?:" + "a" * 3355 + "b?){1000}",
    "((x{100}){10})",
    "((x{100}){11})",
    "(((x{7}){11}){13}){1}",
    "((x{1000}){0}){1000}",
    "((x{0,}){1000})",
    "(?:" * 200 + "x{2}" + ")" * 200,
    "a" * 20000,
    "|".join(f"^eth{number}$" for number in range(2000)),
]  # fmt: skip


if int(unicodedata.unidata_version.split(".")[0]) >= 15:
    # An older release of Unicode has fewer letters than Go's, and so a smaller class.
    SIZES_AND_DEPTHS.append(r"\pL" * 26000)


def test_patterns_about_as_large_and_as_deep_as_go_allows(go: Go) -> None:
    names = ("a" * 15, "eth1999", "x" * 200, "")
    wrong = disagreements(go, [(pattern, names) for pattern in SIZES_AND_DEPTHS])
    assert [text[:100] for text in wrong] == []


def test_classes_hold_the_same_runes(go: Go) -> None:
    """But for runes that only one of the two Unicode releases has."""
    names = (*CATEGORIES, *SCRIPTS, *OTHER_NAMES)
    classes = [rf"\{sign}{{{name}}}" for name in names for sign in "pP"]
    patterns = [
        rf"(?{flag}:[{each}\x00])" for each in (*ASCII_CLASSES, *classes) for flag in ("", "i")
    ]
    unknown = runes_of_one_release_only(go)
    for pattern, answer in zip(patterns, class_answers(go, patterns), strict=True):
        assert our_answer(pattern, ()).error == answer.error
        if not answer.error:
            assert union(parse(pattern).runes, unknown) == union(go_set(answer), unknown), pattern


def test_every_letter_folds_to_the_same_letters(go: Go) -> None:
    unknown = runes_of_one_release_only(go)
    patterns = [
        rf"(?i:[\x00\x{{{rune:x}}}])"
        for rune in range(0x20000)
        if chr(rune).swapcase() != chr(rune) and not contains(unknown, rune)
    ]
    assert len(patterns) > 2500
    for pattern, answer in zip(patterns, class_answers(go, patterns), strict=True):
        assert parse(pattern).runes == go_set(answer), pattern


def class_answers(go: Go, patterns: list[str]) -> list[Answer]:
    return go.answers([(pattern, ()) for pattern in patterns])


def go_set(answer: Answer) -> RuneSet:
    ranges = answer.class_ranges
    return rune_set(zip(ranges[::2], ranges[1::2], strict=True))


def union(first: RuneSet, second: RuneSet) -> RuneSet:
    return rune_set([*ranges_of(first), *ranges_of(second)])


def runes_of_one_release_only(go: Go) -> RuneSet:
    (answer,) = class_answers(go, [r"[\p{Cn}\x00]"])
    go_unassigned = go_set(answer)
    differing = [
        (rune, rune)
        for rune in range(1, sys.maxunicode + 1)
        if (unicodedata.category(chr(rune)) == "Cn") != contains(go_unassigned, rune)
    ]
    return rune_set([*differing, *RECATEGORIZED])
