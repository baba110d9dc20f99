"""One file for each kind of owner."""
