"""The customer's own page of an order, reached by a secret link."""
