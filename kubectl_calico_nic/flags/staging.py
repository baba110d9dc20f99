"""The flags that say which pods get a new value when, and what happens when it goes wrong."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from kubectl_calico_nic.errors import UsageError
from kubectl_calico_nic.flags.definition import Completes, Flag, Kind, Parsed
from kubectl_calico_nic.flags.duration import parse_timeout

_GROUP = "Rollout"


class OnFailure(enum.Enum):
    """What to do when a rollout that is waited for goes wrong; the value is the flag's word."""

    PAUSE = "pause"
    UNDO = "undo"
    LEAVE = "leave"


STAGING_FLAGS: tuple[Flag, ...] = (
    Flag(
        "canary",
        "Try it on these nodes first (names, or a label selector), prove it there, then go on.",
        placeholder="NODE[,NODE]",
        group=_GROUP,
        completes=Completes.NODES,
    ),
    Flag(
        "only-affected",
        "Restart only the nodes whose address changes; the others with set --resume.",
        Kind.BOOL,
        group=_GROUP,
    ),
    Flag("wait", "Run rollout-check afterwards.", Kind.BOOL, group=_GROUP),
    Flag(
        "on-failure",
        "When waiting shows that it goes wrong: pause (no more restarts), undo, or leave.",
        placeholder="pause|undo|leave",
        choices=tuple(word.value for word in OnFailure),
        group=_GROUP,
    ),
    Flag(
        "timeout",
        "Stop waiting after this long (1s, 2m, 3h); 0s waits without end.",
        placeholder="DURATION",
        group=_GROUP,
    ),
)


@dataclass(frozen=True, slots=True)
class Staging:
    """``canary`` is the text of the flag, None without; ``timeout`` is in seconds."""

    canary: str | None
    only_affected: bool
    wait: bool
    on_failure: OnFailure
    timeout: float | None

    @property
    def follows(self) -> bool:
        """Whether anything is waited for."""
        return self.wait or self.only_affected or self.canary is not None


def asked_staging(parsed: Parsed) -> Staging:
    """Read the flags.

    Raises:
        UsageError: they exclude each other, lack their value, or wait for nothing.
    """
    canary, only_affected = parsed.text("canary"), parsed.truth("only-affected")
    if canary is not None and only_affected:
        raise UsageError("--canary and --only-affected exclude each other")
    if canary is not None and not canary.strip(", "):
        raise UsageError('invalid argument "" for "--canary" flag: names a node or a label')
    staging = Staging(
        canary=canary,
        only_affected=only_affected,
        wait=parsed.truth("wait"),
        on_failure=_on_failure(parsed.text("on-failure", "pause") or ""),
        timeout=parse_timeout(parsed.text("timeout", "0s") or "0s") or None,
    )
    for name in ("on-failure", "timeout"):
        if parsed.given(name) and not staging.follows:
            raise UsageError(f"--{name} goes with --wait, --canary or --only-affected")
    return staging


def _on_failure(text: str) -> OnFailure:
    try:
        return OnFailure(text)
    except ValueError:
        raise UsageError(
            f'invalid argument "{text}" for "--on-failure" flag: must be "pause", "undo" or "leave"'
        ) from None
