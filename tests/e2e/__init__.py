"""End-to-end tests on a real control plane; ``make e2e`` runs them."""
