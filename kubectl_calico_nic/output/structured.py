"""JSON, YAML and what a JSONPath template finds, for scripts."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, TextIO

from kubectl_calico_nic.environment import Environment
from kubectl_calico_nic.output.escape import escape


def write_structured(value: Any, output_format: str, stream: TextIO) -> None:
    """Write ``value`` (JSON data) as ``json`` or ``yaml``, indented as kubectl does.

    Everything outside ASCII is escaped in JSON, so that no text from the cluster can act on a
    terminal; PyYAML's writer escapes what is not printable. ``jsonpath=TEMPLATE`` and
    ``jsonpath-as-json=TEMPLATE`` write what the template finds, and nothing behind it; on a
    terminal no text that is not the template's own can act there either.
    """
    name, _, template = output_format.partition("=")
    if name == "json":
        json.dump(value, stream, indent=4)
        stream.write("\n")
    elif name == "yaml":
        import yaml

        yaml.safe_dump(value, stream, sort_keys=False, default_flow_style=False, width=10_000)
    else:
        from kubectl_calico_nic.output.jsonpath.parser import parse_template
        from kubectl_calico_nic.output.jsonpath.printing import printed

        as_json = name == "jsonpath-as-json"
        shown = escape if stream.isatty() else str
        parsed = parse_template(template)
        stream.write(printed(parsed, value, source=template, as_json=as_json, shown=shown))


def write_name(resource: str, names: Iterable[str], environment: Environment) -> None:
    """Write ``RESOURCE/NAME`` for each object, as ``-o name`` of kubectl does."""
    environment.stdout.writelines(f"{resource}/{escape(name)}\n" for name in names)
