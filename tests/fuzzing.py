"""What the fuzz tests share: how long they run, and JSON of any shape."""

from __future__ import annotations

import copy
import json
import os
from collections.abc import Iterator
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

FACTOR = int(os.environ.get("FUZZ_FACTOR", "1"))
"""How many times as many examples are tried: ``make fuzz`` asks for more than a test run."""


def examples(count: int) -> settings:
    """Try ``count`` examples; how long one takes says nothing on a busy machine."""
    return settings(
        max_examples=count * FACTOR,
        deadline=None,
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
    st.sampled_from(["", "calico-node", "True", "Unknown", "172.16.10.23/24", "::1", "\ud800", "-"]),
)
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every part of a JSON value."""
    if path:
        yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    if isinstance(value, (dict, list)):
        for key, item in inner:
            yield from places(item, (*path, key))


@st.composite
def mutated(draw: st.DrawFn, original: Any, most: int = 3) -> Any:
    """``original`` with a few of its parts replaced, doubled or left out."""
    value = copy.deepcopy(original)
    for _ in range(draw(st.integers(1, most))):
        found = list(places(value))
        if not found:
            return value
        *way, last = draw(st.sampled_from(found))
        holder = value
        for key in way:
            holder = holder[key]
        if draw(st.booleans()):
            holder[last] = draw(ANYTHING)
        elif isinstance(holder, list):
            holder.append(copy.deepcopy(holder[last]))
        else:
            del holder[last]
    return json.loads(json.dumps(value))
