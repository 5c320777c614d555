"""Finds secrets by their places, and keeps those that a person gives it; it tells nobody what they are."""

from router.secrets.kept import NAME, Kept, variable_of
from router.secrets.named import named
from router.secrets.store import SecretStore

__all__ = ["NAME", "Kept", "SecretStore", "named", "variable_of"]
