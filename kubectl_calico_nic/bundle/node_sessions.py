"""The BGP sessions in files: output of ``birdcl``, else CalicoNodeStatus objects."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from kubectl_calico_nic.bundle.found import Found
from kubectl_calico_nic.bundle.layouts.node_names import NodeNames
from kubectl_calico_nic.calico.bird.birdcl_output import parse_protocols, serves_both_families
from kubectl_calico_nic.calico.bird.session import BgpSession
from kubectl_calico_nic.family import Family, family_of
from kubectl_calico_nic.snapshot.bgp import BgpSessions, SessionsSource


def sessions_by_node(found: Found, names: NodeNames) -> dict[str, BgpSessions]:
    """The sessions of each node that files tell of."""
    answers: dict[str, dict[Family, tuple[BgpSession, ...]]] = {}
    for output in found.protocols:
        node = names.of_file(output.stem)
        answers[node] = answers.get(node, {}) | _by_family(output.text)
    told = {
        node: BgpSessions(SessionsSource.BIRDCL, families) for node, families in answers.items()
    }
    return found.node_statuses | told


def _by_family(text: str) -> dict[Family, tuple[BgpSession, ...]]:
    """The sessions of the families that a file tells of.

    An empty table does not say which family has no peers, unless one daemon serves both.
    """
    sessions = parse_protocols(text)
    families: Iterable[Family] = Family if serves_both_families(text) else _families(sessions)
    return {
        family: tuple(each for each in sessions if family_of(each.peer) is family)
        for family in families
    }


def _families(sessions: Sequence[BgpSession]) -> set[Family]:
    return {found for each in sessions if (found := family_of(each.peer)) is not None}
