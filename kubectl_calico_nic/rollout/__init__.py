"""What a rollout proves, node by node."""
