"""kubectl calico-nic: which NIC did Calico choose on every node, is it right, and the safe fix."""

__version__ = "0.1.0"
