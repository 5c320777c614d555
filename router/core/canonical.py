"""One way to write JSON, so that equal values give equal bytes, and the hashes made from it."""

from __future__ import annotations

import hashlib
import json

from router.core.plan import JSON

_ENCODER = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def canonical(value: JSON) -> str:
    """Return compact JSON with sorted keys. Raises ValueError for NaN and infinity."""
    return _ENCODER.encode(value)


def digest(value: JSON) -> str:
    """Return the first 16 hexadecimal digits of the SHA-256 of the canonical JSON."""
    return hashlib.sha256(canonical(value).encode()).hexdigest()[:16]
