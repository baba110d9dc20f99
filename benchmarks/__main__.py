"""``python -m benchmarks``: run the cases and print their tables."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from datetime import date
from pathlib import Path

from benchmarks import cases, machine, table
from benchmarks.measure import BenchmarkError
from benchmarks.table import Pair
from kubectl_calico_nic import __version__
from tests.e2e.binaries import BuildError

_CASES = ("version", "few", "static", "api", "files")
_LINEAR = 100
"""The smallest cluster: with the others it shows what grows faster than the nodes."""
_MEGABYTES = (100, 1000)


def main() -> int:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument("--cases", nargs="+", choices=_CASES, default=list(_CASES))
    parser.add_argument("--runs", type=int, default=5, help="counted runs of each command")
    parser.add_argument(
        "--nodes", type=int, nargs="+", default=[1000], help="on the API server; 5000 takes long"
    )
    parser.add_argument("--static-nodes", type=int, nargs="+", default=[_LINEAR, 1000, 5000])
    parser.add_argument("--output", type=Path, help="keep the tables in this file too")
    options = parser.parse_args()
    found: list[Pair] = []
    failed = 0
    for case in options.cases:
        try:
            for pair in _case(case, options):
                found.append(pair)
                sys.stderr.write(f"{pair.row}\n")
        except (BenchmarkError, BuildError) as error:
            failed += 1
            sys.stderr.write(f"error: {case}: {error}\n")
    text = "\n".join(_document(found, options.runs)) + "\n"
    sys.stdout.write(text)
    if options.output is not None:
        options.output.write_text(text)
    return 1 if failed else 0


def _case(case: str, options: argparse.Namespace) -> Iterable[Pair]:
    if case == "version":
        return [cases.version(options.runs)]
    if case == "few":
        return cases.on_few_nodes(options.runs)
    if case == "static":
        return (cases.on_static_server(count, options.runs) for count in options.static_nodes)
    if case == "files":
        return cases.from_files(_MEGABYTES, options.runs)
    return (pair for count in options.nodes for pair in cases.on_api_server(count, options.runs))


def _document(found: list[Pair], runs: int) -> list[str]:
    return [
        "# Benchmarks",
        "",
        f"Version {__version__}, {date.today().isoformat()}. `make bench` makes such a table.",
        "",
        *(f"- {line}." for line in machine.description()),
        f"- {runs} runs of each command after one that does not count, ours and the peer's in turn:"
        " A B A B. Medians of whole processes; the ratios are pair by pair, with the least and the"
        " most. MB is the highest peak. `load` is the machine's load average: above the number of"
        " CPUs something else was running, time says little then and CPU more.",
        "- The client shares the CPUs with the server that it asks.",
        "",
        *table.pairs(found),
    ]


if __name__ == "__main__":
    sys.exit(main())
