"""Calico's own objects that say something about node addresses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Object = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class CalicoObjects:
    """Raw JSON, never changed; each kind is empty too where it may not be read."""

    bgp_peers: tuple[Object, ...] = ()
    host_endpoints: tuple[Object, ...] = ()
    ip_pools: tuple[Object, ...] = ()
