"""Names of servers as settings here allow them; it knows no setting."""

from __future__ import annotations

import re
from typing import Final

_FOREIGN: Final = re.compile(r"[^A-Za-z0-9_.-]+")


def allowed(name: str) -> str:
    """Return the nearest name that a server may have: letters, digits, and `_ . -` behind the first."""
    return _FOREIGN.sub("-", name).strip("_.-") if not _is_allowed(name) else name


def _is_allowed(name: str) -> bool:
    return bool(re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]*", name))
