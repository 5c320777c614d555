"""TOML that people wrote: reading it, checking its shape, and finding the place of each value."""
