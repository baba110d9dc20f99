"""Files -> snapshot (``--from``)."""
