"""How large a zip archive's list of its files is, told before zipfile reads it into memory."""

from __future__ import annotations

import os
import struct
from typing import IO

from kubectl_calico_nic.bundle.archives.limits import DAMAGED, UnreadableError

LARGEST_DIRECTORY = 4 * 1024**2
"""Bytes of the list: some 30,000 files with names as long as those of Calico's diagnostics."""

_END = struct.Struct("<4s4H2LH")
"""The record at the end: signature, disks and counts, the list's size and place, comment."""
_LONGEST_COMMENT = 65_535


def require_small_directory(name: str, file: IO[bytes]) -> None:
    """Refuse the archive ``file`` where its list of files is too long.

    Raises:
        UnreadableError: it is so, or there is no such list.
    """
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - _END.size - _LONGEST_COMMENT))
    ending = file.read(_END.size + _LONGEST_COMMENT)
    place = ending.rfind(b"PK\x05\x06")
    if place < 0 or len(ending) - place < _END.size:
        raise UnreadableError(name, DAMAGED)
    *_, listed, _, _ = _END.unpack_from(ending, place)
    if listed > LARGEST_DIRECTORY:
        limit = f"{LARGEST_DIRECTORY // 1024**2} MiB"
        raise UnreadableError(name, f"the list of its files is longer than {limit}")
    file.seek(0)
