"""Text of ``ip addr``, ``ip link`` and ``ip route`` -> inventory of a node."""
