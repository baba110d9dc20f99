"""Reads Calico's own objects that pin node addresses, or depend on them."""

from __future__ import annotations

from kubectl_calico_nic.cluster.errors import ApiError
from kubectl_calico_nic.collection.gaps import gap, is_right
from kubectl_calico_nic.collection.port import Api
from kubectl_calico_nic.snapshot.calico_objects import CalicoObjects, Object
from kubectl_calico_nic.snapshot.snapshot import Gap

_ROOTS = ("/apis/crd.projectcalico.org/v1", "/apis/projectcalico.org/v3")
"""Since v3.32 Calico may have the second only."""


def read_calico_objects(api: Api) -> tuple[CalicoObjects, tuple[Gap, ...]]:
    """List BGPPeers, HostEndpoints and IPPools; what a permission refuses becomes a gap.

    Raises:
        CalicoNicError: they cannot be read for another reason.
    """
    gaps: list[Gap] = []
    peers, endpoints, pools = (
        _list(api, plural, gaps) for plural in ("bgppeers", "hostendpoints", "ippools")
    )
    return CalicoObjects(peers, endpoints, pools), tuple(gaps)


def _list(api: Api, plural: str, gaps: list[Gap]) -> tuple[Object, ...]:
    for root in _ROOTS:
        try:
            return tuple(item for page in api.pages(f"{root}/{plural}") for item in page)
        except ApiError as error:
            if is_right(error):
                gaps.append(gap("list", f"{plural}.crd.projectcalico.org", error))
                return ()
            if error.status != 404:
                raise
    return ()
