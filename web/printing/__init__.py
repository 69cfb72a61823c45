"""Paper of the warehouse: a pick list and the packing slips of its packages."""
