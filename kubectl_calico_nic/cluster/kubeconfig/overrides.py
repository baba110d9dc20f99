"""kubectl's connection flags as values: what the user asked for, before any file is read."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from kubectl_calico_nic.errors import UsageError
from kubectl_calico_nic.go.duration import parse_go_duration


@dataclass(frozen=True, slots=True)
class ConnectionFlags:
    """Every kubectl flag that says which cluster to talk to, and as whom.

    A flag that is None, empty or False was not given, as in client-go, where an override of the
    zero value changes nothing. ``impersonate`` is ``--as``; ``impersonate_user_extra`` holds the
    ``KEY=VALUE`` texts of ``--as-user-extra``. Mirrors ConfigFlags of k8s.io/cli-runtime
    (genericclioptions/config_flags.go).
    """

    kubeconfig: str | None = None
    context: str | None = None
    cluster: str | None = None
    user: str | None = None
    namespace: str | None = None
    server: str | None = None
    tls_server_name: str | None = None
    insecure_skip_tls_verify: bool = False
    certificate_authority: str | None = None
    client_certificate: str | None = None
    client_key: str | None = None
    token: str | None = field(default=None, repr=False)
    impersonate: str | None = None
    impersonate_groups: tuple[str, ...] = ()
    impersonate_uid: str | None = None
    impersonate_user_extra: tuple[str, ...] = ()
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    proxy_url: str | None = field(default=None, repr=False)
    request_timeout: str | None = None
    disable_compression: bool = False
    kuberc: str | None = None


def parse_request_timeout(text: str | None) -> float | None:
    """The seconds that ``--request-timeout`` asks for; None when it asks for none.

    A bare integer means seconds. Mirrors ParseTimeout of client-go
    (tools/clientcmd/helpers.go) and Go's time.ParseDuration.

    Raises:
        UsageError: the text is neither, in kubectl's words.
    """
    if not text:
        return None
    seconds = float(text) if re.fullmatch(r"\+?[0-9]+", text) else parse_go_duration(text)
    if seconds is None:
        raise UsageError(
            "Invalid timeout value. Timeout must be a single integer in seconds, or an integer "
            "followed by a corresponding time unit (e.g. 1s | 2m | 3h)"
        )
    return seconds if seconds > 0 else None
