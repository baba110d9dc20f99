"""Where the plugin differs from kubectl on purpose: the one table, and the page made of it.

``python -m tests.cluster_differences > docs/kubectl-differences.md`` writes the page.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Outcome = Mapping[str, Any]
Explains = Callable[[Outcome, Outcome], bool]
"""Takes kubectl's outcome and ours; whether this is why they differ."""


@dataclass(frozen=True)
class Difference:
    """One line of the table. ``explains`` is None where no generated case can meet it."""

    what: str
    kubectl: str
    plugin: str
    why: str
    explains: Explains | None = None


_NO_TLS = "tls: first record does not look like a TLS handshake"


def _error(outcome: Outcome) -> str:
    return str(outcome.get("error", ""))


def _nothing_configured(theirs: Outcome, ours: Outcome) -> bool:
    # Unless it is refused, kubectl may even reach something there, through a proxy for one.
    default = "localhost:8080" in json.dumps(theirs)
    return default and _error(ours).startswith("error: no configuration has been provided")


def _no_credentials(theirs: Outcome, ours: Outcome) -> bool:
    return _error(theirs) == "error: EOF" and "error: no credentials are conf" in _error(ours)


def _oidc(_: Outcome, ours: Outcome) -> bool:
    return 'the auth provider "oidc" is not supported' in _error(ours)


def _proxy_refused(theirs: Outcome, ours: Outcome) -> bool:
    return " was refused - did you" in _error(theirs) and "proxyconnect tcp" in _error(ours)


def _names_of_certificate(theirs: Outcome, ours: Outcome) -> bool:
    asked = re.search(r"certificate is valid for .*, not (\S+)$", _error(theirs))
    # Go looks at the names first, OpenSSL at who signed them.
    words = f"x509: certificate (is not valid for {re.escape(asked[1] if asked else '')}|signed by)"
    return bool(asked and re.search(words, _error(ours)))


def _pair_before_dial(theirs: Outcome, ours: Outcome) -> bool:
    is_pair = re.search(r"server: tls: (?:failed to (?:find|parse)|private|found a)", _error(ours))
    return bool(is_pair) and "error" in theirs


def _empty_token_file(theirs: Outcome, ours: Outcome) -> bool:
    return "read empty token from file" in _error(ours) and "Authorization" in _error(theirs)


def _userinfo_and_plugin(theirs: Outcome, ours: Outcome) -> bool:
    begin, colon, words = _error(theirs).partition(": ")
    return bool(colon) and _error(ours) == f"{begin}: getting credentials: {words}"


def _compression_over_http(theirs: Outcome, ours: Outcome) -> bool:
    alike = {**ours, "gzip": theirs.get("gzip")} == dict(theirs)
    return alike and ours.get("gzip") is False and not ours.get("client")


def _http_for_https(theirs: Outcome, ours: Outcome) -> bool:
    told = "http: server gave HTTP response to HTTPS client"
    return _error(ours) == _error(theirs).replace(told, _NO_TLS) != _error(theirs)


DIFFERENCES: tuple[Difference, ...] = (
    Difference(
        "Nothing says where the cluster is",
        "tries `http://localhost:8080`, and says that it was refused",
        "says what is missing, and which files it looked at",
        "what answers on that port is never the cluster that was meant",
        _nothing_configured,
    ),
    Difference(
        "A user without any credential",
        "asks for a user name and a password on the terminal",
        "says that none is configured, and sends nothing",
        "API servers have not taken passwords since 1.19",
        _no_credentials,
    ),
    Difference(
        "`auth-provider: oidc`",
        "renews the id-token itself, and writes it into the kubeconfig",
        "refuses it and names the exec plugin; `--token` still works",
        "deprecated; a plugin that writes into the kubeconfig can break it",
        _oidc,
    ),
    Difference(
        "A proxy that nobody listens at",
        "says that the connection to the *server* was refused",
        "names the proxy",
        "the server is not to blame",
        _proxy_refused,
    ),
    Difference(
        "A server certificate for other names",
        "lists the names in it",
        "says for which name it is not valid; before that, who has not signed it",
        "OpenSSL does not tell more, and looks at the names last",
        _names_of_certificate,
    ),
    Difference(
        "Certificate and key files that do not fit together",
        "notices while it connects, after a proxy or port that is away",
        "notices before it connects",
        "the order of two errors; nothing is sent either way",
        _pair_before_dial,
    ),
    Difference(
        "A token file that holds blanks alone",
        "says `invalid header field value`",
        "says `read empty token from file`",
        "this is what happened",
        _empty_token_file,
    ),
    Difference(
        "An exec plugin that fails beside a user name in the server's URL",
        "leaves out `getting credentials:`",
        "always says it",
        "the same words for the same fault",
        _userinfo_and_plugin,
    ),
    Difference(
        "`disable-compression` over plain http",
        "asks for gzip all the same",
        "does as it is told",
        "a slip of client-go: its default transport does not know the option",
        _compression_over_http,
    ),
    Difference(
        "A server that speaks http where https was asked for",
        "says `http: server gave HTTP response to HTTPS client`",
        "says `tls: first record does not look like a TLS handshake`",
        "OpenSSL does not tell what came instead",
        _http_for_https,
    ),
    Difference(
        "An answer of 401",
        "runs the exec plugin again for the *next* request, and fails",
        "reads token and certificate files, or runs the plugin, and asks once more",
        "a command is not lost to a token that expired a second ago",
    ),
    Difference(
        "An exec plugin that does not end",
        "waits for ever",
        "gives up after five minutes",
        "long enough for a login in a browser",
    ),
    Difference(
        "A `~/.kube/kuberc` that cannot be understood",
        "warns, and lets every credential plugin run",
        "lets none run; says nothing where none is asked for, and no more with `--v=5`",
        "a policy that cannot be read must not allow everything",
    ),
    Difference(
        "A name twice in a kubeconfig",
        "prints the whole list, tokens included",
        "names the entry",
        "no secret in an error",
    ),
    Difference(
        "In a pod: `--as` and the like",
        "does not find the cluster at all",
        "acts as that user",
        "nobody must get more rights than were asked for",
    ),
    Difference(
        "In a pod: a `ca.crt` that is no certificate",
        "logs that, and trusts the authorities of the system instead",
        "stops",
        "a token is not for whoever those authorities know",
    ),
    Difference(
        "An error of several lines from the server",
        "prints it as it is",
        "indents every further line",
        "no text of a server passes for a line of the plugin's own",
    ),
    Difference(
        "`--request-timeout` is not given",
        "waits for ever",
        "gives up a request, with all its attempts, after 30 seconds, a watch after five minutes",
        "nobody watches a job at night; a watch goes on where it ended",
    ),
    Difference(
        "A read that fails on the way",
        "tries 10 times, once a second; an answer that broke off is not tried again",
        "tries 5 times with growing, random pauses within the time of the request",
        "10,000 nodes must not knock in step",
    ),
    Difference(
        "A write that gets no answer",
        "reports an error; retries a 5xx that has Retry-After",
        "reads the object back: done, sent again under the same guard, or left to a new plan",
        "a change is never made twice, and never said to have failed when it was made",
    ),
    Difference(
        "A redirect",
        "follows it",
        "reports where it leads",
        "credentials do not go where nobody has sent them",
    ),
    Difference(
        "Commands in containers",
        "SPDY where WebSockets do not get through",
        "WebSockets alone",
        "every API server since 1.6 has them; what stops them is named",
    ),
    Difference(
        "What requests say of themselves",
        "`User-Agent: kubectl/...`, `Kubectl-Command`, protobuf, HTTP/2",
        "`User-Agent: kubectl-calico-nic/...`, JSON, HTTP/1.1",
        "an audit log must tell them apart",
    ),
    Difference(
        "`-v`",
        "bodies from 8 on, a curl command and timings from 9 on",
        "never a body, nor the values of `Set-Cookie` and `Location`; a total from 1 on",
        "pods and ConfigMaps hold secrets in plain text",
    ),
    Difference(
        "Connections that break",
        "`read tcp 127.0.0.1:54321->...`, `on 10.0.0.2:53`, `error from a previous attempt`",
        "the same words without local ports, resolvers and former attempts",
        "Python does not tell them",
    ),
    Difference(
        "`--cache-dir`, `--match-server-version`, `--profile`, `--profile-output`, `--vmodule`, "
        "`--log-flush-frequency`",
        "take effect",
        "are accepted, whatever their value, and do nothing",
        "there is no cache, no client version to match, and no profile of Go",
    ),
)

_HEAD = """# Where this plugin differs from kubectl

Flags, kubeconfig, credentials and errors are kubectl's. This is the whole list of what is not, on
purpose. It is made of the table in `tests/cluster_differences.py`: the tests give generated
kubeconfigs, command lines and environments to both, and fail where they do something different for
another reason.

| | kubectl 1.37 | kubectl calico-nic | because |
| --- | --- | --- | --- |
"""


def page() -> str:
    """``docs/kubectl-differences.md``."""
    rows = (f"| {d.what} | {d.kubectl} | {d.plugin} | {d.why} |\n" for d in DIFFERENCES)
    return _HEAD + "".join(rows)


def explanation(theirs: Outcome, ours: Outcome) -> Difference | None:
    """Why two outcomes may differ; None when they must not."""
    for difference in DIFFERENCES:
        if difference.explains is not None and difference.explains(theirs, ours):
            return difference
    return None


if __name__ == "__main__":
    sys.stdout.write(page())
