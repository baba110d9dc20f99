"""The flags that every command takes: kubectl's connection flags, and ``--help``."""

from __future__ import annotations

from kubectl_calico_nic.flags.connection import CONNECTION_FLAGS
from kubectl_calico_nic.flags.definition import Flag, Kind

HELP = Flag("help", "Help for this command.", Kind.BOOL, short="h")
GLOBAL_FLAGS: tuple[Flag, ...] = (
    *CONNECTION_FLAGS,
    HELP,
    Flag("v", "Accepted as kubectl's.", Kind.COUNT, short="v", hidden=True),
)
