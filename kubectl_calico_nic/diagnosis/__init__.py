"""Snapshot -> report: evidence, expectation, findings, recommendation."""
