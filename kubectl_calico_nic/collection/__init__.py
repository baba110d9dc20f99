"""What to ask next, of which node, within which budget -> snapshot."""
