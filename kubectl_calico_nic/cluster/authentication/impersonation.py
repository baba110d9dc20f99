"""The headers that ask the API server to act as somebody else."""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_calico_nic.cluster.kubeconfig.entries import UserEntry

# What headerKeyEscape of client-go leaves as it is: the tokens of RFC 7230 but for the percent.
_PLAIN = frozenset("!#$&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")


def impersonation_headers(user: UserEntry) -> Iterator[tuple[str, str]]:
    """Yields the headers, one for each group and for each value of an extra.

    Mirrors impersonatingRoundTripper of client-go (transport/round_trippers.go).
    """
    if not user.impersonate:
        return
    yield "Impersonate-User", user.impersonate
    if user.impersonate_uid:
        yield "Impersonate-Uid", user.impersonate_uid
    for group in user.impersonate_groups:
        yield "Impersonate-Group", group
    for key, values in user.impersonate_user_extra.items():
        for value in values:
            yield f"Impersonate-Extra-{_escaped(key)}", value


def _escaped(key: str) -> str:
    return "".join(
        char if char in _PLAIN else "".join(f"%{byte:02X}" for byte in char.encode("utf-8"))
        for char in key
    )
