"""Connection flags as values, and what importing the light modules costs."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from kubectl_calico_nic.cluster.kubeconfig.overrides import ConnectionFlags, parse_request_timeout
from kubectl_calico_nic.cluster.transport.request_info import request_info
from kubectl_calico_nic.errors import UsageError
from kubectl_calico_nic.flags.connection import CONNECTION_FLAGS, connection_flags
from kubectl_calico_nic.flags.definition import Flag, Kind
from kubectl_calico_nic.flags.every_command import GLOBAL_FLAGS
from kubectl_calico_nic.flags.parser import parse
from tests.cluster_differences import DIFFERENCES
from tests.cluster_kubectl import Setup, needs_kubectl


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        (None, None),
        ("", None),
        ("0", None),
        ("0s", None),
        ("5", 5.0),
        ("1s", 1.0),
        ("2m", 120.0),
        ("1h30m", 5400.0),
        ("1.5s", 1.5),
        (".5s", 0.5),
        ("250ms", 0.25),
        ("+3s", 3.0),
        ("-1s", None),
    ],
)
def test_request_timeouts_are_seconds_or_durations(text: str | None, seconds: float | None) -> None:
    assert parse_request_timeout(text) == (None if seconds is None else pytest.approx(seconds))


@needs_kubectl
def test_every_flag_of_kubectl_options_is_known(tmp_path: Path) -> None:
    options = Setup(tmp_path).kubectl("options").stdout
    theirs = re.findall(r"(?m)^    (?:-(\w), )?--([\w-]+)=", options)
    assert len(theirs) > 25
    ours = {(flag.short or "", flag.name) for flag in GLOBAL_FLAGS}
    assert set(theirs) <= ours


def test_what_is_without_effect_is_in_the_table_of_differences() -> None:
    (row,) = (each.what for each in DIFFERENCES if "--cache-dir" in each.what)
    without = {flag.name for flag in CONNECTION_FLAGS if flag.hidden}
    assert set(re.findall(r"--([\w-]+)", row)) == without


@pytest.mark.parametrize(
    "flag",
    # How a command ends is decided elsewhere: tests/test_cluster_request_log.py.
    [each for each in CONNECTION_FLAGS if not each.hidden and each.name != "warnings-as-errors"],
    ids=lambda flag: flag.name,
)
def test_every_other_flag_gets_where_it_takes_effect(flag: Flag) -> None:
    given = parse([f"--{flag.name}={'true' if flag.kind is Kind.BOOL else 'x'}"], CONNECTION_FLAGS)
    nothing = parse([], CONNECTION_FLAGS)
    assert connection_flags(given) != connection_flags(nothing)


@pytest.mark.parametrize("text", ["x", "5 s", "1d", "s", "1s2", "-5", "1e3", "٣s", "5s\n"])
def test_other_texts_are_refused_in_kubectls_words(text: str) -> None:
    with pytest.raises(UsageError, match="^Invalid timeout value. Timeout must be a single"):
        parse_request_timeout(text)


def test_secret_flags_are_not_in_a_repr() -> None:
    assert "hidden" not in repr(ConnectionFlags(token="hidden", password="hidden"))


@pytest.mark.parametrize(
    "module",
    ["kubeconfig.overrides", "errors", "kubeconfig", "session", "transport.request_info"],
)
def test_nothing_heavy_is_imported_before_it_is_needed(module: str) -> None:
    heavy = {"kubernetes", "urllib3", "yaml", "rich", "websocket", "requests"}
    code = (
        f"import sys, kubectl_calico_nic.cluster.{module}; "
        f"print(sorted({heavy!r} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("method", "path", "permission", "resource"),
    [
        ("GET", "/api/v1/nodes", "list nodes", "nodes"),
        ("GET", "/api/v1/nodes/x", "get nodes", "nodes"),
        ("GET", "/api/v1/namespaces/n", "get namespaces", "namespaces"),
        ("GET", "/api/v1/namespaces/n/pods/p/log", "get pods/log in namespace n", "pods"),
        (
            "PATCH",
            "/apis/apps/v1/namespaces/n/daemonsets/d",
            "patch daemonsets (apps) in namespace n",
            "daemonsets.apps",
        ),
        (
            "GET",
            "/apis/crd.projectcalico.org/v1/felixconfigurations",
            "list felixconfigurations (crd.projectcalico.org)",
            "felixconfigurations.crd.projectcalico.org",
        ),
        ("GET", "/version", "get", ""),
        ("GET", "/apis/apps", "get", ""),
        ("GET", "", "get", ""),
    ],
)
def test_a_path_says_which_permission_it_needs(
    method: str, path: str, permission: str, resource: str
) -> None:
    request = request_info(method, path)
    assert request.permission == permission
    assert request.qualified_resource == resource
