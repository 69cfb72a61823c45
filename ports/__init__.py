"""What the core needs from the world, as small Protocols in domain words."""
