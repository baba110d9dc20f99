"""What the fuzz tests share: how long they run, and JSON of any shape."""

from __future__ import annotations

import copy
import os
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

FACTOR = int(os.environ.get("FUZZ_FACTOR", "1"))
"""How many times as many examples are tried: ``make fuzz`` asks for more than a test run."""


def examples(count: int) -> settings:
    """Try ``count`` examples; how long one takes says nothing on a busy machine."""
    return settings(
        max_examples=count * FACTOR,
        derandomize=FACTOR == 1,
        suppress_health_check=list(HealthCheck),
    )


SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 5),
    st.just(10**30),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=12),
    st.sampled_from(["", "calico-node", "True", "Unknown", "172.16.10.23/24", "::1", "\ud800"]),
)
SEEDS = st.integers(0, 2**32)
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)


ODD: tuple[Any, ...] = (
    None, True, 0, -1, 10**30, 1.5, "", "x", "calico-node", "True", "172.16.10.23/24", "::1",
    "\ud800", "\x00", "2026-01-01T00:00:00Z", "99999-99-99T00:00:00Z", [], [None], [[]], {}, [{}],
    {"name": 5}, {"": None}, [{"name": "calico-node"}], "interface=(", "$(IP)", "a" * 5000,
)  # fmt: skip
"""What stands where something else belongs."""


def mutated(original: Any, seed: int, most: int = 3) -> Any:
    """``original`` with a few of its parts replaced, doubled or left out, by the seed."""
    chance = random.Random(seed)
    value = copy.deepcopy(original)
    for _ in range(chance.randint(1, most)):
        found = list(_places(value))
        if not found:
            return value
        holder, key = chance.choice(found)
        if chance.random() < 0.7:
            holder[key] = copy.deepcopy(chance.choice(ODD))
        elif isinstance(holder, list):
            holder.append(copy.deepcopy(holder[key]))
        else:
            del holder[key]
    return value


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Where every part of a JSON value stands: in what, under which key."""
    keys = list(value) if isinstance(value, dict) else range(len(value))
    for key in keys:
        yield value, key
        if isinstance(value[key], (dict, list)):
            yield from _places(value[key])


def scrambled(text: str, seed: int) -> str:
    """``text`` with pieces of it cut, doubled, moved, replaced, or joined with odd characters."""
    chance = random.Random(seed)
    for _ in range(chance.randint(1, 8)):
        start = chance.randint(0, len(text))
        end = min(len(text), start + chance.choice((0, 1, 2, 5, 40, 400)))
        piece = text[start:end]
        other = chance.choice(
            ("", piece * 2, piece * 50, piece[::-1], chance.choice(ODD_TEXTS), text[:start][-30:])
        )
        text = text[:start] + other + text[end:]
    return text[:200_000]


ODD_TEXTS = (
    "\x00", "\x1b[2J", "\r", "\n", "\n\n", "\u2028", "\u202e", "\ufffd", "\ud800", "\U0001f4a9",
    " ", "\t", "/", ":", "[", "(", "{", '"', "\\", "-1", "0", "9" * 400, "1e999", "nan", "٣",
    "a" * 5000, "fe80::1%eth0", "::ffff:10.0.0.1/99", "0.0.0.0/0", "@", "@if9", "*", "\\Q", "(?i",
    "[[:alpha:]",
    "2026-13-99", "99:99:99.999", "[INFO][", "1: lo: <", "inet ", "link/", "null", "\x85", "\x0b",
)  # fmt: skip


@contextmanager
def soon(seconds: float = 5.0) -> Iterator[None]:
    """What hangs on one input of at most some 100 kB takes longer than this, CPU time."""
    began = time.process_time()
    yield
    assert time.process_time() - began < seconds
