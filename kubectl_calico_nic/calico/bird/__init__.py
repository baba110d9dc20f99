"""BIRD, the BGP daemon in calico-node, as ``birdcl`` shows it."""
