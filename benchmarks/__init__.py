"""How fast and how gentle the plugin is, beside peers that do the same work in the same run."""
