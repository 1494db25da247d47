"""One module per group of commands. Handlers keep nothing and do not know each other."""
