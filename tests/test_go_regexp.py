"""Go's regular expressions: what is taken or rejected, what matches, and what it costs."""

from __future__ import annotations

import pytest

from kubectl_calico_nic.go import regexp
from kubectl_calico_nic.go.regexp import RegexpError
from kubectl_calico_nic.go.regexp.matcher import Matcher
from kubectl_calico_nic.go.regexp.parser import parse
from kubectl_calico_nic.go.regexp.plain_text import plain_text
from tests.goregexp.pattern_generator import PatternGenerator

MATCHES = [
    # pattern, names that match, names that do not
    ("eth0", ["eth0", "veth0a1b", "eth0.100", "eth01"], ["eth1", "ETH0", ""]),
    ("^eth0$", ["eth0"], ["veth0", "eth0.100", "eth0\n"]),
    ("^bond", ["bond3", "bond"], ["xbond", "bon"]),
    ("4$", ["bond4", "4"], ["bond4.100", "4\n"]),
    ("", ["", "eth0"], []),
    ("eth.*", ["eth0", "veth1a2b3c"], ["et0", "ens192"]),
    ("bond*4", ["bond4", "bon4", "bondddd4"], ["bond3", "bod4"]),
    ("(bond4|eth1)", ["bond4", "eth1.5"], ["bond3"]),
    ("(^docker.*)|(^cbr.*)|(^lo)", ["docker0", "cbr0", "lo", "lo0"], ["eth0", "xlo"]),
    ("(eth0)|()", ["eth0", "bond4", ""], []),
    ("^(eno|ens|bond)[0-9]+$", ["eno1", "bond10"], ["bond", "eno1.5", "xeno1"]),
    (r"^bond4\.100$", ["bond4.100"], ["bond4x100"]),
    ("^bond4.100$", ["bond4.100", "bond4x100"], ["bond4100"]),
    (r"\Qbond4.1\E0", ["bond4.10"], ["bond4x10"]),
    (r"\Qbond4.*", ["bond4.*"], ["bond44"]),
    (r"\Abond4\z", ["bond4"], ["bond4\n", "xbond4"]),
    (r"\bbond4\b", ["bond4", "bond4.100", "x-bond4"], ["bond40", "xbond4", "_bond4"]),
    (r"\B", ["eth0", "", "-"], ["e"]),
    ("(?i)ETH0", ["eth0", "Eth0", "ETH0"], ["eth1"]),
    ("(?i:BOND)4", ["bond4", "BonD4"], ["bond3"]),
    ("(?i)e(?-i)th", ["eth", "Eth"], ["ETH"]),
    ("(?i)k", ["k", "K", "\N{KELVIN SIGN}"], ["q"]),
    ("(?i)[[:upper:]]", ["a", "A", "\N{LATIN SMALL LETTER LONG S}"], ["1", "é"]),
    ("(?i)\N{GREEK SMALL LETTER SIGMA}", ["Σ", "ς"], ["s"]),
    ("(?U)bo.*", ["bond4"], ["eth0"]),
    ("(?s)^.$", ["a", "\n", "é"], ["", "ab"]),
    ("^.$", ["a", "é", "日"], ["\n", "", "ab"]),
    ("(?m)^b$", ["b", "a\nb\nc"], ["ab"]),
    ("(?P<nic>bond)(?<number>[0-9])", ["bond4"], ["bond"]),
    ("(?P<n>a)(?P<n>b)", ["ab"], ["ba"]),
    ("b.{3}\\d", ["bond4"], ["bon4"]),
    ("^x{2,3}$", ["xx", "xxx"], ["x", "xxxx"]),
    ("^x{2,}$", ["xx", "xxxxx"], ["x"]),
    ("^x{0}$", [""], ["x"]),
    ("x{,2}", ["x{,2}"], ["xx"]),
    ("x{01}", ["x{01}"], ["x"]),
    ("^(x{2}){3}$", ["xxxxxx"], ["xxxxx", "xxxxxxx"]),
    ("^[^b]", ["eth0"], ["bond4", ""]),
    ("^[]a]$", ["]", "a"], ["b"]),
    ("^[a-]$", ["a", "-"], ["b"]),
    (r"^[\w.]+$", ["eth0.100"], ["br-1", "é"]),
    ("[[:alpha:]]+[34]$", ["bond4"], ["4", "bond5"]),
    ("^[[:^alpha:]]$", ["1", "é"], ["a"]),
    (r"^\s$", [" ", "\t", "\f"], ["\v", "\u00a0"]),
    (r"^\pL+\d$", ["bond4", "é4"], ["4"]),
    (r"^\p{Greek}$", ["Ω"], ["O"]),
    (r"^\p{^Greek}\P{Lu}$", ["ab", "A1"], ["Ωb", "aB"]),
    (r"^\p{uppercase letter}$", ["A", "É"], ["a"]),
    (r"^\x41\x{1F4A9}\101\n$", ["A\N{PILE OF POO}A\n"], ["AAA"]),
    (r"[^\x00-\x{10FFFF}]|x", ["x"], ["y", ""]),
    (r"^\x{D800}$", [], ["\ud800", "\udc80"]),
    ("^(|a)*$", ["", "aaa"], ["b"]),
    ("^((a*)*)*$", ["", "aaa"], ["ab"]),
    ("^*a", ["a"], ["b"]),
]  # fmt: skip

REJECTED = [
    ("[", "missing closing ]: `[`"),
    ("(bond4)|([)", "missing closing ]: `[)`"),
    ("[a-", "missing closing ]: `[a-`"),
    ("[z-a]", "invalid character class range: `z-a`"),
    ("[[:foo:]]", "invalid character class range: `[:foo:]`"),
    (r"\p{Klingon}", r"invalid character class range: `\p{Klingon}`"),
    (r"\pX", r"invalid character class range: `\pX`"),
    (r"\p{Lu", r"invalid character class range: `\p{Lu`"),
    (r"a\Zb", r"invalid escape sequence: `\Z`"),
    (r"\C", r"invalid escape sequence: `\C`"),
    (r"(a)\1", r"invalid escape sequence: `\1`"),
    (r"\x{110000}", r"invalid escape sequence: `\x{110000`"),
    (r"[\b]", r"invalid escape sequence: `\b`"),
    ("bond4\\", "trailing backslash at end of expression: ``"),
    ("(bond4\\)", "missing closing ): `(bond4\\)`"),
    ("(bond4", "missing closing ): `(bond4`"),
    ("bond4)", "unexpected ): `bond4)`"),
    ("*", "missing argument to repetition operator: `*`"),
    ("a|+?", "missing argument to repetition operator: `+?`"),
    ("({2})", "missing argument to repetition operator: `{2}`"),
    ("a**", "invalid nested repetition operator: `**`"),
    ("a+?{2}", "invalid nested repetition operator: `+?{2}`"),
    ("x{1001}", "invalid repeat count: `{1001}`"),
    ("x{10000}", "invalid repeat count: `{10000}`"),
    ("x{2,1}", "invalid repeat count: `{2,1}`"),
    ("(x{100}){11}?", "invalid repeat count: `{11}?`"),
    ("(?=bond)", "invalid or unsupported Perl syntax: `(?=`"),
    ("(?i", "invalid or unsupported Perl syntax: `(?i`"),
    ("(?i-)", "invalid or unsupported Perl syntax: `(?i-)`"),
    ("(?<!x)", "invalid named capture: `(?<!x)`"),
    ("(?P<n-m>x)", "invalid named capture: `(?P<n-m>`"),
    ("a\udcffb", "invalid UTF-8: `\udcffb`"),
    ("[\udcff]", "invalid UTF-8: `\udcff]`"),
    ("(" * 1000 + ")" * 1000, f"expression nests too deeply: `{'(' * 1000 + ')' * 1000}`"),
    (r"a{1000}" * 3356, f"expression too large: `{'a{1000}' * 3356}`"),
]

UNREASONABLE = [
    # pattern, how long it is once its repetitions are written out
    ("((a*)*)*b", 9),
    ("(x+x+)+y", 8),
    ("(a|aa)*c", 8),
    (".*.*.*.*=", 9),
    ("(.*)*(.*)*(.*)*[0-9]$", 20),
    ("(a?){15}a{15}$", 60),
    ("((a{0,10}){0,10}){0,10}b", 2500),
    ("(x?){1000}y", 3000),
    ("([ab]*a[ab]{12})", 30),
    (r"(\b|a|^)*$\B", 12),
]


@pytest.mark.parametrize(("pattern", "matching", "other"), MATCHES, ids=ascii)
def test_what_matches(pattern: str, matching: list[str], other: list[str]) -> None:
    search = regexp.compile(pattern).search
    assert [name for name in matching + other if search(name)] == matching


@pytest.mark.parametrize(("pattern", "error"), REJECTED, ids=lambda text: ascii(text)[:30])
def test_what_is_rejected_and_how_go_puts_it(pattern: str, error: str) -> None:
    with pytest.raises(RegexpError) as raised:
        regexp.compile(pattern)
    assert str(raised.value) == f"error parsing regexp: {error}"


def test_a_pattern_is_compiled_once() -> None:
    assert regexp.compile("^bond4$") is regexp.compile("^bond4$")
    assert regexp.compile("^bond4$").pattern == "^bond4$"


def test_every_byte_that_is_not_utf8_is_one_replacement_character() -> None:
    broken = b"eth\xe2\x82".decode(errors="surrogateescape")
    assert regexp.compile("^eth..$").search(broken)
    assert regexp.compile("^eth\ufffd{2}$").search(broken)
    assert regexp.compile("eth\ufffd").search(broken)
    assert not regexp.compile("^[[:ascii:]]+$").search(broken)


def test_a_pattern_nested_as_deeply_as_go_allows() -> None:
    pattern = "(?:" * 499 + "a" + ")*b" * 499
    assert regexp.compile(f"^{pattern}$").search("b")
    assert not regexp.compile(f"^{pattern}$").search("a")


@pytest.mark.parametrize(("pattern", "size"), UNREASONABLE, ids=str)
@pytest.mark.parametrize("text", ["a" * 15, "x" * 15, "ab" * 50, "a" * 1000], ids=len)
def test_the_work_is_bounded_by_pattern_times_text(pattern: str, size: int, text: str) -> None:
    matcher = Matcher(parse(pattern))
    matcher.search(text)
    assert 0 < matcher.automaton.steps <= 3 * size * (len(text) + 2)


def test_a_text_of_known_runes_costs_no_step() -> None:
    matcher = Matcher(parse("(^|[.-])bond[0-9]+$"))
    assert matcher.search("bond01234")
    assert matcher.search("x-bond0")
    steps = matcher.automaton.steps
    assert matcher.search("bond04321")
    assert matcher.search("x-bond0")
    assert matcher.automaton.steps == steps


def test_what_a_matcher_remembers_is_limited() -> None:
    """It starts anew beyond the limit, and answers the same."""
    matcher = Matcher(parse("[^b][^b]x$"))
    for rune in map(chr, range(0x10000, 0x1E000)):
        assert matcher.search(f"{rune}{rune}x")
    assert not matcher.search("abx")
    remembered = [matcher._start, *matcher._states.values()]
    assert sum(map(len, remembered)) <= 100_000


def test_the_short_cut_for_plain_text_gives_the_same_answers() -> None:
    generator = PatternGenerator(seed=7)
    short = 0
    for _ in range(3000):
        pattern = generator.pattern()
        try:
            tree = parse(pattern)
        except RegexpError:
            continue
        plain = plain_text(tree)
        names = [generator.name(pattern).encode(errors="replace").decode() for _ in range(5)]
        if plain is not None:
            short += 1
            matcher = Matcher(tree)
            assert [plain.search(name) for name in names] == [matcher.search(it) for it in names]
    assert short > 100
