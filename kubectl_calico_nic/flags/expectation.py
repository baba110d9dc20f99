"""The flags that say what is asked about: which DaemonSet, which nodes, which address is right."""

from __future__ import annotations

from kubectl_calico_nic.flags.definition import Completes, Flag, Kind

EXPECT_CIDR = Flag(
    "expect-cidr",
    "Judge by these networks instead of the Nodes' InternalIP.",
    Kind.SLICE,
    placeholder="CIDR[,CIDR]",
)
EXPECT_INTERFACE = Flag(
    "expect-interface",
    "Judge by these NICs, exact names, instead of the Nodes' InternalIP.",
    Kind.SLICE,
    placeholder="NAME[,NAME]",
    completes=Completes.INTERFACES,
)
DAEMON_SET = Flag(
    "daemonset",
    "The calico-node DaemonSet, when the cluster has several.",
    placeholder="[NAMESPACE/]NAME",
    completes=Completes.DAEMON_SETS,
)
FAMILY = Flag(
    "family",
    "IP family: 4, 6 or 46.",
    placeholder="FAMILY",
    choices=("4", "6", "46"),
)
PROBE = Flag(
    "probe",
    "Whether to run ip in calico-node containers (needs pods/exec): auto does when something is "
    "wrong or asked, never does without.",
    placeholder="auto|never",
    choices=("auto", "never"),
)
EXPECTATION_FLAGS = (EXPECT_CIDR, EXPECT_INTERFACE, DAEMON_SET)
