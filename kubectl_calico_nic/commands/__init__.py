"""One file per subcommand: options -> run -> exit status."""
