"""The machine that a run is made on, and what else it does meanwhile."""

from __future__ import annotations

import os
import platform
import ssl
from pathlib import Path


def description() -> list[str]:
    """Lines for the table's head: processor, memory, system, interpreter."""
    return [
        f"{os.cpu_count()} CPUs ({_processor()}), {_memory():.0f} GB of memory",
        f"{platform.system()} {platform.release()}, {platform.python_implementation()} "
        f"{platform.python_version()}, {ssl.OPENSSL_VERSION}",
    ]


def load() -> float:
    """How many processes wanted a CPU, on average over the last minute."""
    return os.getloadavg()[0]


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())


def _memory() -> float:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
