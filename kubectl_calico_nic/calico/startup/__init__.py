"""What calico-node does when it starts: what is stored, what ends it."""
