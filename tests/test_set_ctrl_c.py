"""Ctrl-C while ``set`` sends its first patch: what is known is said, and what to run next."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from kubectl_calico_nic.cluster.errors import ApiError, ConnectionRefused
from kubectl_calico_nic.cluster.session import Session
from kubectl_calico_nic.environment import HungUp, Terminated

from .calico_nic import Result
from .simulated import Simulated

METHOD = "IP_AUTODETECTION_METHOD"
SET = ("set", "--interface", "bond4")
LOOK = "run kubectl calico-nic inspect\n"
BACK = "  back:  kubectl calico-nic set --undo\n"
FOLLOW = "  go on: by itself; follow it: kubectl calico-nic rollout-check\n"
STAGE = "  go on: kubectl calico-nic set --resume\n"
Send = Callable[[], Any]


@contextmanager
def at_the_patch(
    monkeypatch: pytest.MonkeyPatch,
    act: Callable[[Send], Any],
    reading: BaseException | None = None,
) -> Iterator[None]:
    """Let ``act`` do what happens when a patch is to be sent; then reading may fail."""
    send, get = Session.patch, Session.get
    is_stopped = False

    def patch(self: Session, *words: Any, **options: Any) -> Any:
        nonlocal is_stopped
        is_stopped = True
        return act(lambda: send(self, *words, **options))

    def read(self: Session, path: str, *words: Any) -> Any:
        if is_stopped and reading is not None:
            raise reading
        return get(self, path, *words)

    with monkeypatch.context() as patched:
        patched.setattr(Session, "patch", patch)
        patched.setattr(Session, "get", read)
        yield


def before(_: Send) -> Any:
    raise KeyboardInterrupt


def after(send: Send) -> Any:
    send()
    raise KeyboardInterrupt


def terminated(send: Send) -> Any:
    send()
    raise Terminated


def hung_up(send: Send) -> Any:
    send()
    raise HungUp


def stopped(
    monkeypatch: pytest.MonkeyPatch,
    act: Callable[[Send], Any],
    *words: str,
    reading: BaseException | None = None,
) -> tuple[Result, dict[str, str]]:
    with Simulated() as cluster:
        with at_the_patch(monkeypatch, act, reading):
            result = cluster.run(*(words or SET))
        return result, cluster.env()


def test_a_change_that_was_made_is_said_to_be(monkeypatch: pytest.MonkeyPatch) -> None:
    result, env = stopped(monkeypatch, after)
    assert (result.status, env[METHOD]) == (130, "interface=bond4")
    assert result.stderr.endswith(
        f"interrupted: daemonset kube-system/calico-node has the change\n{FOLLOW}{BACK}"
    )


def test_a_stage_that_was_begun_names_the_command_that_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    result, _ = stopped(monkeypatch, after, *SET, "--canary", "node-3", "--wait")
    assert result.status == 130
    assert result.stderr.endswith(f"has the change\n{STAGE}{BACK}")


@pytest.mark.parametrize(("act", "status"), [(terminated, 143), (hung_up, 129)])
def test_the_status_of_a_process_that_a_signal_ended_is_its_own(
    act: Callable[[Send], Any], status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    result, _ = stopped(monkeypatch, act)
    assert result.status == status
    assert result.stderr.endswith(f"has the change\n{FOLLOW}{BACK}")


def test_a_change_that_is_not_there_may_still_come(monkeypatch: pytest.MonkeyPatch) -> None:
    result, env = stopped(monkeypatch, before)
    assert (result.status, METHOD in env) == (130, False)
    assert result.stderr.endswith(
        "interrupted: daemonset kube-system/calico-node does not have the change; unknown whether "
        f"the API server still takes what was sent: {LOOK}"
    )


@pytest.mark.parametrize(
    "reading",
    [KeyboardInterrupt(), ConnectionRefused("127.0.0.1:6443"), ApiError(403, "Forbidden", "no")],
    ids=["a second Ctrl-C", "away", "no right"],
)
def test_what_cannot_be_read_back_is_unknown(
    reading: BaseException, monkeypatch: pytest.MonkeyPatch
) -> None:
    result, env = stopped(monkeypatch, after, reading=reading)
    assert (result.status, env[METHOD]) == (130, "interface=bond4")
    assert f"unknown whether the API server took the change: {LOOK}" in result.stderr
    assert result.stderr.endswith(BACK)


def test_what_somebody_else_changed_too_is_not_called_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    with Simulated() as cluster:

        def overtaken(_: Send) -> Any:
            cluster.patch_env(METHOD, "can-reach=8.8.8.8")
            raise KeyboardInterrupt

        with at_the_patch(monkeypatch, overtaken):
            result = cluster.run(*SET)
    assert "somebody else changed it meanwhile" in result.stderr
    assert result.stderr.endswith(LOOK)


def test_before_anything_was_sent_that_is_what_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """The guard holds, somebody has changed the object, and Ctrl-C comes while it is read again."""
    with Simulated() as cluster:

        def overtaken(send: Send) -> Any:
            cluster.patch_env("FELIX_X", "1")
            return send()

        with at_the_patch(monkeypatch, overtaken), monkeypatch.context() as patched:
            pages = Session.pages

            def interrupted(self: Session, path: str, *words: Any, **options: Any) -> Any:
                if any("FELIX_X" in name for name in cluster.env()):
                    raise KeyboardInterrupt
                return pages(self, path, *words, **options)

            patched.setattr(Session, "pages", interrupted)
            result = cluster.run(*SET)
        env = cluster.env()
    assert (result.status, METHOD in env) == (130, False)
    assert result.stderr.endswith("interrupted: nothing was changed\n")


def test_a_server_dry_run_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    result, _ = stopped(monkeypatch, after, *SET, "--dry-run=server")
    assert result.status == 130
    assert result.stderr.endswith("interrupted: nothing was changed\n")


@pytest.mark.parametrize("ends", ["--undo", "--resume"])
def test_undo_and_resume_are_run_again(ends: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with Simulated() as cluster:
        assert cluster.run(*SET, "--only-affected").status == 0
        with at_the_patch(monkeypatch, after):
            result = cluster.run("set", ends)
    assert result.status == 130
    assert result.stderr.endswith("has the change\n" + FOLLOW + (BACK if "res" in ends else ""))
