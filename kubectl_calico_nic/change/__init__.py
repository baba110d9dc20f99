"""Request and snapshot -> plan, and the states of applying it."""
