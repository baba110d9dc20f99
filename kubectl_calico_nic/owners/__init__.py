"""Who owns the setting: one file per owner."""
