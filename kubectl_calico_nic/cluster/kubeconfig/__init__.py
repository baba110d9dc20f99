"""Which cluster, user and namespace kubectl would use."""
