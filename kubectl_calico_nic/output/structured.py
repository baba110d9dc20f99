"""JSON and YAML for scripts."""

from __future__ import annotations

import json
from typing import Any, TextIO


def write_structured(value: Any, output_format: str, stream: TextIO) -> None:
    """Write ``value`` (JSON data) as ``json`` or ``yaml``, indented as kubectl does.

    Everything outside ASCII is escaped in JSON, so that no text from the cluster can act on a
    terminal; PyYAML's writer escapes what is not printable.
    """
    if output_format == "json":
        json.dump(value, stream, indent=4)
        stream.write("\n")
        return
    import yaml

    yaml.safe_dump(value, stream, sort_keys=False, default_flow_style=False, width=10_000)
