"""The TCP sockets of a process, as Linux shows them below ``/proc``."""

from __future__ import annotations

import contextlib
import ipaddress
import os
import struct
from collections.abc import Iterable
from pathlib import Path

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

PROC = Path("/proc")


def addresses(pid: int) -> set[Address]:
    """Every address, near or far, of the TCP sockets that ``pid`` has open.

    The far end of a listening socket, which is all zeros, is left out; a near end that is all
    zeros listens everywhere, and is told.
    """
    inodes = _socket_inodes(pid)
    found = set()
    for table in ("tcp", "tcp6"):
        _header, *lines = (PROC / str(pid) / "net" / table).read_text().splitlines()
        for near, far, inode in (_ends(line) for line in lines):
            if inode in inodes:
                found.add(_address(near))
                found |= {_address(far)} if int(far, 16) else set()
    return found


def strangers(found: Iterable[Address]) -> set[Address]:
    """Those that are not addresses of this machine's loopback interface."""
    return {address for address in found if not address.is_loopback}


def _ends(line: str) -> tuple[str, str, str]:
    """Near address, far address and inode of one line; see proc_pid_net(5)."""
    fields = line.split()
    return fields[1].split(":")[0], fields[2].split(":")[0], fields[9]


def _socket_inodes(pid: int) -> set[str]:
    targets = set()
    for descriptor in (PROC / str(pid) / "fd").iterdir():
        with contextlib.suppress(FileNotFoundError):
            targets.add(os.readlink(descriptor))
    return {
        target.removeprefix("socket:[").removesuffix("]")
        for target in targets
        if target.startswith("socket:")
    }


def _address(words: str) -> Address:
    """Read the 32-bit words that the kernel prints in the machine's own byte order."""
    numbers = [int(words[at : at + 8], 16) for at in range(0, len(words), 8)]
    address = ipaddress.ip_address(struct.pack(f"={len(numbers)}I", *numbers))
    return getattr(address, "ipv4_mapped", None) or address
