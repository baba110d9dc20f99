"""Tells by its beginning what a file is. The one place that knows the kinds of files."""

from __future__ import annotations

import enum
import re

from kubectl_calico_nic.bundle.decoding import is_binary
from kubectl_calico_nic.bundle.layouts.line_prefixes import strip_prefix
from kubectl_calico_nic.calico.log.line_format import parse_line

_LOOKED_AT = 64 * 1024
"""Bytes of a file that are judged."""
_ADDRESS_LINE = re.compile(r"\d+: \S+ +inet6? |\s+inet6? \S+/\d")
_ANY_ADDRESS = re.compile(r"^(?:\d+: \S+)? +inet6? ", re.MULTILINE)
_LINK_LINE = re.compile(r"\d+: \S+: <[^>]*>")
_PROTOCOL_HEADINGS = re.compile(r"name\s+proto\s+table\s+state\s+since\s+info\s*", re.IGNORECASE)
_DESCRIPTION = re.compile(r"Name: {2,}\S.*\r?\n(?:Namespace|Roles|Labels|Selector): ")
_BLANK_LINE = re.compile(r"\s*(?:#.*|---.*|%YAML.*|%TAG.*)?\r?")
_JSON_OPENING = re.compile(r'\{\s*(?:["}]|$)|\[\s*(?:[\[{"\]]|$)')
_JSON_KEY = re.compile(r'"(?:apiVersion|kind|items)"\s*:')
_YAML_OPENING = re.compile(r"(?:- +)?[A-Za-z]+:(?:\s|$)")
_YAML_KEY = re.compile(r"^(?:- +)?(?:apiVersion|kind|items):", re.MULTILINE)


class Content(enum.Enum):
    """What a file holds; the value is what messages call it."""

    EMPTY = "empty"
    BINARY = "a binary file"
    JSON = "JSON"
    YAML = "YAML"
    ADDRESSES = "output of ip addr"
    LINKS = "output of ip link"
    PROTOCOLS = "output of birdcl show protocols"
    DESCRIPTION = "output of kubectl describe, which is for people: -o yaml says it all"
    LOG = "a log"


def tell_content(beginning: bytes) -> Content:
    """Judge a file by its first bytes; what nothing else speaks for is taken for a log."""
    if is_binary(beginning):
        return Content.BINARY
    text = beginning[:_LOOKED_AT].decode("utf-8", errors="replace").lstrip()
    if not text:
        return Content.EMPTY
    if _JSON_OPENING.match(text):
        return _tell_json(text)
    if _DESCRIPTION.match(text):
        return Content.DESCRIPTION
    lines = text.split("\n")
    first = next((line for line in lines if not _BLANK_LINE.fullmatch(line)), "")
    if _YAML_OPENING.match(first) and _YAML_KEY.search(text):
        return Content.YAML
    return next(filter(None, (_tell_line(line, text) for line in lines)), Content.LOG)


def _tell_json(text: str) -> Content:
    """Kubernetes objects; else lines of a log that stern or a container runtime wrapped."""
    line = text.partition("\n")[0].rstrip("\r")
    is_wrapped = strip_prefix(line).text != line
    return Content.JSON if _JSON_KEY.search(text) and not is_wrapped else Content.LOG


def _tell_line(line: str, text: str) -> Content | None:
    if _ADDRESS_LINE.match(line):
        return Content.ADDRESSES
    if _LINK_LINE.match(line):
        return Content.ADDRESSES if _ANY_ADDRESS.search(text) else Content.LINKS
    if _PROTOCOL_HEADINGS.fullmatch(line):
        return Content.PROTOCOLS
    return Content.LOG if parse_line(strip_prefix(line).text) else None
