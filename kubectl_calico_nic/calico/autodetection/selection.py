"""Which address calico-node would choose on a node: the claim to truth of this program.

Mirrors AutoDetectCIDR of autodetection_methods.go (startup.go before v3.22.0), and is held
against what the real code answered. Where the facts do not decide, the answer is the candidates
and why, never a guess.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from kubectl_calico_nic.calico.autodetection.known_address import by_internal_ip, by_reach
from kubectl_calico_nic.calico.autodetection.methods import InvalidMethod, MethodKind, parse_method
from kubectl_calico_nic.calico.autodetection.question import Candidate, Question, Selection
from kubectl_calico_nic.calico.autodetection.walk import by_walk
from kubectl_calico_nic.calico.inventory import Inventory
from kubectl_calico_nic.calico.messages import Event, render
from kubectl_calico_nic.calico.version import Version
from kubectl_calico_nic.family import Family

__all__ = ["Candidate", "Selection", "select"]

_NO_ROUTES: Mapping[str, str] = MappingProxyType({})


def select(
    method: str,
    family: Family,
    inventory: Inventory | None,
    version: Version,
    *,
    internal_ips: Sequence[str] | None = None,
    routes: Mapping[str, str] = _NO_ROUTES,
    windows: bool = False,
) -> Selection:
    """Return what ``version`` of calico-node chooses under ``method``; never raises.

    Args:
        method: the value of the method variable, as it stands there.
        family: the family that is asked for.
        inventory: the node's interfaces, None where they are not known.
        version: the Calico version of the node.
        internal_ips: the Node's addresses of type InternalIP, in the order they stand there; None
            where they are not known.
        routes: destinations of ``can-reach=`` -> what ``ip route get`` printed on the node.
        windows: whether it is a Windows node (other default exclusions).
    """
    try:
        parsed = parse_method(method, version)
    except InvalidMethod as error:
        message = render(Event.METHOD_INVALID, version, method=method)
        printed = () if message is None else (message,)
        return Selection(decided=True, exits=True, reasons=(str(error),), messages=printed)
    question = Question(parsed, family, inventory, version, windows)
    if parsed.kind is MethodKind.CAN_REACH:
        return by_reach(question, routes)
    if parsed.kind is MethodKind.KUBERNETES_INTERNAL_IP:
        return by_internal_ip(question, internal_ips)
    return by_walk(question)
