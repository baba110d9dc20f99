"""The flags of ``rollout-check`` beside those of every command."""

from __future__ import annotations

from kubectl_calico_nic.flags.definition import Flag, Kind
from kubectl_calico_nic.flags.expectation import EXPECTATION_FLAGS, FAMILY, PROBE
from kubectl_calico_nic.flags.limits import CONCURRENCY
from kubectl_calico_nic.flags.output import output_flag

FORMATS = ("json", "yaml", "name")
"""What ``-o`` takes."""

FLAGS = (
    Flag(
        "timeout",
        "Give up after this long (1s, 2m, 3h); 0s waits without end.",
        placeholder="DURATION",
    ),
    Flag("watch", "Wait for the end; --watch=false says how it stands now.", Kind.BOOL, short="w"),
    output_flag(FORMATS),
    FAMILY,
    PROBE,
    *EXPECTATION_FLAGS,
    CONCURRENCY,
)
