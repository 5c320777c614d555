"""Asking models, with real requests to a server that plays them."""
