"""Rules on disk: reading them, and saying where something is wrong in them."""
