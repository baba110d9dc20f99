"""Everything about one node, as values: what was read, how fresh it is, and what follows."""

from __future__ import annotations

from dataclasses import dataclass

from kubectl_calico_nic.calico.bird.session import BgpSession
from kubectl_calico_nic.calico.inventory import Interface
from kubectl_calico_nic.calico.log.reading import Decision
from kubectl_calico_nic.family import Family
from kubectl_calico_nic.snapshot.event import PodEvent


@dataclass(frozen=True, slots=True)
class Statement:
    """One piece of evidence.

    ``source`` names it (``log``, ``annotation``, ``InternalIP``), ``says`` is what it tells.
    ``as_of`` is when that was so, as the source itself writes it: a log in its container's own
    time, everything else RFC 3339; None where it does not say. ``freshness`` is a remark on how
    much that time is worth.
    """

    source: str
    says: str
    as_of: str | None = None
    freshness: str = ""


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable of the calico-node container.

    ``value`` is None where it is not set, or not known (``is_known`` False). ``source`` says where
    it comes from. ``template`` is what new pods get where that differs, None where not.
    """

    name: str
    value: str | None
    source: str
    is_known: bool = True
    template: str | None = None


@dataclass(frozen=True, slots=True)
class Choosing:
    """A decision that a log holds; ``is_previous`` says that the container before logged it."""

    decision: Decision
    is_previous: bool = False


@dataclass(frozen=True, slots=True)
class Reasoning:
    """Why ``method`` gives what it gives on this node.

    ``is_in_force`` says that it is the method now configured, else it is the recommended one.
    ``reasons`` has a sentence per interface in the order that Calico walks them, up to the winner.
    ``candidates`` (NIC and address) would be chosen next were the winner not there, the first
    first; where nothing decides, they are what may come out.
    """

    family: Family
    method: str
    is_in_force: bool
    address: str | None
    interface: str | None
    reasons: tuple[str, ...]
    candidates: tuple[str, ...] = ()
    is_decided: bool = True


@dataclass(frozen=True, slots=True)
class Peering:
    """A BGP session of the node; ``node`` is whose address the peer is, None where not known."""

    family: Family
    session: BgpSession
    node: str | None = None


@dataclass(frozen=True, slots=True)
class Explanation:
    """One node. ``timeline`` are the decisions that its logs hold, oldest first.

    ``omitted`` counts decisions left out of the middle of it. ``peerings_source`` says who told
    about the sessions, None where nobody did. ``events`` are those of its pod, oldest first.
    """

    node: str
    interfaces: tuple[Interface, ...]
    timeline: tuple[Choosing, ...]
    reasonings: tuple[Reasoning, ...]
    statements: tuple[Statement, ...] = ()
    variables: tuple[Variable, ...] = ()
    peerings: tuple[Peering, ...] = ()
    peerings_source: str | None = None
    peerings_as_of: str | None = None
    events: tuple[PodEvent, ...] = ()
    omitted: int = 0
