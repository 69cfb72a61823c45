"""GraphQL types, each built from a read view by one function beside it."""
