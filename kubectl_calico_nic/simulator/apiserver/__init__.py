"""The simulated API server: what it answers, and how."""
