"""``demo``: the whole story on a simulated cluster inside this process, on loopback."""

from __future__ import annotations

import dataclasses
import os
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from kubectl_calico_nic.commands.command import OTHER_COMMANDS, Command
from kubectl_calico_nic.environment import EXIT_OK, Environment
from kubectl_calico_nic.errors import CalicoNicError, UsageError
from kubectl_calico_nic.flags.definition import Flag, Kind, Parsed

if TYPE_CHECKING:
    from pathlib import Path

    from kubectl_calico_nic.simulator.cluster import SimulatedCluster

_READING_PAUSE = 2.0
"""Seconds between two steps on a terminal, so that a person can read what was printed."""

_WIDTH = 96

_STORY: tuple[tuple[str, tuple[str, ...], int], ...] = (
    (
        "Four nodes with three NICs each: mgmt, bond3 (storage) and bond4, which carries the "
        "cluster. Pods on some nodes cannot reach the others. Which NIC did Calico choose?",
        ("inspect",),
        2,
    ),
    (
        "Two nodes are on the storage NIC. The value that fixes all of them, previewed on every "
        "node's real interfaces:",
        ("set", "--interface", "bond4"),
        0,
    ),
    ("The pods restart one at a time. The proof, node by node:", ("rollout-check",), 0),
    ("And now:", ("inspect",), 0),
)


def _run(parsed: Parsed, environment: Environment) -> int:
    if parsed.arguments:
        raise UsageError(f"extra arguments: {' '.join(parsed.arguments)}")
    from kubectl_calico_nic.simulator.cluster import READING_PACE, SimulatedCluster

    serve = parsed.truth("serve")
    pace = READING_PACE if environment.stdout_is_terminal or serve else 0.0
    with SimulatedCluster(pace=pace) as cluster, _kubeconfig(cluster) as path:
        if serve:
            return _serve(path, environment)
        _tell(path, environment, cluster)
    return EXIT_OK


@contextmanager
def _kubeconfig(cluster: SimulatedCluster) -> Iterator[Path]:
    """The cluster's kubeconfig in a directory of its own, removed afterwards."""
    import json
    import tempfile
    from pathlib import Path

    with tempfile.TemporaryDirectory(prefix="calico-nic-demo-") as directory:
        path = Path(directory) / "kubeconfig"
        path.write_text(json.dumps(cluster.kubeconfig, indent=2) + "\n")
        yield path


def _tell(path: Path, environment: Environment, cluster: SimulatedCluster) -> None:
    import textwrap

    from kubectl_calico_nic.cli import main
    from kubectl_calico_nic.output.screen import QUIET, STRONG, Span, line, write

    inside = dataclasses.replace(
        environment, environ={**environment.environ, "KUBECONFIG": os.fspath(path)}
    )
    for comment, argv, expected in _STORY:
        words = f"$ {environment.command} {shlex.join(argv)}"
        told = [line(Span(f"# {text}", QUIET)) for text in textwrap.wrap(comment, _WIDTH)]
        write([*told, line(Span(words, STRONG))], environment.stdout, environment)
        environment.stdout.flush()
        _pause(environment, cluster)
        status = main(argv, inside)
        if status != expected:
            raise CalicoNicError(
                f"the demo is broken: {argv[0]} ended with {status} instead of {expected}"
            )
        environment.stdout.write("\n")
        environment.stdout.flush()
        _pause(environment, cluster)


def _pause(environment: Environment, cluster: SimulatedCluster) -> None:
    """Let a person read; in a pipe let the pods get ready, so that every run prints the same."""
    if environment.stdout_is_terminal:
        environment.sleep(_READING_PAUSE)
    else:
        cluster.settle()


def _serve(path: Path, environment: Environment) -> int:
    """Keep the cluster up until Ctrl-C."""
    import threading

    environment.stdout.write(f"export KUBECONFIG={shlex.quote(os.fspath(path))}\n")
    environment.stdout.flush()
    environment.stderr.write(
        "A simulated cluster serves on loopback until Ctrl-C. In another terminal, after the line "
        f"above:\n  {environment.command} inspect\n  kubectl get pods -n kube-system -o wide\n"
    )
    environment.stderr.flush()
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        environment.stderr.write("\n")
    return EXIT_OK


COMMAND = Command(
    name="demo",
    summary="Show the whole story on a simulated cluster; nothing is installed",
    description=(
        "An API server inside this process, on loopback, with four nodes on several NICs: "
        "inspect, set, rollout-check. Nothing is left behind."
    ),
    usage="",
    examples=(
        ("The story", "demo"),
        ("Keep the cluster up and try commands of your own", "demo --serve"),
    ),
    flags=(Flag("serve", "Keep the cluster up and print a KUBECONFIG for it.", Kind.BOOL),),
    run=_run,
    group=OTHER_COMMANDS,
)
