"""The flags of ``set`` beside those of every command."""

from __future__ import annotations

from kubectl_calico_nic.flags.definition import Flag, Kind
from kubectl_calico_nic.flags.dry_run import DRY_RUN
from kubectl_calico_nic.flags.expectation import EXPECTATION_FLAGS, FAMILY, PROBE
from kubectl_calico_nic.flags.limits import CONCURRENCY
from kubectl_calico_nic.flags.method import METHOD_FLAGS
from kubectl_calico_nic.flags.output import output_flag
from kubectl_calico_nic.flags.staging import STAGING_FLAGS

FORMATS = ("json", "yaml", "name")
"""What ``-o`` takes."""

FLAGS = (
    *METHOD_FLAGS,
    FAMILY,
    DRY_RUN,
    Flag("diff", "Show the change as a diff of the object.", Kind.BOOL),
    output_flag(FORMATS),
    *STAGING_FLAGS,
    Flag("yes", "Do not ask when there are warnings.", Kind.BOOL, short="y"),
    Flag(
        "max-unknown",
        "On how many nodes the outcome may be unknown.",
        Kind.COUNT,
        placeholder="N",
    ),
    Flag(
        "inventory",
        "Output of ip -o addr show where exec is impossible: a file for each node, named "
        "after it, or a directory of them.",
        Kind.ARRAY,
        placeholder="PATH",
    ),
    Flag("force", "Override the refusals that can be overridden.", Kind.BOOL),
    Flag("field-manager", "Name of the manager that owns the changed fields.", placeholder="NAME"),
    PROBE,
    *EXPECTATION_FLAGS,
    CONCURRENCY,
)
