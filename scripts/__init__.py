"""Programs of the makers of Orderloom; nothing imports them."""
