"""``--dry-run`` as kubectl takes it."""

from __future__ import annotations

import enum

from kubectl_calico_nic.errors import UsageError
from kubectl_calico_nic.flags.definition import Flag, Parsed


class DryRun(enum.Enum):
    """How far a change goes; the value is kubectl's word."""

    NONE = "none"
    CLIENT = "client"
    SERVER = "server"


DRY_RUN = Flag(
    "dry-run",
    'Must be "none", "server", or "client": client sends nothing, server sends the change without '
    "storing it.",
    implied="client",
    placeholder="STRATEGY",
    offers=("none", "server", "client"),
)


def dry_run(parsed: Parsed) -> DryRun:
    """The strategy asked for; bare ``--dry-run`` is ``client``.

    Mirrors GetDryRunStrategy of kubectl (pkg/cmd/util/helpers.go).

    Raises:
        UsageError: another word, in kubectl's wording.
    """
    text = parsed.text("dry-run", "none")
    try:
        return DryRun(text)
    except ValueError:
        raise UsageError(
            f'Invalid dry-run value ({text}). Must be "none", "server", or "client".'
        ) from None
