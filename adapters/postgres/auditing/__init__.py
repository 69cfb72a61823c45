"""The invariants of docs and architecture as questions to the database; answers name the rows."""
