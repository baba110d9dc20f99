"""What may differ between two clusters with the same objects, and is taken away."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Mapping
from typing import Any

_GIVEN_BY_THE_SERVER = frozenset(
    {"uid", "creationTimestamp", "managedFields", "resourceVersion", "selfLink"}
)
# Neither the demo's kubelets nor the test bed's are real: what they report is theirs.
_REPORTED_BY_KUBELETS = frozenset(
    {
        "addresses",
        "allocatable",
        "capacity",
        "containerID",
        "daemonEndpoints",
        "imageID",
        "nodeInfo",
        # How long a start takes, and how often calico-node looked at its address since.
        "freshness",
        "seconds",
        "timeline",
    }
)
_ABOUT_THE_BUILD = frozenset(
    {"buildDate", "compiler", "gitCommit", "gitTreeState", "goVersion", "platform"}
)
_FOR_PEOPLE = frozenset({"description"})
_WHO_ASKS = frozenset({"userInfo"})
_LEFT_OUT = (
    _GIVEN_BY_THE_SERVER | _REPORTED_BY_KUBELETS | _ABOUT_THE_BUILD | _FOR_PEOPLE | _WHO_ASKS
)
# Set by calico-node, on the Nodes of the demo alone.
_OTHER_CONDITIONS = frozenset({"NetworkUnavailable"})
_STAND_INS = tuple(
    (re.compile(pattern), stand_in)
    for pattern, stand_in in (
        (r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?Z?", "TIME"),
        (r"TIME \(\S+\) to TIME \(\S+\)", "TIME"),
        (r"(?<=\")\d\d:\d\d:\d\d(?=\")", "TIME"),
        (r"(?<=IPv[46] )re-detection(?=: detected)", "start-up"),
        (r"(?<=too old resource version: )\d+ \(\d+\)", "VERSIONS"),
        # How long pods took to become Ready, which is not even said where it was no second.
        (r", about \d+ \w+(?: \d+ \w+)?", ""),
        (r"(?<=ResourceVersion in record )\(\d+\)", "VERSION"),
        (r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "UID"),
        (r"\[INFO\]\[\d+\]", "[INFO][PID]"),
    )
)
# A whole object within a message; its members are in the order of Go's fields.
_OBJECT = re.compile(r'(?<=Invalid value: )"\{"apiVersion".*\}"(?=: )', re.DOTALL)
_AGE = re.compile(r"(?<![\w./-])(\d+[smhdy]){1,2}(?![\w./-])|<invalid>")


def comparable(text: str, names: Mapping[str, str]) -> Any:
    """An answer's body without what may differ: as JSON, as a list of JSON lines, or as text.

    ``names`` are names that the server made up, with what stands for each.
    """
    for name, stand_in in sorted(names.items(), key=lambda item: -len(item[0])):
        text = text.replace(name, stand_in)
    for pattern, stand_in in _STAND_INS:
        text = pattern.sub(stand_in, text)
    try:
        return _without(json.loads(text))
    except ValueError:
        return _without_ages(text)


def _without(value: Any) -> Any:
    if isinstance(value, dict):
        kept = {key: item for key, item in value.items() if key not in _LEFT_OUT}
        return {key: "TOKEN" if key == "continue" else _without(kept[key]) for key in kept}
    if isinstance(value, list):
        return sorted(filter(_counts, map(_without, value)), key=_place)
    if isinstance(value, str):
        return "AGE" if _AGE.fullmatch(value) else _OBJECT.sub("OBJECT", value.replace('\\"', '"'))
    return value


def _counts(item: Any) -> bool:
    return not isinstance(item, dict) or item.get("type") not in _OTHER_CONDITIONS


def _place(item: Any) -> str:
    """What lists without an order of their own are sorted by.

    Pods have names that the server made up, conditions come in the order they were set.
    """
    if not isinstance(item, dict):
        return ""
    cells = item.get("cells") or [""]
    name = (item.get("metadata") or {}).get("name") or str(cells[0])
    return name or (str(item["type"]) if "status" in item and "type" in item else "")


def _without_ages(text: str) -> str:
    """A text whose columns are as wide as their longest entry, ages among them."""
    return re.sub(r"[ \t]{2,}", "  ", _AGE.sub("AGE", text))


def differences(real: Any, simulated: Any, path: str = "") -> list[str]:
    """Where two comparable values differ, one line each."""
    if isinstance(real, dict) and isinstance(simulated, dict):
        return [
            line
            for key in sorted({*real, *simulated})
            for line in _of_member(real, simulated, key, f"{path}.{key}")
        ]
    if isinstance(real, list) and isinstance(simulated, list) and len(real) == len(simulated):
        pairs = enumerate(zip(real, simulated, strict=True))
        return [
            line for at, (one, other) in pairs for line in differences(one, other, f"{path}[{at}]")
        ]
    if real == simulated and type(real) is type(simulated):
        return []
    if isinstance(real, str) and isinstance(simulated, str) and "\n" in real.strip():
        return _of_lines(real.splitlines(), simulated.splitlines(), path)
    return [f"{path or 'answer'}: real {_short(real)}, simulated {_short(simulated)}"]


def _of_lines(real: list[str], simulated: list[str], path: str) -> list[str]:
    changes = difflib.unified_diff(real, simulated, "real", "simulated", lineterm="", n=0)
    return [f"{path}: {line}" for line in changes]


def _of_member(real: Any, simulated: Any, key: str, path: str) -> list[str]:
    if key not in simulated:
        return [f"{path}: only real {_short(real[key])}"]
    if key not in real:
        return [f"{path}: only simulated {_short(simulated[key])}"]
    return differences(real[key], simulated[key], path)


def _short(value: Any) -> str:
    return json.dumps(value)[:500]
