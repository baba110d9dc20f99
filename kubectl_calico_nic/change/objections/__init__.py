"""What speaks against a plan."""
