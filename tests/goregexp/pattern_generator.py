"""Random patterns and names: what people type for interfaces, all of Go's grammar, and mistakes."""

from __future__ import annotations

import random
import re
import string
from collections.abc import Callable

INTERFACES = (
    "eth0", "eth1", "eth0.100", "ens192", "eno1", "enp3s0f0", "em1", "bond3", "bond4", "bond4.100",
    "team0", "ib0", "lo", "docker0", "br-1a2b3c4d5e6f", "virbr0", "cali1b2c3d4e5f6", "veth1a2b3c",
    "vxlan.calico", "vxlan-v6.calico", "wireguard.cali", "tunl0", "kube-ipvs0", "flannel.1",
    "nodelocaldns", "tailscale0", "p1p1", "vEthernet (Ethernet)",
)  # fmt: skip
ODD_NAMES = (
    "", "\n", "\v", "eth0\n", "eth0\nbond4", " eth0", "a" * 15, "x" * 15, "ab" * 7, "É0", "bönd4",
    "ΣΑΣ", "\u017fstraße", "\u212aube", "ǅ", "日本0", "\u0345\u0399", "\ufffd", "eth\udcff",
    "\udce2\udc82", "\udced\udca0\udc80", "bond4\x00", "_", "-", "Ⅳ٣", "\u0131",
    "\U00010400\U00010428",
)  # fmt: skip

CLASS_NAMES = (
    "alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print", "punct",
    "space", "upper", "word", "xdigit", "^alpha", "^digit", "^space", "^word",
)  # fmt: skip
UNICODE_NAMES = (
    "L", "N", "P", "S", "Z", "M", "C", "{L}", "{Lu}", "{Ll}", "{Lt}", "{Nd}", "{Nl}", "{Mn}",
    "{LC}", "{^Lu}", "{^L}", "{Greek}", "{Latin}", "{Cyrillic}", "{Han}", "{Common}", "{^Greek}",
    "{greek}", "{letter}", "{Uppercase_Letter}", "{uppercase letter}", "{digit}", "{Any}",
    "{Assigned}", "{ASCII}", "{Cherokee}", "{Inherited}", "{cased-letter}",
)  # fmt: skip
MISTAKES = (
    "(", ")", "[", "]", "*", "+", "?", "**", "+*", "a**", "a*+", "x??+", "(?", "(?=x)", "(?!x)",
    "(?<=x)", "(?<n", "(?P<n", "(?P<", "(?<", "(?P<n-m>a)", "(?P<>a)", "(?<n!>a)", "(?P=n)",
    "(?P>n)", "(?i", "(?-", "(?-)", "(?i-)", "(?i-s-m)", "(?x)", "(?i)*", "(?i-U:", "()*", "(|)*",
    "x{1001}", "x{1000}", "x{2,1}", "x{1,1001}", "x{1001,}", "x{99999999999}", "x{1,99999999999}",
    "x{,5}", "x{", "x{}", "x{01}", "x{1", "x{1,", "x{2}{3}", "x{2}*", "(x{100}){11}", "{2}", "|*",
    "(x{31}){32}", "((x{10}){10}){11}", "(x{1001}){0}", "(x{1000}){0}{2}", "^*", "$+", "\\b{2}",
    "[z-a]", "[a", "[^", "[]", "[^]", "[]a]", "[^]a]", "[a-", "[a-]", "[-a]", "[a-\\d]", "[\\d-z]",
    "[[:foo:]]", "[[:alpha:]", "[[:alpha", "[:alpha:]", "[[:^alpha:]]", "[[::]]", "[[:]", "[--a]",
    "[a-\\x{110000}]", "[\\b]", "[\\Q]", "[\\z]", "[\\C]", "[\\p{Foo}]", "[\\pL-z]", "[\\", "[a\\",
    "\\", "\\C", "\\Z", "\\G", "\\1", "\\8", "\\07", "\\18", "\\x", "\\x4", "\\x4g", "\\x{",
    "\\x{41", "\\x{4g}", "\\x{}", "\\x{110000}", "\\x{10FFFF}", "\\x{D800}", "\\u0041", "\\e",
    "\\h", "\\R", "\\X", "\\K", "\\é", "\\_", "\\-", "\\<", "\\ ", "\\Q", "\\Q(", "\\Qa\\Eb*",
    "\\E", "\\Q\\E*", "\\Qab\\E+", "\\p", "\\P", "\\pX", "\\p{", "\\p{Foo}", "\\p{}", "\\p{^}",
    "\\p{Old_Italic}", "\\p{Lu", "\\p{IsGreek}", "\\p{Script=Greek}", "\\pl", "\\p{^^L}", "\udcff",
    "[\udcff]", "\\Q\udcff", "\\\udcff", "(?\udcff)", "(?P<\udcff>a)", "\\p{\udcff}",
    "[[:\udcff:]]", "\ufffd", "\\p\udcff", "\\x\udcff", "\\x{4\udcff}", "a{\udcff}",
    "(?P<n>a)(?P<n>b)", "(?:", "(?i:",
)  # fmt: skip

_META = string.punctuation + "0123456789abixzACPQELpswd"
_SYNTAX = re.compile(r"\(\?[^:)>]*[:)>]|\\.|[\[\](){}|^$*+?]")
_MAX_DEPTH = 3


class PatternGenerator:
    """Draws patterns, and names for a pattern, from a seed."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        kinds: tuple[tuple[int, Callable[[int], str]], ...] = (
            (30, lambda depth: self._literal()),
            (
                10,
                lambda depth: self._of(
                    string.ascii_letters + string.digits + "-_ \nÉ\u03c3\u017f\u212aдж"
                ),
            ),
            (8, lambda depth: "."),
            (14, lambda depth: self._class()),
            (6, lambda depth: "\\" + self._of("dDsSwW")),
            (10, lambda depth: self._of("^$") if self._chance(0.6) else "\\" + self._of("AzbB")),
            (14, self._group),
            (4, lambda depth: self._of(("\\p", "\\P")) + self._of(UNICODE_NAMES)),
            (4, lambda depth: self._escape()),
            (2, lambda depth: rf"\Q{self._literal()}{self._of('.*[(')}\E"),
            (2, lambda depth: f"(?{self._flags()})"),
            (3, lambda depth: f"{self._of(('', 'e'))}(?i){self._literal()}(?-i){self._literal()}"),
            (2, lambda depth: self._of(MISTAKES)),
        )
        self._weights, self._kinds = zip(*kinds, strict=True)

    def pattern(self) -> str:
        """Return a pattern: half of them a list as Calico joins it, a quarter broken somewhere."""
        if self._chance(0.03):
            return self._of(MISTAKES)
        if self._chance(0.5):
            items = [self._alternatives(1) for _ in range(self._random.choice((1, 1, 2, 3)))]
            pattern = f"({')|('.join(items)})"
        else:
            pattern = self._alternatives(0)
        for _ in range(self._random.choice((0, 0, 0, 0, 0, 0, 1, 3))):
            pattern = self._broken(pattern)
        return pattern

    def name(self, pattern: str) -> str:
        """Return a name: an interface's, an odd one, or one made of what stands in ``pattern``."""
        draw = self._random.random()
        if draw < 0.3:
            return self._of(INTERFACES)
        if draw < 0.45:
            return self._of(ODD_NAMES)
        if draw < 0.6:
            plain = _SYNTAX.sub("", pattern)[: self._random.randrange(4, 16)]
            return self._in_other_case(plain) if self._chance(0.5) else plain
        if draw < 0.75:
            return self._broken(self._of(INTERFACES)).swapcase()
        runes = (pattern or "a") + string.digits
        return "".join(self._random.choices(runes, k=self._random.randrange(16)))

    def _in_other_case(self, text: str) -> str:
        return "".join(each.swapcase() if self._chance(0.4) else each for each in text)

    def _alternatives(self, depth: int) -> str:
        return "|".join(
            self._sequence(depth) for _ in range(self._random.choice((1, 1, 1, 1, 2, 3)))
        )

    def _sequence(self, depth: int) -> str:
        count = self._random.choice((0, 1, 1, 2, 2, 3, 4) if depth else (1, 2, 2, 3, 4))
        return "".join(self._atom(depth) + self._repetition() for _ in range(count))

    def _atom(self, depth: int) -> str:
        kind: Callable[[int], str] = self._random.choices(self._kinds, self._weights)[0]
        return kind(depth)

    def _literal(self) -> str:
        name = self._of(INTERFACES)
        name = name if self._chance(0.5) else name.rstrip(string.digits)
        return name[: self._random.randrange(1, 5)] if self._chance(0.3) else name

    def _group(self, depth: int) -> str:
        if depth >= _MAX_DEPTH:
            return self._literal()
        start = self._of(("(", "(", "(?:", "(?P<x>", "(?<name_2>", f"(?{self._flags()}:"))
        return f"{start}{self._alternatives(depth + 1)})"

    def _flags(self) -> str:
        flags = "".join(self._random.choices("iiimsU", k=self._random.randrange(3)))
        return flags + self._of(("", "", "", "-s", "-i", "-m"))

    def _class(self) -> str:
        parts = [
            self._of(
                ("a-z", "0-9", "A-Z", "a-f", "34", "eb", "_", ".", "-", "à-ÿ", "\u0391-ω", "K", "ß")
            ),
            self._of(
                ("\\d", "\\w", "\\S", "\\.", "\\n", "\\-", "\\]", "\\x41", "]", "^", "[", "&&")
            ),
            f"[:{self._of(CLASS_NAMES)}:]",
            self._of(("\\p", "\\P")) + self._of(UNICODE_NAMES),
            f"{self._of(string.printable)}-{self._of(string.printable)}",
        ]
        count = self._random.choice((1, 1, 1, 2, 3))
        chosen = self._random.choices(parts, weights=(12, 5, 3, 1, 1), k=count)
        return f"[{self._of(('', '', '', '^'))}{''.join(chosen)}]"

    def _escape(self) -> str:
        return self._of(
            (
                "\\.",
                "\\.",
                "\\-",
                "\\n",
                "\\t",
                "\\x62",
                "\\x{62}",
                "\\142",
                "\\x{3c3}",
                "\\(",
                "\\*",
            )
        )

    def _repetition(self) -> str:
        if self._chance(0.6):
            return ""
        low, high = self._random.randrange(4), self._random.choice((1, 2, 3, 5, 12, 40))
        counted = (f"{{{low}}}", f"{{{low},}}", f"{{{low},{low + high}}}", f"{{{low},{high}}}")
        repetition = self._of(("*", "*", "+", "+", "?", *counted))
        return repetition + self._of(("", "", "", "?"))

    def _broken(self, pattern: str) -> str:
        """Return ``pattern`` with a rune added, dropped, doubled or replaced."""
        at = self._random.randrange(len(pattern) + 1)
        added = self._of(("", self._of(_META), pattern[at : at + 1] * 2, self._of(MISTAKES)))
        return pattern[:at] + added + pattern[at + self._random.randrange(2) :]

    def _of(self, choices: str | tuple[str, ...]) -> str:
        return self._random.choice(choices)

    def _chance(self, probability: float) -> bool:
        return self._random.random() < probability
