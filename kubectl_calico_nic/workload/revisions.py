"""Whether a pod runs the current template of its DaemonSet.

Mirrors IsPodUpdated and GetTemplateGeneration of pkg/controller/daemon/util/daemonset_util.go.
"""

from __future__ import annotations

TEMPLATE_GENERATION_ANNOTATION = "deprecated.daemonset.template.generation"
"""The DaemonSet's annotation that counts the changes of its template."""


def is_updated(
    revision_hash: str | None,
    newest_hash: str | None,
    template_generation: str | None = None,
    newest_generation: str | None = None,
) -> bool | None:
    """Whether a pod matches the newest template.

    Args:
        revision_hash: the pod's label ``controller-revision-hash``.
        newest_hash: that label of the DaemonSet's newest ControllerRevision.
        template_generation: the pod's label ``pod-template-generation``.
        newest_generation: the DaemonSet's ``TEMPLATE_GENERATION_ANNOTATION``.

    Returns:
        True when either pair is equal, as the controller has it; False when a pair is known and
        none is equal; None when neither pair is known.
    """
    pairs = ((revision_hash, newest_hash), (template_generation, newest_generation))
    known = [mine == newest for mine, newest in pairs if mine and newest]
    return any(known) if known else None
