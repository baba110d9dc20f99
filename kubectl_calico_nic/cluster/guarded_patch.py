"""The one write of the plugin: a guarded patch of one object."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from kubectl_calico_nic.cluster.errors import (
    ApiError,
    ClusterError,
    ConnectionFailed,
    UnexpectedAnswer,
)
from kubectl_calico_nic.errors import CalicoNicError

JSON_PATCH = "application/json-patch+json"
MERGE_PATCH = "application/merge-patch+json"
Patch = Sequence[Mapping[str, Any]] | Mapping[str, Any]
"""The operations of a JSON Patch, or a JSON Merge Patch (RFC 7386)."""
_GUARD = "/metadata/resourceVersion"
_ATTEMPTS = 20
"""How often a change is sent again because the controller wrote a new status meanwhile."""
_UNANSWERED = 3
"""How often a change is sent that gets no answer and is not found to be made."""
_DENIALS = 2
"""How often a 409 is asked again whose object is at the version that was sent."""
_BOOKKEEPING = frozenset({"resourceVersion", "managedFields"})
"""Metadata that change with every write, a write of the status too."""
_COUNT = "deprecated.daemonset.template.generation"
"""The API server's annotation of every DaemonSet in apps/v1: a count of its templates."""
_COUNTED = frozenset({"annotations", "generation"})


class Guarded(Protocol):
    """A change with its guard: what ``change.plan.Plan`` offers."""

    @property
    def title(self) -> str:
        """The object for people: ``daemonset kube-system/calico-node``."""

    @property
    def path(self) -> str:
        """Its path below the server's address."""

    @property
    def resource_version(self) -> str:
        """The version that was read."""

    @property
    def patch(self) -> Patch:
        """The patch: a ``test`` of the resourceVersion is among the operations of a JSON Patch."""

    @property
    def object_before(self) -> Mapping[str, Any]:
        """The whole object that was read."""

    @property
    def object_after(self) -> Mapping[str, Any]:
        """The whole object as the patch leaves it."""


class Writer(Protocol):
    """The calls that a write needs of the session."""

    def get(self, path: str, query: Sequence[tuple[str, str]] = ()) -> Any:
        """One object as JSON."""

    def patch(
        self, path: str, body: Any, content_type: str, query: Sequence[tuple[str, str]] = ()
    ) -> Any:
        """Patch one object."""


class ChangedMeanwhile(CalicoNicError):
    """Somebody else changed the object since it was read; nothing was changed by us.

    ``unanswered``: our change was sent before and got no answer, so that it may have been made and
    changed again.
    """

    def __init__(self, message: str, *, unanswered: bool = False) -> None:
        super().__init__(message)
        self.unanswered = unanswered


class OutcomeUnknown(CalicoNicError):
    """A change was sent, no answer came, and the object cannot be read either."""


def send_patch(
    session: Writer, change: Guarded, *, field_manager: str, server_dry_run: bool
) -> Mapping[str, Any]:
    """Send ``change`` and return the object as the server has it now.

    The controller writes the status whenever a pod changes, and with it a new resourceVersion: an
    object of which nothing else is new is still the one that was read. Where no answer comes, the
    object itself tells whether the change was made; it is sent again only where it was not.

    Raises:
        ChangedMeanwhile: the guard held: somebody else changed the object.
        OutcomeUnknown: no answer came, and the object cannot be read.
        ApiError: the server refuses it.
        ConnectionFailed: the server cannot be reached; nothing was changed.
    """
    return _Writing(session, change, field_manager, server_dry_run).run()


def is_made(now: Mapping[str, Any], change: Guarded) -> bool:
    """Whether the object is as ``change`` leaves it."""
    return _made(now) == _made(change.object_after)


def is_untouched(now: Mapping[str, Any], change: Guarded) -> bool:
    """Whether nothing but its status is new since the object was read for ``change``."""
    return _intended(now) == _intended(change.object_before)


class _Writing:
    """The attempts at one change."""

    def __init__(
        self, session: Writer, change: Guarded, field_manager: str, server_dry_run: bool
    ) -> None:
        self._session = session
        self._change = change
        self._dry_run = server_dry_run
        self._query = [("fieldManager", field_manager)]
        if server_dry_run:
            self._query.append(("dryRun", "All"))
        self._version = change.resource_version
        self._unanswered = 0
        self._denied = 0

    def run(self) -> Mapping[str, Any]:
        for _ in range(_ATTEMPTS):
            try:
                return self._send()
            except ConnectionFailed as error:
                if not error.sent:
                    raise self._told(error) from None
                found = self._after_silence(error)
            except UnexpectedAnswer as error:
                found = self._after_silence(error)
            except ApiError as error:
                # A server, or a proxy before it, that fails may have made the change.
                if error.status >= 500:
                    found = self._after_silence(error)
                elif error.status in (409, 422):
                    found = self._after_refusal(error)
                else:
                    raise self._told(error) from None
            if found is not None:
                return found
        never = f"{self._change.title}: its status never rests"
        raise ChangedMeanwhile(never, unanswered=self._unanswered > 0)

    def _send(self) -> Mapping[str, Any]:
        patch = self._change.patch
        kind = MERGE_PATCH if isinstance(patch, Mapping) else JSON_PATCH
        body = _guarded(patch, self._version)
        answer: Mapping[str, Any] = self._session.patch(self._change.path, body, kind, self._query)
        return answer

    def _after_refusal(self, error: ApiError) -> Mapping[str, Any] | None:
        """The object when it is as we want it; None to send the change again.

        A failed test operation is answered with 422, as a validation error is: only the object
        itself tells which it was. Nor is every 409 a conflict of versions: a webhook may deny with
        it, again and again.
        """
        try:
            now = self._session.get(self._change.path)
        except ClusterError as unread:
            raise self._told(unread) from None
        if _version(now) == self._version:
            self._denied += 1
            if error.status == 422 or self._denied > _DENIALS:
                raise self._told(error)
        return self._judged(now, str(error))

    def _told(self, error: ClusterError) -> CalicoNicError:
        """``error``, unless a try before it got no answer and may still be made."""
        if not self._unanswered or self._dry_run:
            return error
        return OutcomeUnknown(
            f"{self._change.title} was sent its change, and no answer came; another try was "
            f"refused ({error}), so look again before the next"
        )

    def _after_silence(self, error: ClusterError) -> Mapping[str, Any] | None:
        """The same after no answer, or one that does not tell whether the change was made."""
        self._unanswered += 1
        now = self._read_back(error)
        is_last = isinstance(error, ApiError) or self._unanswered == _UNANSWERED
        if _version(now) == self._version and is_last:
            raise error
        return self._judged(now, str(error))

    def _read_back(self, error: ClusterError) -> Mapping[str, Any]:
        try:
            now: Mapping[str, Any] = self._session.get(self._change.path)
        except ClusterError:
            raise OutcomeUnknown(
                f"{self._change.title} was sent its change, and no answer came ({error}); it "
                "cannot be read now, so look again before another try"
            ) from None
        return now

    def _judged(self, now: Mapping[str, Any], problem: str) -> Mapping[str, Any] | None:
        unanswered = self._unanswered > 0 and not self._dry_run
        if unanswered and is_made(now, self._change):
            return now
        if not is_untouched(now, self._change):
            raise ChangedMeanwhile(problem, unanswered=unanswered)
        self._version = _version(now)
        return None


def _guarded(patch: Patch, version: str) -> Any:
    """``patch`` with its guard set to the resourceVersion ``version``."""
    if isinstance(patch, Mapping):
        return {**patch, "metadata": {**patch.get("metadata", {}), "resourceVersion": version}}
    return [
        {**operation, "value": version} if operation["path"] == _GUARD else operation
        for operation in patch
    ]


def _version(item: Mapping[str, Any]) -> str:
    return str(item["metadata"]["resourceVersion"])


def _made(item: Mapping[str, Any]) -> tuple[object, object, object]:
    """The same without the counts of changes, which only the server knows."""
    spec, metadata = _intended(item)
    notes = dict(metadata.get("annotations") or {})
    notes.pop(_COUNT, None)
    rest = {key: value for key, value in metadata.items() if key not in _COUNTED}
    return spec, notes, rest


def _intended(item: Mapping[str, Any]) -> tuple[object, Mapping[str, Any]]:
    """What people and programs want of the object: everything but its status."""
    metadata = item["metadata"]
    kept = {key: value for key, value in metadata.items() if key not in _BOOKKEEPING}
    return item.get("spec"), kept
