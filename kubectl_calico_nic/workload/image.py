"""References to container images."""

from __future__ import annotations


def image_tag(image: str) -> str | None:
    """The tag of an image reference (``registry:5000/calico/node:v3.24.6@sha256:...``).

    None when it names none.
    """
    name = image.partition("@")[0].rpartition("/")[2]
    return name.partition(":")[2] or None
