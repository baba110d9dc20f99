"""kubectl's flags: connection, output, duration, completion."""
