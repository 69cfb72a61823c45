"""The commands: light at the top, heavy imports inside (see `orderloom.cli`)."""
