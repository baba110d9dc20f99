"""What the name of a file says: endings, rotation and everyday words around a node's name."""

from __future__ import annotations

import re
from pathlib import PurePath

_ENDINGS = frozenset(
    (".log", ".txt", ".out", ".json", ".jsonl", ".yaml", ".yml", ".gz", ".ip", ".addr")
)
_ROTATION = re.compile(r"(\.log)\.(?:\d{8}-\d{6}|\d{1,3})$")
_WORD = (
    r"(?:calico-node|calico|ip|o|addr|address|addresses|link|links|show|log|logs"
    r"|birdcl|bird6?|protocols|bgp|monitor|node-services|previous|prev|current|old)"
)
_WORDS_AROUND = re.compile(rf"^(?:{_WORD}[-_.])+|(?:[-_.]{_WORD})+$")
_WORDS_ALONE = re.compile(rf"{_WORD}(?:[-_.]{_WORD})*|\d{{1,3}}")


def stem_of(path: str) -> str:
    """What a file is called, without endings: ``node-1.example.com`` of ``.../that.log.2.gz``.

    A name of everyday words alone tells nothing: ``node-1/ip-addr.txt`` and
    ``node-1/logs/current.log`` are called after the folder.
    """
    file = PurePath(path)
    stem = without_endings(file.name)
    for name in (stem, *(folder.name for folder in file.parents)):
        if name and not _WORDS_ALONE.fullmatch(name):
            return name
    return stem


def without_endings(name: str) -> str:
    """A file's name without its endings, and without the number of a rotated log."""
    while (ending := PurePath(name).suffix) in _ENDINGS or _ROTATION.search(name):
        name = name[: -len(ending)] if ending in _ENDINGS else _ROTATION.sub(r"\1", name)
    return name


def shortened(stem: str) -> str:
    """``stem`` without everyday words around it: ``node-1`` of ``node-1-previous``."""
    return _WORDS_AROUND.sub("", stem)
