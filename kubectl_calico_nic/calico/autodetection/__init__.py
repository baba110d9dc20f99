"""Which address calico-node chooses on a host: methods, exclusions, the walk."""
