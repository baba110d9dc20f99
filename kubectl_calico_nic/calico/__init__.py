"""What Calico does: methods, Go's regexes, selection, start-up, messages, versions."""
