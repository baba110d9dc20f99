"""Frozen facts of one cluster at one moment."""
