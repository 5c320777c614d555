"""Knows what looks like a secret, so that none comes into a rule or onto a terminal; it keeps none."""

from __future__ import annotations

import re
from typing import Final

_SECRET: Final = re.compile(
    r"""
    (?<![A-Za-z0-9])(?:
        gh[opsur]_[A-Za-z0-9]{16,} | github_pat_\w{16,} | glpat-[\w-]{16,} | hf_[A-Za-z0-9]{16,}
        | sk-[\w-]{16,} | [rs]k_(?:live|test)_[A-Za-z0-9]{16,} | xox[a-z]-[\w-]{10,} | npm_[A-Za-z0-9]{30,}
        | (?:AKIA|ASIA)[A-Z0-9]{16} | AIza[\w-]{30,} | AGE-SECRET-KEY-1[A-Z0-9]{20,}
        | eyJ[\w-]{4,}\.[\w-]{4,}\.[\w-]* | Bearer\s+[\w.~+/=-]{16,}
    )
    | -----BEGIN\ [A-Z0-9\ ]*PRIVATE\ KEY(?:\ BLOCK)?-----(?:.*?-----END\ [A-Z0-9\ ]*-----|.*)
    | (?<=://)[^\s/:@]*:[^\s/@]+(?=@) | (?<!\S)[\w.%+-]+:[^\s/:@]{4,}(?=@\w)
    """,
    re.VERBOSE | re.DOTALL,
)
"""Prefixes that issuers give their tokens, private keys, JSON Web Tokens, and user:password@host."""


def holds_secret(text: str) -> bool:
    """Return whether a text holds what looks like a secret."""
    return _SECRET.search(text) is not None


def masked(text: str) -> str:
    """Return a text with dots in place of what looks like a secret."""
    return _SECRET.sub("…", text)
