"""What the server sent: decoded, or as the error that it stands for.

Mirrors client-go (rest/request.go: transformResponse, newUnstructuredResponseError) and
NewGenericServerResponse of apimachinery (pkg/api/errors/errors.go).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from kubectl_calico_nic.cluster.errors import ApiError, UnexpectedAnswer, api_error_class
from kubectl_calico_nic.cluster.go_text import quoted
from kubectl_calico_nic.cluster.transport.request_info import RequestInfo

_SHOWN_BYTES = 2048
_REDIRECTS = (301, 302, 303, 307, 308)
# reason, message; the message of the server stands where it is None.
_GENERIC: Mapping[int, tuple[str, str | None]] = {
    400: ("BadRequest", "the server rejected our request for an unknown reason"),
    401: ("Unauthorized", "the server has asked for the client to provide credentials"),
    403: ("Forbidden", None),
    404: ("NotFound", "the server could not find the requested resource"),
    405: (
        "MethodNotAllowed",
        "the server does not allow this method on the requested resource",
    ),
    406: ("NotAcceptable", None),
    409: ("Conflict", "the server reported a conflict"),
    415: ("UnsupportedMediaType", None),
    422: ("Invalid", "the server rejected our request due to an error in our request"),
    429: (
        "TooManyRequests",
        "the server has received too many requests and has asked us to try again later",
    ),
    503: ("ServiceUnavailable", "the server is currently unable to handle the request"),
    504: (
        "Timeout",
        "the server was unable to return a response in the time allotted, but may still be "
        "processing the request",
    ),
}


@dataclass(frozen=True, slots=True)
class Answer:
    """One whole answer; ``headers`` by lower-case name, ``warnings`` as they were sent."""

    status: int
    body: bytes = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    warnings: tuple[str, ...] = ()

    @property
    def retry_after(self) -> float | None:
        """The seconds that the server asks to wait, None when it names no whole number."""
        text = self.headers.get("retry-after", "")
        return float(text) if re.fullmatch(r"[0-9]{1,9}", text) else None


def decoded(answer: Answer, request: RequestInfo) -> dict[str, Any]:
    """The JSON object of a successful answer.

    Raises:
        ApiError: the server refused or failed.
        UnexpectedAnswer: it is no JSON object.
    """
    check(answer, request)
    try:
        found = json.loads(answer.body.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        found = None
    if isinstance(found, dict):
        return found
    kind = answer.headers.get("content-type") or "no content type"
    begin = answer.body[:60].decode("utf-8", "replace").strip()
    raise UnexpectedAnswer(
        f"the answer to {request.permission or request.method} is no JSON object but {kind}, and "
        f"begins {quoted(begin)}; is this a Kubernetes API server?"
    )


def check(answer: Answer, request: RequestInfo) -> None:
    """Raises the error that an answer stands for, unless it is a success.

    Raises:
        ApiError: the server refused or failed.
        UnexpectedAnswer: it redirects, which we do not follow: credentials would go along.
    """
    if answer.status in _REDIRECTS and answer.headers.get("location"):
        raise UnexpectedAnswer(f"the server redirects {_where(answer)}, which is not followed")
    if not 200 <= answer.status <= 206:
        raise error_from(answer, request)


def error_from(answer: Answer, request: RequestInfo) -> ApiError:
    """The error that an answer stands for: of its Status object, or of its status code."""
    try:
        body = json.loads(answer.body) if answer.body.lstrip()[:1] == b"{" else None
    except (ValueError, RecursionError):
        body = None
    if body is not None and _is_failure(body):
        return error_from_status(body, request, answer.status, answer.retry_after)
    return _generic(answer, request)


def error_from_status(
    body: Mapping[str, Any],
    request: RequestInfo,
    status: int = 0,
    retry_after: float | None = None,
) -> ApiError:
    """The error that a Status object describes; its ``code`` stands for a status of 0."""
    code = body.get("code")
    status = status or (code if isinstance(code, int) else 0)
    details = body.get("details")
    return api_error_class(status)(
        status,
        str(body.get("reason") or ""),
        str(body.get("message") or "unknown"),
        details=details if isinstance(details, dict) else {},
        request=request,
        retry_after=retry_after,
    )


def parse_warnings(headers: Iterable[str]) -> list[str]:
    """The texts of ``Warning: 299`` headers. Mirrors ParseWarningHeaders of apimachinery."""
    texts = []
    for header in headers:
        position = 0
        while warning := _WARNING.match(header, position):
            position = warning.end()
            if warning["code"] == "299" and warning["text"]:
                texts.append(re.sub(r"\\(.)", r"\1", warning["text"]))
    return texts


_WARNING = re.compile(
    r'\s*(?P<code>[0-9]{3}) (?P<agent>[^\s"]+) "(?P<text>(?:[^"\\]|\\.)*)"(?: "[^"]*")?\s*(?:,|$)'
)


def _is_failure(body: Mapping[str, Any]) -> bool:
    return body.get("kind") in (None, "Status") and body.get("status") == "Failure"


def _generic(answer: Answer, request: RequestInfo) -> ApiError:
    said = _text(answer)
    reason, message = _GENERIC.get(answer.status, ("", ""))
    if answer.status == 409 and request.method == "POST":
        reason = "AlreadyExists"
    if message is None:
        message = said
    elif not message and answer.status >= 500:
        reason = "InternalError"
        message = (
            f"an error on the server ({quoted(said)}) has prevented the request from succeeding"
        )
    elif not message:
        message = (
            f"the server responded with the status code {answer.status} but did not return more "
            "information"
        )
    return api_error_class(answer.status)(
        answer.status,
        reason,
        message + _of_resource(request),
        details={"causes": [{"reason": "UnexpectedServerResponse", "message": said}]},
        request=request,
        retry_after=answer.retry_after,
    )


def _where(answer: Answer) -> str:
    try:
        parts = urlsplit(answer.headers["location"])
    except ValueError:
        return "elsewhere"
    host = parts.netloc.rpartition("@")[2]
    return f"to {parts.scheme or 'https'}://{host}" if host else "to another path"


def _text(answer: Answer) -> str:
    kind = answer.headers.get("content-type", "")
    if kind and not kind.lower().startswith("text/"):
        return "unknown"
    return answer.body[:_SHOWN_BYTES].decode("utf-8", "replace").strip()


def _of_resource(request: RequestInfo) -> str:
    if not request.resource:
        return ""
    name = f" {request.name}" if request.name else ""
    return f" ({request.method.lower()} {request.qualified_resource}{name})"
