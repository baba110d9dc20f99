"""A plain manifest: nobody but people changes the DaemonSet."""

from __future__ import annotations

from kubectl_calico_nic.owners.owner import Owner

MANIFEST = Owner("manifest")
"""What a DaemonSet is owned by when no other owner is recognised."""
