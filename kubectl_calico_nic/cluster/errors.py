"""What can go wrong between us and the API server, in kubectl's words.

Mirrors checkErr and StandardErrorMessage of kubectl (pkg/cmd/util/helpers.go). No text here ever
holds a credential.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kubectl_calico_nic.cluster.transport.request_info import RequestInfo
from kubectl_calico_nic.errors import CalicoNicError, indented


class ClusterError(CalicoNicError):
    """The cluster could not be asked, or it refused."""


class KubeconfigError(ClusterError):
    """The configuration cannot be used."""


class InvalidConfiguration(KubeconfigError):
    """The chosen context, cluster or user is not usable; every problem is named.

    Mirrors errConfigurationInvalid of client-go (tools/clientcmd/validation.go) and how kubectl
    prints it: one problem stands alone, several become a list.
    """

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))

    @property
    def text(self) -> str:
        """The problems as kubectl lists them."""
        if len(self.problems) > 1:
            return "\n".join(["Error in configuration: ", *(f"* {p}" for p in self.problems)])
        problem = self.problems[0]
        # kubectl unwraps a single problem first, and then knows only this one by its type.
        if problem.startswith("context was not found for specified context"):
            return f"Error in configuration: {problem}"
        return f"error: {problem}"


class KubeconfigsUnreadable(KubeconfigError):
    """One or more kubeconfig files could not be loaded; one line for each."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))

    @property
    def text(self) -> str:
        """The problems as kubectl lists them: its prefix stands before a single one only."""
        return str(self) if len(self.problems) > 1 else f"error: {self}"


class NoConfiguration(KubeconfigError):
    """Nothing says where the cluster is.

    kubectl would try http://localhost:8080 and report that it was refused; naming the files that
    were looked at helps more.
    """

    def __init__(self, looked_at: Sequence[str], why: str = "") -> None:
        self.looked_at = tuple(looked_at)
        files = ", ".join(self.looked_at) or "no file"
        reason = f": {why}" if why else ""
        super().__init__(
            f"no configuration has been provided{reason} (looked at {files}); "
            "set KUBECONFIG, or pass --kubeconfig or --server"
        )


class PreferencesError(KubeconfigError):
    """The kuberc file says something about credential plugins that cannot be obeyed."""

    prefix = "error occurred while applying preferences "


class CredentialsError(ClusterError):
    """A credential that is configured cannot be had; nothing was sent without it."""

    @property
    def text(self) -> str:
        """The whole message as kubectl prints it: its lines are ours, or the kubeconfig's hint."""
        return f"{self.prefix}{self}"


class PluginFailed(CredentialsError):
    """The exec credential plugin gave no credential.

    kubectl meets this while it sends, and so words it as a failed connection.
    """

    prefix = "Unable to connect to the server: getting credentials: "


class ConnectionFailed(ClusterError):
    """No answer came from the server.

    ``transient``: another attempt may succeed. ``sent``: the server may have seen the request.
    """

    prefix = "Unable to connect to the server: "

    def __init__(self, message: str, *, transient: bool = True, sent: bool = True) -> None:
        super().__init__(message)
        self.transient = transient
        self.sent = sent


class ConnectionRefused(ConnectionFailed):
    """Nobody listens at ``host`` (``HOST:PORT``); nothing was sent."""

    prefix = ""

    def __init__(self, host: str) -> None:
        super().__init__(
            f"The connection to the server {host} was refused - did you specify the right host "
            "or port?",
            sent=False,
        )
        self.host = host


class RequestTimedOut(ConnectionFailed):
    """The deadline of a request passed."""

    def __init__(self, message: str, *, sent: bool = True) -> None:
        super().__init__(message, transient=False, sent=sent)


class AnswerBroken(ConnectionFailed):
    """An answer began and did not come to its end."""

    prefix = "error: unexpected error when reading response body. Please retry. Original error: "


class UntrustedServer(ConnectionFailed):
    """The server's certificate does not prove that it is the server we want."""

    def __init__(self, message: str) -> None:
        super().__init__(message, transient=False, sent=False)


class UnexpectedAnswer(ClusterError):
    """The answer is not what an API server sends."""


class ExecFailed(ClusterError):
    """A command in a container was not run to its end; its exit status is not known."""


class ApiError(ClusterError):
    """The API server refused, or failed.

    Attributes:
        status: the HTTP status code; 0 for an error inside a watch that gave none.
        reason: the machine-readable reason (``Forbidden``); "" when there is none.
        message: the server's text.
        details: ``details`` of the Status object, {} when there is none.
        request: what was asked of which resource.
        retry_after: the seconds that the server asks to wait, None when it does not say.
    """

    def __init__(
        self,
        status: int,
        reason: str,
        message: str,
        *,
        details: Mapping[str, Any] | None = None,
        request: RequestInfo | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.reason = reason
        self.message = message
        self.details: Mapping[str, Any] = details or {}
        self.request = request or RequestInfo()
        self.retry_after = retry_after

    @property
    def text(self) -> str:
        """The whole message as kubectl prints it."""
        if self.reason == "Unauthorized":
            return indented(f"error: You must be logged in to the server ({self.message})")
        if self.reason == "Invalid":
            return "\n".join(map(indented, _invalid(self.message, self.details)))
        if self.reason:
            return indented(f"Error from server ({self.reason}): {self.message}")
        return indented(f"Error from server: {self.message}")


class Unauthorized(ApiError):
    """401: the server does not know who we are."""


class Forbidden(ApiError):
    """403: we may not; ``request.permission`` says which right is missing."""


class NotFound(ApiError):
    """404: there is no such object, or no such resource."""


class Conflict(ApiError):
    """409: the object is not as the request expected it."""


class Gone(ApiError):
    """410: the resourceVersion or the continue token is too old; list again."""


_BY_STATUS: Mapping[int, type[ApiError]] = {
    401: Unauthorized,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    410: Gone,
}


def api_error_class(status: int) -> type[ApiError]:
    """The class that stands for an HTTP status code."""
    return _BY_STATUS.get(status, ApiError)


def _invalid(message: str, details: Mapping[str, Any]) -> list[str]:
    """The lines of it. Mirrors the branch for reason Invalid in checkErr."""
    kind, name = details.get("kind") or "", details.get("name") or ""
    causes = [cause for cause in details.get("causes") or () if isinstance(cause, Mapping)]
    lines = dict.fromkeys(f"{c.get('field') or ''}: {c.get('message') or ''}" for c in causes)
    start = "The request is invalid"
    if kind or name:
        start = f'The {kind} "{name}" is invalid'
    elif message and not lines:
        start = f"{start}: {message}"
    if not lines:
        return [start]
    if len(lines) == 1:
        return [f"{start}: {next(iter(lines))}"]
    return [f"{start}: ", *(f"* {line}" for line in lines)]
