"""A real PostgreSQL and a real Temporal server from wheels, kept in a folder of the home."""
