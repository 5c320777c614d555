"""Writes amounts of US dollars alike everywhere."""

from __future__ import annotations


def usd(amount: float) -> str:
    """Return an amount in dollars; small ones with the digits that they need."""
    return f"${amount:.2f}" if amount >= 1 or not round(amount, 6) else f"${amount:.6f}"
