"""Starts, watches and ends the programs that make up one running Orderloom."""
