"""Report -> table, json/yaml, live view; escapes all cluster text."""
