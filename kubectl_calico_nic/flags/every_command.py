"""The flags that every command takes: kubectl's connection flags, and ``--help``."""

from __future__ import annotations

from kubectl_calico_nic.flags.connection import CONNECTION_FLAGS
from kubectl_calico_nic.flags.definition import Flag, Kind

HELP = Flag("help", "Help for this command.", Kind.BOOL, short="h")
GLOBAL_FLAGS: tuple[Flag, ...] = (
    *CONNECTION_FLAGS,
    HELP,
    Flag(
        "v",
        "Log level: 1 counts the requests, 6 shows each, 7 and 8 their headers; never a secret.",
        Kind.COUNT,
        short="v",
        placeholder="LEVEL",
    ),
)
