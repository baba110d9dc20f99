"""``--inventory``: the interfaces of nodes that cannot be asked, from files."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from kubectl_calico_nic.bundle.assemble import read_files
from kubectl_calico_nic.calico.inventory import Inventory, InventorySource
from kubectl_calico_nic.errors import CalicoNicError
from kubectl_calico_nic.snapshot.snapshot import Snapshot


def with_inventories(snapshot: Snapshot, paths: Sequence[str]) -> Snapshot:
    """Give the nodes of ``snapshot`` the interfaces that files below ``paths`` tell of.

    What a node itself answered counts more than a file.

    Raises:
        CalicoNicError: a path cannot be read, or a file is named after no node.
    """
    if not paths:
        return snapshot
    read = read_files(paths, None)
    found = {facts.name: facts.inventory for facts in read.nodes if facts.inventory}
    unknown = sorted(name for name in found if snapshot.node(name) is None)
    if unknown:
        raise CalicoNicError(
            f'--inventory: nodes "{unknown[0]}" not found: a file is named after its node'
        )
    nodes = tuple(
        dataclasses.replace(facts, inventory=found[facts.name])
        if facts.name in found and not _was_asked(facts.inventory)
        else facts
        for facts in snapshot.nodes
    )
    return dataclasses.replace(snapshot, nodes=nodes)


def _was_asked(inventory: Inventory | None) -> bool:
    return inventory is not None and inventory.source is InventorySource.IP_ADDR
