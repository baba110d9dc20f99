"""The difference between two objects as kubectl diff shows it: unified, of their YAML."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any

from kubectl_calico_nic.output.screen import BAD, GOOD, PLAIN, STRONG, Line, Span, line


def diff_lines(before: Mapping[str, Any], after: Mapping[str, Any], name: str) -> list[Line]:
    """Unified diff of ``before`` and ``after``, managedFields left out; empty when equal."""
    texts = difflib.unified_diff(
        _yaml(before), _yaml(after), f"LIVE/{name}", f"PLANNED/{name}", lineterm=""
    )
    return [line(Span(text, _style(text))) for text in texts]


def _style(text: str) -> str:
    if text.startswith(("---", "+++")):
        return STRONG
    return {"+": GOOD, "-": BAD}.get(text[:1], PLAIN)


def _yaml(item: Mapping[str, Any]) -> list[str]:
    import yaml

    metadata = {key: value for key, value in item["metadata"].items() if key != "managedFields"}
    shown = {**item, "metadata": metadata}
    text = yaml.safe_dump(shown, sort_keys=False, default_flow_style=False, width=10_000)
    return text.splitlines()
