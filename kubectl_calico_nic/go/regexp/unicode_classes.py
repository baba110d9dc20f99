r"""The classes of ``\p{...}``: Unicode's general categories and scripts.

Mirrors unicodeTable of regexp/syntax/parse.go and the tables of package unicode (Go 1.25 and
newer: names in any case, with ``_``, ``-`` and blanks left out, and long names of categories; in
older releases the names are exact). Two things to know:

* Categories are those of Python's own Unicode release (13.0 in Python 3.10, 14.0 in 3.11, 15.0 in
  3.12), Go's of 15.0: a rune that Unicode took in between is unassigned (``\p{Cn}``) to one side.
* Go looks its scripts up by the normalized name, under which those of more than one word
  (``Old_Italic``, ``SignWriting``) cannot be found: it rejects them, and so does this.
"""

from __future__ import annotations

import functools
import itertools
import re
import unicodedata
from collections import defaultdict

from kubectl_calico_nic.go.regexp.case_folding import folded
from kubectl_calico_nic.go.regexp.rune_sets import (
    ANY,
    MAX_RUNE,
    RuneSet,
    complement,
    rune_set,
)
from kubectl_calico_nic.go.regexp.unicode_scripts import script_runes

_CASED_LETTER = "Lc"
_CASED_LETTERS = ("Lu", "Ll", "Lt")

_CATEGORY_ALIASES = {
    "Casedletter": _CASED_LETTER,
    "Closepunctuation": "Pe",
    "Combiningmark": "M",
    "Connectorpunctuation": "Pc",
    "Control": "Cc",
    "Currencysymbol": "Sc",
    "Dashpunctuation": "Pd",
    "Decimalnumber": "Nd",
    "Enclosingmark": "Me",
    "Finalpunctuation": "Pf",
    "Format": "Cf",
    "Initialpunctuation": "Pi",
    "Letter": "L",
    "Letternumber": "Nl",
    "Lineseparator": "Zl",
    "Lowercaseletter": "Ll",
    "Mark": "M",
    "Mathsymbol": "Sm",
    "Modifierletter": "Lm",
    "Modifiersymbol": "Sk",
    "Nonspacingmark": "Mn",
    "Number": "N",
    "Openpunctuation": "Ps",
    "Other": "C",
    "Otherletter": "Lo",
    "Othernumber": "No",
    "Otherpunctuation": "Po",
    "Othersymbol": "So",
    "Paragraphseparator": "Zp",
    "Privateuse": "Co",
    "Punctuation": "P",
    "Separator": "Z",
    "Spaceseparator": "Zs",
    "Spacingmark": "Mc",
    "Surrogate": "Cs",
    "Symbol": "S",
    "Titlecaseletter": "Lt",
    "Unassigned": "Cn",
    "Uppercaseletter": "Lu",
    "Cntrl": "Cc",
    "Digit": "Nd",
    "Punct": "P",
}


@functools.lru_cache(maxsize=256)
def unicode_class(name: str, *, fold: bool) -> RuneSet | None:
    """Return the runes of the class ``name`` (``Greek``, ``Lu``, ``letter``), None if Go has none.

    With ``fold``, runes that differ from one of the class by case alone belong to it as well.
    """
    name = _canonical(name)
    name = _CATEGORY_ALIASES.get(name, name)
    if name == "Any":
        return ANY
    if name == "Assigned":
        return complement(_category("Cn") or ())
    runes = rune_set([(0, 0x7F)]) if name == "Ascii" else script_runes(name) or _category(name)
    if runes is None or not fold or name == _CASED_LETTER:  # Go has no foldings of LC
        return runes
    return folded(runes)


def _canonical(name: str) -> str:
    """Drop ``_``, ``-`` and blanks and write ASCII letters as in ``Greek`` (canonicalName)."""
    name = re.sub("[-_ ]", "", name)
    lowered = re.sub("[A-Z]", lambda letter: letter[0].lower(), name[1:])
    return re.sub("^[a-z]", lambda letter: letter[0].upper(), name[:1]) + lowered


def _category(name: str) -> RuneSet | None:
    """Return the runes of a category of one letter or two, None where there is none."""
    ranges = _category_ranges()
    if name == _CASED_LETTER:
        parts = [ranges[part] for part in _CASED_LETTERS]
    else:
        parts = [ranges[part] for part in ranges if name in (part, part[0])]
    return rune_set(each for part in parts for each in part) if parts else None


@functools.cache
def _category_ranges() -> dict[str, list[tuple[int, int]]]:
    """Return the ranges of every two-letter category."""
    ranges = defaultdict(list)
    categories = map(unicodedata.category, map(chr, range(MAX_RUNE + 1)))
    first = 0
    for category, run in itertools.groupby(categories):
        length = sum(1 for _ in run)
        ranges[category].append((first, first + length - 1))
        first += length
    return dict(ranges)
