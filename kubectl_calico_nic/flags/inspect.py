"""The flags of ``inspect`` beside those of every command."""

from __future__ import annotations

from kubectl_calico_nic.flags.definition import Completes, Flag, Kind
from kubectl_calico_nic.flags.expectation import EXPECTATION_FLAGS, FAMILY, PROBE
from kubectl_calico_nic.flags.limits import CONCURRENCY
from kubectl_calico_nic.flags.output import NO_HEADERS, output_flag

FORMATS = ("wide", "json", "yaml", "name")
"""What ``-o`` takes."""

FLAGS = (
    output_flag(FORMATS),
    NO_HEADERS,
    Flag("all", "Show every row; ok rows are never folded.", Kind.BOOL),
    *EXPECTATION_FLAGS,
    FAMILY,
    PROBE,
    Flag(
        "timeout",
        "Report what was read until then (1s, 2m, 3h); 0s reads without end.",
        placeholder="DURATION",
    ),
    CONCURRENCY,
    Flag(
        "what-if",
        "What would each node choose under this method? Repeat it to compare several.",
        Kind.ARRAY,
        placeholder="METHOD",
    ),
    Flag(
        "from",
        "Read files, directories or stdin (-) instead of a cluster: logs, ip addr output, "
        "Nodes and pods as JSON or YAML.",
        Kind.ARRAY,
        placeholder="PATH",
        completes=Completes.FILES,
    ),
    Flag(
        "calico-version",
        "The Calico version where no file of --from names it.",
        placeholder="VERSION",
    ),
)
