"""The flags that say how a result is shown."""

from __future__ import annotations

from kubectl_calico_nic.errors import UsageError
from kubectl_calico_nic.flags.definition import Flag, Kind, Parsed

NO_HEADERS = Flag("no-headers", "Print the rows alone.", Kind.BOOL)


def output_flag(formats: tuple[str, ...]) -> Flag:
    """``-o`` of a command that knows these formats."""
    text = f"Output format: {', '.join(formats)}."
    return Flag("output", text, short="o", placeholder="FORMAT")


def output_format(parsed: Parsed, formats: tuple[str, ...]) -> str:
    """The format asked for; ``""`` is the command's own table.

    Raises:
        UsageError: none that this command knows, in kubectl's words.
    """
    asked = parsed.text("output", "") or ""
    if not asked or asked in formats:
        return asked
    raise UsageError(
        f'unable to match a printer suitable for the output format "{asked}", '
        f"allowed formats are: {','.join(formats)}"
    )
