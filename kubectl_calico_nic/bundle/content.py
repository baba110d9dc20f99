"""Tells by its content what a file is."""

from __future__ import annotations

import enum
import re

PEEK_BYTES = 64 * 1024

_OBJECT_KEY = re.compile(r'^\s*"?(apiVersion|kind|items)"?\s*:', re.MULTILINE)
_IP_LINE = re.compile(r"^\d+: \S+.*(\binet6? |<[A-Z0-9_,-]*>)", re.MULTILINE)
_DOCUMENT_STARTS = ("{", "[", "---", "apiVersion:", "kind:", "items:", "metadata:", "#")


class Content(enum.Enum):
    """What a file holds."""

    OBJECTS = "Kubernetes objects"
    ADDRESSES = "ip addr show"
    LOG = "log"
    EMPTY = "nothing"


def tell_content(beginning: str) -> Content:
    """Judge by the first ``PEEK_BYTES`` of a file, decoded."""
    text = beginning.lstrip("\ufeff \t\r\n")
    if not text:
        return Content.EMPTY
    if text.startswith(_DOCUMENT_STARTS) and _OBJECT_KEY.search(text):
        return Content.OBJECTS
    if _IP_LINE.match(text):
        return Content.ADDRESSES
    return Content.LOG
