"""Finds the owners of a DaemonSet, lowest first: each owner in a file of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kubectl_calico_nic.owners.kinds import (
    addon_manager,
    argocd,
    controller,
    flux,
    helm,
    helm_chart,
    k0s,
    k3s,
    kops,
    kubespray,
    manifest,
    microk8s,
    operator,
    rke2,
)
from kubectl_calico_nic.owners.kinds.controller import Controller
from kubectl_calico_nic.owners.kinds.manifest import Manifest
from kubectl_calico_nic.owners.link import Link, Wanted
from kubectl_calico_nic.owners.managed import Managed
from kubectl_calico_nic.snapshot.companions import Companions, Reference
from kubectl_calico_nic.snapshot.daemonset import DaemonSet

_RECOGNISERS: tuple[Callable[[Managed], Link | None], ...] = (
    helm.recognise,
    rke2.recognise,
    helm_chart.recognise,
    k3s.recognise,
    k0s.recognise,
    kops.recognise,
    kubespray.recognise,
    microk8s.recognise,
    addon_manager.recognise,
    flux.recognise,
    argocd.recognise,
)
"""Who drives whom: RKE2, Flux and Argo CD run Helm, and Argo CD may apply Flux' objects."""
_POINTERS: tuple[Callable[[Managed], Iterator[Reference]], ...] = (
    helm_chart.references,
    flux.references,
    argocd.references,
)
"""Which objects the marks of an owner point to; no mark, no object."""


@dataclass(frozen=True, slots=True)
class Chain:
    """The owners of one DaemonSet, each driven by the one after it; never empty."""

    daemon_set: str
    links: tuple[Link, ...]

    @property
    def word(self) -> str:
        """What reports call the owner: the controller, else whoever decides in the end."""
        first = self.links[0]
        if isinstance(first, Controller):
            return first.kind
        return first.word if first.at_once else self.top.word

    @property
    def controller(self) -> Link | None:
        """The owner that undoes an edit of the DaemonSet at once; None without one."""
        return self.links[0] if self.links[0].at_once else None

    @property
    def installation(self) -> Managed | None:
        """The Installation that decides, where an operator controls the DaemonSet and it was read.

        None too where something stands between the operator and the DaemonSet.
        """
        first = self.links[0]
        return first.installation if isinstance(first, operator.Operator) else None

    @property
    def top(self) -> Link:
        """The owner where the setting is written."""
        return self.links[-1]

    @property
    def keeper(self) -> Link | None:
        """The owner where a change has to be made to last; None where the DaemonSet itself does.

        A manifest that somebody applied an Installation from puts nothing back by itself.
        """
        deciding = [link for link in self.links if not isinstance(link, Manifest)]
        return deciding[-1] if deciding else None

    @property
    def evidence(self) -> str:
        """What each link was recognised by, for people."""
        return "; ".join(f"{link.object}: {link.evidence}" for link in self.links)

    def advice(self, wanted: Wanted) -> str:
        """The change to make so that it lasts, ready to paste; empty where none is known."""
        return (self.keeper or self.top).advice(wanted)


def chain_of(
    daemon_set: DaemonSet,
    installations: Sequence[Mapping[str, Any]] = (),
    companions: Companions | None = None,
) -> Chain:
    """Find the owners of ``daemon_set``.

    ``installations`` are the operator's, as far as they were read: an Installation has owners of
    its own. ``companions`` are the objects that marks point to (``references_of``): they make what
    is said of an owner exact. Where nobody else is recognised, the last link is the manifest.
    """
    subject = Managed.of(daemon_set, companions)
    driven = operator.recognise(subject, installations)
    if driven is not None:
        above = () if driven.installation is None else _drivers(driven.installation)
        return Chain(daemon_set.key, (driven, *above))
    controlled = controller.recognise(subject)
    links = (controlled,) if controlled is not None else _drivers(subject)
    return Chain(daemon_set.key, links)


def references_of(
    daemon_set: DaemonSet, installations: Sequence[Mapping[str, Any]] = ()
) -> tuple[Reference, ...]:
    """The objects that the marks of the DaemonSet, or of the Installation that decides, name."""
    subject = Managed.of(daemon_set)
    driven = operator.recognise(subject, installations)
    if driven is None:
        found = () if controller.recognise(subject) else (subject,)
    else:
        found = () if driven.installation is None else (driven.installation,)
    named = (reference for item in found for point in _POINTERS for reference in point(item))
    return tuple(dict.fromkeys(named))


def _drivers(subject: Managed) -> tuple[Link, ...]:
    """Whoever writes ``subject``, lowest first."""
    asked = (recognise(subject) for recognise in _RECOGNISERS)
    found = tuple(link for link in asked if link is not None)
    return found or (manifest.recognise(subject),)
