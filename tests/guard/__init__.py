"""The guard before the drivers."""
