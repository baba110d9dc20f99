"""The manifest of a release: ``plugin.yaml`` with its version, and its archive's URI and hash.

``python -m krew.manifest plugin.yaml`` prints the template for krew-release-bot.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

_FIELDS = {
    "version": re.compile(r"(?m)^(  version: )\S+$"),
    "uri": re.compile(r"(?m)^(    uri: )\S+$"),
    "sha256": re.compile(r'(?m)^(    sha256: )"[0-9a-f]{64}"$'),
}
_COMMENT = re.compile(r"\A(?:#.*\n)+")
_URI_AND_HASH = re.compile(r"(?m)^    uri: \S+\n    sha256: .*$")


def release_uri(template: str, version: str) -> str:
    """Where ``template`` says that archives are, for the release ``version`` (``v0.1.0``)."""
    (uri,) = re.findall(r"(?m)^    uri: (\S+)$", template)
    return re.sub(r"/v[^/]+/(?=[^/]+$)", f"/{version}/", uri)


def render(template: str, *, version: str, uri: str, sha256: str) -> str:
    """The manifest that krew installs from; comments for developers are left out.

    Raises:
        ValueError: the template has not exactly one of each field.
    """
    text = _COMMENT.sub("", template)
    for name, value in (("version", version), ("uri", uri), ("sha256", f'"{sha256}"')):
        text, count = _FIELDS[name].subn(rf"\g<1>{value}", text)
        if count != 1:
            raise ValueError(f"plugin.yaml has {count} lines for {name}, not one")
    return text


def release_bot_template(template: str) -> str:
    """The same manifest for krew-release-bot, which fills in the tag, the URI and the hash."""
    text = _COMMENT.sub("", template)
    uri = release_uri(template, "{{ .TagName }}")
    text = _FIELDS["version"].sub(r"\1{{ .TagName }}", text)
    return _URI_AND_HASH.sub(f'    {{{{addURIAndSha "{uri}" .TagName }}}}', text)


if __name__ == "__main__":
    sys.stdout.write(release_bot_template(Path(sys.argv[1]).read_text()))
