"""How much of one path is unpacked, and the errors that end reading it.

Archives of support teams are large; what unpacks to more than this is a mistake or an attack.
"""

from __future__ import annotations

from dataclasses import dataclass

from kubectl_calico_nic.errors import CalicoNicError

LARGEST_UNPACKED = 4 * 1024**3
"""Bytes that one path may unpack to, those of every layer together."""
MOST_FILES = 100_000
"""Files, folders and links in the archives of one path."""
DEEPEST = 6
"""Layers around a file: logs.tar.gz has two, a .gz file in it three."""
HIGHEST_RATIO = 500
"""Bytes that one packed byte may give; logs give 10 to 50, a bomb of zeros 1,000."""
RATIO_COUNTS_FROM = 64 * 1024**2
"""Below so many unpacked bytes the ratio does not matter."""

DAMAGED = "it is damaged or cut off"
"""What is said of archives that cannot be read to their end."""


class UnreadableError(CalicoNicError):
    """A file cannot be read as what it is; ``name`` is what messages call it."""

    def __init__(self, name: str, problem: str) -> None:
        self.name = name
        self.problem = problem
        super().__init__(f"read {name}: {problem}")


class LimitReachedError(UnreadableError):
    """One path gave as much as is read of one path: nothing more of it is read."""


@dataclass(slots=True)
class Allowance:
    """What one path gave so far; ``name`` is the path as messages call it."""

    name: str
    unpacked: int = 0
    files: int = 0

    def count_bytes(self, count: int) -> None:
        """Count bytes that a layer unpacked to.

        Raises:
            LimitReachedError: they are too many.
        """
        self.unpacked += count
        if self.unpacked > LARGEST_UNPACKED:
            limit = f"{LARGEST_UNPACKED / 1024**3:g} GiB"
            raise LimitReachedError(self.name, f"unpacks to more than {limit}")

    def count_file(self) -> None:
        """Count a file of an archive.

        Raises:
            LimitReachedError: they are too many.
        """
        self.files += 1
        if self.files > MOST_FILES:
            raise LimitReachedError(self.name, f"holds more than {MOST_FILES:,} files")


def require_ratio(name: str, packed: int, unpacked: int) -> None:
    """Refuse what unpacks to far more than it is.

    Raises:
        UnreadableError: ``unpacked`` bytes are too many for ``packed`` ones.
    """
    if unpacked > RATIO_COUNTS_FROM and unpacked > packed * HIGHEST_RATIO:
        raise UnreadableError(name, f"unpacks to more than {HIGHEST_RATIO} times its size")
