"""Generated flags, in every spelling that pflag knows, and some that it does not."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Any, TypeVar

T = TypeVar("T")
Weighted = Mapping[T, float]


class Draw:
    """What a case is made of, drawn one after the other."""

    def __init__(self, random: Random) -> None:
        self.random = random

    def chance(self, probability: float) -> bool:
        return self.random.random() < probability

    def one(self, weights: Weighted[T]) -> T:
        (drawn,) = self.random.choices(list(weights), list(weights.values()))
        return drawn

    def some(self, chances: Mapping[str, tuple[float, Callable[[], Any]]]) -> dict[str, Any]:
        """Each of the fields with its probability."""
        return {name: make() for name, (chance, make) in chances.items() if self.chance(chance)}


PROXIES: Weighted[str] = {
    "{proxy}": 4,
    "http://u:p%40w@127.0.0.1:{proxy_port}": 2,
    "http://127.0.0.1:{refused_port}": 1,
    "ftp://p": 1,
    "127.0.0.1:{proxy_port}": 1,
}
SERVER_NAMES: Weighted[str] = {"localhost": 6, "127.0.0.1": 1, "elsewhere.example": 1}
_STRINGS: Mapping[str, tuple[float, Weighted[str]]] = {
    "context": (0.08, {"a": 5, "b": 5, "gone": 0.5, "": 0.5}),
    "cluster": (0.04, {"a": 5, "b": 5, "gone": 1}),
    "user": (0.04, {"a": 5, "b": 5, "gone": 1}),
    "namespace": (0.2, {"n2": 5, "kube-system": 3, "": 1}),
    "server": (
        0.06,
        {"{secure}": 4, "{secure}/pre": 1, "{plain}": 1, "https://localhost:{secure_port}": 1},
    ),
    "tls-server-name": (0.03, SERVER_NAMES),
    "certificate-authority": (0.05, {"pki/ca.crt": 6, "{home}/pki/ca.crt": 2, "nope": 1}),
    "client-certificate": (0.03, {"pki/alice.crt": 4, "pki/bob.crt": 2, "nope": 1}),
    "client-key": (0.03, {"pki/alice.key": 4, "pki/bob.key": 2}),
    "token": (0.06, {"flag": 5, "": 1}),
    "username": (0.01, {"fu": 1}),
    "password": (0.02, {"fp": 1}),
    "as": (0.06, {"zoe": 5, "": 1}),
    "as-uid": (0.006, {"9": 1}),
    "proxy-url": (0.02, PROXIES),
    "request-timeout": (0.05, {"20s": 3, "0": 1, "15": 1, "5 parsecs": 0.5, "": 0.3}),
    "kubeconfig": (0.03, {".kube/config": 6, "{home}/k1": 1, "down/k2": 1, "nope": 0.3}),
    "cache-dir": (0.02, {"{home}/cache": 1}),
    "log-flush-frequency": (0.01, {"1s": 1}),
}
_REPEATED: Mapping[str, tuple[float, Weighted[str]]] = {
    "as-group": (0.01, {"g1": 2, "g2,g3": 1, "": 0.2}),
    "as-user-extra": (0.006, {"k=1": 2, "k=2": 2, "l=a=b": 1, "junk": 1}),
}
_BOOLS: Mapping[str, float] = {
    "insecure-skip-tls-verify": 0.04,
    "disable-compression": 0.03,
    "warnings-as-errors": 0.02,
}
_SHORT = {"namespace": "n", "server": "s"}
_WRONG: Weighted[tuple[str, ...]] = {
    ("--nope",): 1,
    ("--nope=1",): 1,
    ("-Z",): 1,
    ("-=x",): 0.5,
    ("--=x",): 0.5,
    ("---x",): 0.5,
    ("--insecure-skip-tls-verify=maybe",): 1,
    ("-v=x",): 1,
    ("--disable-compression=",): 1,
}
_MISSING: Weighted[tuple[str, ...]] = {("-n",): 1, ("--token",): 1, ("--as-group",): 1, ("-v",): 1}


FAULTS = frozenset((*_WRONG, *_MISSING))


def words(draw: Draw) -> list[tuple[str, ...]]:
    """The flags, each in one of its spellings; now and then one that is wrong."""
    spelt = [
        _spelt(draw, name, draw.one(values))
        for name, (chance, values) in _STRINGS.items()
        if draw.chance(chance)
    ]
    acts = any("as=" in word or word == "--as" for each in spelt for word in each)
    for name, (chance, values) in _REPEATED.items():
        if draw.chance(0.4 if acts else chance):
            spelt += [_spelt(draw, name, draw.one(values)) for _ in range(draw.one({1: 2, 2: 1}))]
    spelt += [_bool(draw, name) for name, chance in _BOOLS.items() if draw.chance(chance)]
    spelt += [_spelt(draw, "v", "0")] if draw.chance(0.02) else []
    draw.random.shuffle(spelt)
    if draw.chance(0.03):
        spelt.insert(draw.random.randrange(len(spelt) + 1), draw.one(_WRONG))
    if draw.chance(0.01):
        spelt.append(draw.one(_MISSING))
    return spelt


def _spelt(draw: Draw, name: str, value: str) -> tuple[str, ...]:
    forms: list[Sequence[str]] = [(f"--{name}={value}",), (f"--{name}", value)]
    short = _SHORT.get(name, name if len(name) == 1 else "")
    if short:
        forms += [(f"-{short}={value}",), (f"-{short}", value)]
        forms += [(f"-{short}{value}",)] if value else []
    return tuple(draw.random.choice(forms))


def _bool(draw: Draw, name: str) -> tuple[str, ...]:
    return (f"--{name}" + draw.one({"": 5, "=true": 2, "=false": 2, "=T": 1, "=0": 1}),)
