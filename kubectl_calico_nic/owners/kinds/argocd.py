"""Argo CD: it syncs the object with what is in Git.

The application's name is in the label or annotation that tracks its objects (the key
``application.resourceTrackingMethod`` of Argo CD's ConfigMap argocd-cm says which). With the label
method that label is everybody's ``app.kubernetes.io/instance``: then only the field manager tells.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from kubectl_calico_nic.owners import files
from kubectl_calico_nic.owners.chart_values import merging
from kubectl_calico_nic.owners.kinds.helm import operator_values
from kubectl_calico_nic.owners.link import Link, Wanted
from kubectl_calico_nic.owners.managed import Managed
from kubectl_calico_nic.owners.yaml_text import yaml_text
from kubectl_calico_nic.snapshot.companions import Companion, Reference, mapping

_PREFIX = "argocd.argoproj.io/"
_INSTANCE = _PREFIX + "instance"
_TRACKING = _PREFIX + "tracking-id"
"""``APPLICATION:GROUP/KIND:NAMESPACE/NAME``."""
_SHARED_INSTANCE = "app.kubernetes.io/instance"
_MANAGER = "argocd-controller"
_THIS_CLUSTER = "https://kubernetes.default.svc"


@dataclass(frozen=True, slots=True)
class Application(Link):
    """One application; its name is empty where not known.

    ``found`` is the Application, None where it was not read or is another cluster's.
    """

    word: ClassVar[str] = "argocd"
    name: str = ""
    found: Companion | None = None
    subject: Managed = field(default=Managed({}), repr=False)

    @property
    def suffers(self) -> str:
        """With selfHeal it syncs by itself; without, when somebody changes Git or syncs."""
        if self.found is None:
            return (
                f"{self.object}: its next sync may put the old value back (with selfHeal at once)"
            )
        return f"{self.object}: {_when(self.found, self.subject)}"

    @property
    def where(self) -> str:
        """What is in Git, or the chart's values in the Application."""
        sources = _sources(self.found)
        return (
            f"{', '.join(sources)} of {self.object}"
            if sources
            else (f"the Git repository of {self.object}")
        )

    def advice(self, wanted: Wanted) -> str:
        """The patch of the file; for an Installation also the values of the operator's chart."""
        values = operator_values(wanted) if self.subject.is_installation else None
        chart = _chart(self.found)
        if chart is not None and values is not None:
            return f"{self.where}{_beside(chart, values)}:\n{yaml_text(values)}"
        named = "" if _sources(self.found) else f" (argocd app get {self.name or 'NAME'} names it)"
        rendered = ", so that the chart renders" if chart is not None else ""
        patch = files.told(self.subject, wanted, f"{self.where}{named}{rendered}:")
        if not patch or values is None:
            return patch
        return f"{patch}\nor, where it renders the chart tigera-operator, its values:\n" + (
            yaml_text(values)
        )


def references(subject: Managed) -> Iterator[Reference]:
    """The Application, where a mark names it; ``NAMESPACE_NAME`` where any namespace may have it.

    Mirrors InstanceName and ParseAppQualifiedName of argoproj/argo-cd.
    """
    link = recognise(subject)
    if link is not None and link.name:
        yield _reference(link.name)


def _reference(instance: str) -> Reference:
    # Neither part has an underscore: both are names of Kubernetes.
    namespace, _, name = instance.rpartition("_")
    return Reference("argoproj.io", ("v1alpha1",), "applications", name, namespace)


def recognise(subject: Managed) -> Application | None:
    """Argo CD, by any label or annotation of its own, else by its field manager."""
    marks = {**subject.annotations, **subject.labels}
    mark = next((key for key in (_INSTANCE, _TRACKING) if marks.get(key)), None)
    mark = mark or next((key for key in marks if key.startswith(_PREFIX)), None)
    if mark is not None:
        name = marks.get(_INSTANCE) or marks.get(_TRACKING, "").partition(":")[0]
        return _application(name, f"{mark}={marks[mark]}", subject)
    if _MANAGER not in subject.managers:
        return None
    name = subject.labels.get(_SHARED_INSTANCE, "")
    return _application(name, f"managedFields of {_MANAGER}", subject)


def _application(name: str, evidence: str, subject: Managed) -> Application:
    called = f"Argo CD application {name}" if name else "an Argo CD application"
    read = subject.companions.get(_reference(name), ()) if name else ()
    mine = [found for found in read if _is_about(found, subject)]
    if len(mine) != 1:
        return Application(called, evidence, name, subject=subject)
    namespace = mine[0].metadata.get("namespace", "")
    evidence = f"{evidence}, and Application {namespace}/{mine[0].metadata.get('name', name)}"
    return Application(called, evidence, name, mine[0], subject)


def _is_about(found: Companion, subject: Managed) -> bool:
    """Whether an Application is one of this cluster, and has the object.

    Argo CD may run here and deploy to other clusters; the name alone proves nothing.
    """
    destination = mapping(found.spec.get("destination"))
    if destination.get("server") != _THIS_CLUSTER and destination.get("name") != "in-cluster":
        return False
    listed = mapping(found.object.get("status")).get("resources")
    kind = "Installation" if subject.is_installation else "DaemonSet"
    names = (
        [(item.get("kind"), item.get("name")) for item in listed or () if isinstance(item, Mapping)]
        if isinstance(listed, list)
        else []
    )
    return not names or (kind, subject.name) in names


def _when(found: Companion, subject: Managed) -> str:
    """When it may put the old value back, by its sync policy."""
    automated = mapping(found.spec.get("syncPolicy")).get("automated")
    if not isinstance(automated, Mapping) or automated.get("enabled") is False:
        return "nothing puts the old value back until somebody syncs it (no automated sync)"
    if automated.get("selfHeal") is not True:
        return "its sync at the next commit may put the old value back (automated, no selfHeal)"
    kind = "Installation" if subject.is_installation else "DaemonSet"
    ignored = found.spec.get("ignoreDifferences")
    rules = [mapping(rule) for rule in ignored] if isinstance(ignored, list) else []
    if any(rule.get("kind") in (kind, "*") for rule in rules):
        return (
            f"selfHeal may put the old value back, unless its ignoreDifferences of {kind} keep it"
        )
    return (
        "selfHeal puts what Git says back within seconds, and pods that got another value restart "
        "once more"
    )


def _listed(found: Companion | None) -> list[Mapping[str, Any]]:
    if found is None:
        return []
    several = found.spec.get("sources")
    listed = several if isinstance(several, list) and several else [found.spec.get("source")]
    return [mapping(source) for source in listed]


def _chart(found: Companion | None) -> Mapping[str, Any] | None:
    """The source that is a chart; None where none is."""
    return next((source for source in _listed(found) if source.get("chart")), None)


def _beside(source: Mapping[str, Any], values: Mapping[str, Any]) -> str:
    """What becomes of the values that the Application has; ``valuesObject`` wins over others."""
    helm = mapping(source.get("helm"))
    present = mapping(helm.get("valuesObject"))
    if present:
        return f", its valuesObject: {merging(present, values)}"
    return f", its values: {merging(None, values)}" if helm.get("values") else ""


def _sources(found: Companion | None) -> list[str]:
    """Where the manifests come from: each a path in Git, or a chart."""
    return [text for text in map(_source, _listed(found)) if text]


def _source(source: Mapping[str, Any]) -> str:
    repository, chart, path = (source.get(key) for key in ("repoURL", "chart", "path"))
    if not repository:
        return ""
    if chart:
        return f"the values (spec.source.helm) of chart {chart} from {_bare(repository)}"
    revision = source.get("targetRevision") or "HEAD"
    return f"path {path or '.'} in {_bare(repository)} ({revision})"


def _bare(repository: object) -> str:
    """A URL without the user, password and query that it may have."""
    head, scheme, rest = str(repository).partition("://")
    place, slash, path = rest.partition("/")
    bare = f"{head}{scheme}{place.rpartition('@')[2]}{slash}{path.partition('?')[0]}"
    return bare if scheme else head
