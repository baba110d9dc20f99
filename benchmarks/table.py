"""What is printed and kept of a run: Markdown tables."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from benchmarks.measure import Cost, difference, median, ratio

_HEAD = (
    "| what | beside | ours, s | theirs, s | time, ratio | "
    "CPU, s | theirs, s | CPU, ratio | MB | load |",
    "|---" * 10 + "|",
)


@dataclass(frozen=True, slots=True)
class Pair:
    """One command of ours and a peer, run in turn; ``load`` is the machine's meanwhile.

    ``target`` says what is wanted, ``notes`` what else was seen.
    """

    what: str
    beside: str
    ours: Sequence[Cost]
    theirs: Sequence[Cost]
    load: float
    target: str = ""
    notes: Sequence[str] = field(default=())

    @property
    def row(self) -> str:
        """Medians; of the ratios least and most as well."""
        cells = (
            self.what,
            self.beside,
            _seconds(median(self.ours, _wall)),
            _seconds(median(self.theirs, _wall)),
            _ratio(self.ours, self.theirs, _wall),
            _seconds(median(self.ours, _cpu)),
            _seconds(median(self.theirs, _cpu)),
            _ratio(self.ours, self.theirs, _cpu),
            f"{max(cost.peak for cost in self.ours):.0f}",
            f"{self.load:.0f}",
        )
        return f"| {' | '.join(cells)} |"

    @property
    def remarks(self) -> list[str]:
        """What goes below the table."""
        least, middle, most = difference(self.ours, self.theirs)
        longer = f"{middle:+.2f} s ({least:+.2f} to {most:+.2f}) against {self.beside}"
        target = f"; wanted: {self.target}" if self.target else ""
        return [f"- {self.what}: {longer}{target}.", *(f"  - {note}." for note in self.notes)]


def pairs(found: Sequence[Pair]) -> list[str]:
    """A table of ``found`` and what is to be said about them."""
    return [
        *_HEAD,
        *(pair.row for pair in found),
        "",
        *(line for pair in found for line in pair.remarks),
    ]


def _wall(cost: Cost) -> float:
    return cost.wall


def _cpu(cost: Cost) -> float:
    return cost.cpu


def _seconds(value: float) -> str:
    return f"{value:.2f}"


def _ratio(ours: Sequence[Cost], theirs: Sequence[Cost], figure: Callable[[Cost], float]) -> str:
    if any(figure(cost) == 0 for cost in theirs):
        return "-"
    least, middle, most = ratio(ours, theirs, figure)
    return f"{middle:.2f} ({least:.2f}-{most:.2f})"
