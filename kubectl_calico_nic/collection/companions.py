"""Reads the objects that the marks of an owner point to, where rights allow."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Mapping
from typing import Any

import yaml

from kubectl_calico_nic.cluster.errors import ApiError
from kubectl_calico_nic.collection.gaps import gap, is_right
from kubectl_calico_nic.collection.port import Api
from kubectl_calico_nic.errors import CalicoNicError
from kubectl_calico_nic.owners.recognition import references_of
from kubectl_calico_nic.snapshot.companions import Companion, Companions, Reference, mapping
from kubectl_calico_nic.snapshot.snapshot import Gap, Snapshot

_NAME = re.compile(r"[a-z0-9]([-.a-z0-9]*[a-z0-9])?")
"""A name of Kubernetes; a mark may hold any text, which has no business in a request."""

_OF_SCALARS = (LookupError, AttributeError, TypeError, ArithmeticError)
"""What PyYAML raises of a scalar that its tag does not fit: ``!!bool x``, ``!!int ""``."""


def with_companions(api: Api, snapshot: Snapshot) -> Snapshot:
    """Add the objects that the marks of the DaemonSets, or of their Installation, point to.

    Without such a mark nothing is asked for.
    """
    named = dict.fromkeys(
        reference
        for daemon_set in snapshot.daemon_sets
        for reference in references_of(daemon_set, snapshot.installations)
    )
    companions, gaps = read_companions(api, named)
    return dataclasses.replace(snapshot, companions=companions, gaps=(*snapshot.gaps, *gaps))


def read_companions(
    api: Api, references: Iterable[Reference]
) -> tuple[Companions, tuple[Gap, ...]]:
    """Read each of ``references``: one request, for a mark without a namespace a list.

    They only make exact what is known without them: a right or a CRD that is missing is passed
    over without a word. What fails otherwise becomes a gap.
    """
    found: dict[Reference, tuple[Companion, ...]] = {}
    gaps: list[Gap] = []
    for reference in filter(_is_sound, references):
        try:
            found[reference] = tuple(map(_companion, _read(api, reference)))
        except CalicoNicError as error:
            if not is_right(error):
                verb = "get" if reference.namespace else "list"
                gaps.append(gap(verb, f"{reference.plural}.{reference.group}", error))
    return found, tuple(gaps)


def _is_sound(reference: Reference) -> bool:
    names = (reference.name, reference.namespace or reference.name)
    return all(_NAME.fullmatch(name) for name in names)


def _read(api: Api, reference: Reference) -> list[Mapping[str, Any]]:
    """The objects of that name, under the first version that is served; none without the CRD."""
    name, namespace = reference.name, reference.namespace
    for version in reference.versions:
        root = f"/apis/{reference.group}/{version}"
        try:
            if namespace:
                item = api.get(f"{root}/namespaces/{namespace}/{reference.plural}/{name}")
                return [mapping(item)]
            selector = (("fieldSelector", f"metadata.name={name}"),)
            pages = api.pages(f"{root}/{reference.plural}", selector)
            return [mapping(item) for page in pages for item in page]
        except ApiError as error:
            if error.status != 404:
                raise
    return []


def _companion(item: Mapping[str, Any]) -> Companion:
    content = mapping(item.get("spec")).get("valuesContent")
    return Companion(item, _values(content) if isinstance(content, str) else None)


def _values(text: str) -> Mapping[str, Any] | None:
    try:
        found = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError, *_OF_SCALARS):
        return None
    if not isinstance(found, dict):
        return None
    return {str(key): value for key, value in found.items()}
