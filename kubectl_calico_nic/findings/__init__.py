"""One entry per finding: id, severity, condition, words, docs anchor."""
