"""docs/faults.md is the matrix that the tests go through."""

from __future__ import annotations

from pathlib import Path

from .fault_matrix import FAULTS, cells
from .fault_matrix_page import page

PAGE = Path(__file__).parents[1] / "docs" / "faults.md"


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text() == page(), "make docs"


def test_every_fault_has_its_row_for_every_command() -> None:
    for command in ("inspect", "set", "rollout-check"):
        assert {cell.fault for cell in cells(command)} == set(FAULTS)
        section = page().partition(f"## {command}\n")[2].partition("\n## ")[0]
        for fault in FAULTS:
            assert section.count(f"\n| {fault} | ") == 1
