"""Other people who change a calico-node DaemonSet, and a witness of all versions served."""

from __future__ import annotations

import json
import re
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

from .api_client import CONFLICT, ApiError, Object
from .editor import Editor
from .installs import calico_node
from .plugin_process import RECORD
from .story import NAME, NAMESPACE

OWN = ("IP", "IP_AUTODETECTION_METHOD", "IP6", "IP6_AUTODETECTION_METHOD")
_FOREIGN = "FOREIGN_"
_END = {"race": "over"}
_SECONDS = 600.0


@dataclass(frozen=True)
class Version:
    """One version of the DaemonSet, reduced to what is asserted of it."""

    resource_version: str
    generation: int
    own: Mapping[str, Any]
    foreign: Mapping[str, int]
    others: tuple[str, ...]
    record: str | None
    strategy: Any = None

    @classmethod
    def of(cls, daemon_set: Object) -> Version:
        """Reduce a DaemonSet."""
        metadata, container = daemon_set["metadata"], calico_node(daemon_set)
        env = container["env"]
        named = [entry["name"] for entry in env]
        assert len(named) == len(set(named)), f"a name twice: {named}"
        foreign = {entry["name"]: int(entry["value"]) for entry in env if _FOREIGN in entry["name"]}
        foreign["label"] = int(metadata["labels"].get("foreign", 0))
        foreign["image"] = int(re.sub("[^0-9]", "", container["image"].partition(":")[0]) or 0)
        return cls(
            metadata["resourceVersion"],
            metadata["generation"],
            {entry["name"]: entry.get("value") for entry in env if entry["name"] in OWN},
            foreign,
            tuple(
                json.dumps(entry, sort_keys=True)
                for entry in env
                if entry["name"] not in OWN and _FOREIGN not in entry["name"]
            ),
            metadata.get("annotations", {}).get(RECORD),
            daemon_set["spec"]["updateStrategy"],
        )


class Race:
    """Four writers who take turns, one edit for every ``go``, and a witness.

    ``versions`` are all versions so far in the order in which the API server served them.
    ``acknowledged`` is by edit the newest value that the API server confirmed.
    """

    def __init__(self, editor: Editor, namespace: str = NAMESPACE) -> None:
        self._collection = f"/apis/apps/v1/namespaces/{namespace}/daemonsets"
        self.path = f"{self._collection}/{NAME}"
        self.versions: list[Version] = []
        self.acknowledged: dict[str, int] = {}
        self.failures: list[BaseException] = []
        self._editor = editor
        self._over = threading.Event()
        self._end = ""
        self._turns: deque[threading.Semaphore] = deque()
        self._made = threading.Semaphore(0)

    @property
    def edits(self) -> tuple[Callable[[int], None], ...]:
        """What the writers do; each gets the number of its turn."""
        return (self._add_entry, self._replace_object, self._label, self._change_image)

    def version(self, found: Object) -> Version:
        """Reduce an object that was served."""
        return Version.of(found)

    @contextmanager
    def running(self) -> Iterator[None]:
        """Watch and write until the end of the block; then all edits are through and witnessed."""
        first = self._editor.get(self.path)
        self.versions.append(self.version(first))
        with ExitStack() as stack:
            self._thread(lambda: self._witness(first["metadata"]["resourceVersion"]), stack)
            stack.callback(self._mark_the_end)
            for edit in self.edits:
                turns = threading.Semaphore(0)
                self._turns.append(turns)
                self._thread(lambda edit=edit, turns=turns: self._write(edit, turns), stack)
            stack.callback(self._stop_writers)
            yield
        assert not self.failures, self.failures
        assert self.versions[-1].resource_version == self._end, "the watch ended early"

    def go(self) -> None:
        """Let the next writer make one more edit."""
        self._turns.rotate()
        self._turns[0].release()

    def now(self) -> None:
        """Let the next writer make one more edit; return when it is made."""
        self.go()
        assert self._made.acquire(timeout=_SECONDS)

    def _thread(self, work: Callable[[], None], stack: ExitStack) -> None:
        def attempt() -> None:
            try:
                work()
            except BaseException as error:
                self.failures.append(error)

        thread = threading.Thread(target=attempt, daemon=True)
        thread.start()
        stack.callback(thread.join, _SECONDS)

    def _witness(self, resource_version: str) -> None:
        for event in self._editor.watch(self._collection, resource_version, _SECONDS):
            self.versions.append(self.version(event["object"]))
            if event["object"]["metadata"].get("labels", {}).items() >= _END.items():
                return

    def _stop_writers(self) -> None:
        self._over.set()
        for turns in self._turns:
            turns.release()

    def _mark_the_end(self) -> None:
        last = self._editor.merge(self.path, {"metadata": {"labels": _END}})
        self._end = last["metadata"]["resourceVersion"]

    def _write(self, edit: Callable[[int], None], turns: threading.Semaphore) -> None:
        number = 0
        while turns.acquire() and not self._over.is_set():
            number += 1
            edit(number)
            self._made.release()

    def _add_entry(self, number: int) -> None:
        """As ``kubectl set env`` does: a strategic merge, of another variable now and then."""
        name = f"{_FOREIGN}{number % 10}"
        container = {"name": "calico-node", "env": [{"name": name, "value": str(number)}]}
        self._patch({"containers": [container]})
        self.acknowledged[name] = number

    def _change_image(self, number: int) -> None:
        image = f"mirror.example/{number}/calico/node:v3.24.6"
        self._patch({"containers": [{"name": "calico-node", "image": image}]})
        self.acknowledged["image"] = number

    def _label(self, number: int) -> None:
        self._editor.merge(self.path, {"metadata": {"labels": {"foreign": str(number)}}})
        self.acknowledged["label"] = number

    def _replace_object(self, number: int) -> None:
        """As ``kubectl edit`` and controllers do: read, change, put, and again on a conflict."""
        name = f"{_FOREIGN}PUT"
        while True:
            daemon_set = self._editor.get(self.path)
            env = calico_node(daemon_set)["env"]
            kept = [entry for entry in env if entry["name"] != name]
            env[:] = [*kept, {"name": name, "value": str(number)}]
            try:
                self._editor.replace(self.path, daemon_set)
            except ApiError as error:
                if error.status != CONFLICT:
                    raise
            else:
                self.acknowledged[name] = number
                return

    def _patch(self, pod_spec: Object) -> None:
        body = {"spec": {"template": {"spec": pod_spec}}}
        self._editor.strategic_merge(self.path, body)
