"""One path -> what the files in it tell."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from kubectl_calico_nic.bundle.archives.limits import LimitReachedError, UnreadableError
from kubectl_calico_nic.bundle.archives.unpacking import Part, the_rest_of, unpack
from kubectl_calico_nic.bundle.decoding import as_utf_8, decode_all
from kubectl_calico_nic.bundle.found import CommandOutput, Found, may_tell
from kubectl_calico_nic.bundle.layouts.cluster_info_dump import Section, has_sections, sections
from kubectl_calico_nic.bundle.layouts.content import Content, tell_content
from kubectl_calico_nic.bundle.layouts.file_names import stem_of
from kubectl_calico_nic.bundle.layouts.log_names import LogName, log_name
from kubectl_calico_nic.bundle.log_scan import lines_that_matter
from kubectl_calico_nic.bundle.log_streams import ContainerLog, read_containers
from kubectl_calico_nic.bundle.objects import NotAsPrintedError, read_json
from kubectl_calico_nic.bundle.sources import Source
from kubectl_calico_nic.snapshot.daemonset import CONTAINER

NO_EVIDENCE = (
    "no calico-node log, no output of ip addr or birdcl, no Node, pod or DaemonSet of calico-node"
)
_MIXED = "lines of several containers without saying whose; kubectl logs --prefix says it"
_REFUSED = ("Request log error: ", "Create log request error: ")
"""What cluster-info dump writes where it got no log."""


def read_source(source: Source, found: Found) -> None:
    """Read a path into ``found``, with all that is packed in it.

    What a folder or an archive holds and cannot be read is left out.

    Raises:
        CalicoNicError: a file that was asked for by its name cannot be read.
    """
    is_archive = False
    try:
        with source.open() as file:
            for part in unpack(source.name, file, found.leave_out):
                is_archive = part.is_member
                _read_part(part, source, found)
    except UnreadableError as error:
        if source.is_named and not is_archive:
            raise
        found.leave_out(the_rest_of(error.name, is_archive), error.problem)


def _read_part(part: Part, source: Source, found: Found) -> None:
    try:
        _take(part.name, as_utf_8(part.blocks), found)
    except LimitReachedError:
        raise
    except UnreadableError as error:
        if source.is_named and not part.is_member:
            raise
        found.leave_out(part.name, error.problem)


def _take(name: str, blocks: Iterator[bytes], found: Found) -> None:
    """Read a file as what it is."""
    first = next(blocks, b"")
    content = tell_content(first)
    whole = itertools.chain([first], blocks)
    if content is Content.JSON or (content is Content.LOG and has_sections(first)):
        if not _take_sections(name, content, whole, found):
            found.leave_out(name, NO_EVIDENCE)
    elif content is Content.LOG:
        _take_log(name, whole, found)
    elif content in _OUTPUTS:
        output = CommandOutput(name, stem_of(name), decode_all(whole, name))
        _OUTPUTS[content](found).append(output)
    elif content is Content.YAML:
        if not _take_objects(content, decode_all(whole, name), name, found):
            found.leave_out(name, NO_EVIDENCE)
    else:
        found.leave_out(name, content.value)


_OUTPUTS = {
    Content.ADDRESSES: lambda found: found.addresses,
    Content.LINKS: lambda found: found.links,
    Content.PROTOCOLS: lambda found: found.protocols,
}


def _take_sections(name: str, content: Content, blocks: Iterable[bytes], found: Found) -> bool:
    """Take objects, and the logs that cluster-info dump put between; say whether any tells."""
    has_told = False
    for section, inside in sections(blocks):
        if section is not None:
            has_told = _take_section(name, section, inside, found) or has_told
        elif content is Content.JSON:
            text = decode_all(inside, name)
            has_told = _take_objects(content, text, name, found) or has_told
    return has_told


def _take_section(name: str, section: Section, blocks: Iterator[bytes], found: Found) -> bool:
    """Take the log of a container, or note why there is none."""
    if section.container != CONTAINER:
        return False
    pod = section.pod
    whose = LogName(pod, f"{name}/{section.namespace}/{pod}", pod, section.container)
    lines = lines_that_matter(blocks)
    first = next(lines, None)
    if first is None or first.startswith(_REFUSED):
        found.silent_logs[f"{section.namespace}/{pod}"] = first or ""
        return False
    return _take_containers(name, read_containers(itertools.chain([first], lines), whose), found)


def _take_objects(content: Content, text: str, name: str, found: Found) -> bool:
    """Take all objects or, where one cannot be read, none; say whether any tells something."""
    for item_by_item in (True, False):
        taken = Found()
        has_told = False
        try:
            for item in _objects(content, text, name, item_by_item):
                has_told = taken.add_object(item) or has_told
        except NotAsPrintedError:
            continue
        found.absorb(taken)
        return has_told
    raise AssertionError("whatever is no list as kubectl prints it is read as a whole")


def _objects(
    content: Content, text: str, name: str, item_by_item: bool
) -> Iterator[Mapping[str, Any]]:
    if content is Content.JSON:
        return read_json(text, name, item_by_item=item_by_item)
    from kubectl_calico_nic.bundle.yaml_objects import read_yaml  # slow to import

    return read_yaml(text, name, item_by_item=may_tell if item_by_item else None)


def _take_log(name: str, blocks: Iterable[bytes], found: Found) -> None:
    logs = read_containers(lines_that_matter(blocks), log_name(name))
    if not logs:
        found.leave_out(name, NO_EVIDENCE)
    _take_containers(name, logs, found)


def _take_containers(name: str, logs: list[ContainerLog], found: Found) -> bool:
    found.logs += [log for log in logs if not log.is_mixed]
    if any(log.is_mixed for log in logs):
        found.leave_out(name, _MIXED)
    return bool(logs)
