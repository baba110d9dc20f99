"""What Go's standard library does, where Calico and kubectl show it."""
