"""The only place where workflows touch the world: one class per port."""
