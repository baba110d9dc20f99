"""Reading calico-node's log: framing, decisions, and what they add up to."""
