"""Writes JSON and hashes it without the cost of the modules for it; the same bytes as `canonical` gives."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Final

    from router.core.plan import JSON

try:  # `hashlib` takes it from there, and loads OpenSSL beside it
    from _blake2 import blake2b
except ImportError:
    from hashlib import blake2b

_ESCAPES: Final = {code: f"\\u{code:04x}" for code in range(0x20)} | {
    ord(plain): f"\\{letter}" for plain, letter in zip('"\\\b\f\n\r\t', '"\\bfnrt', strict=True)
}
DIGEST_BYTES: Final = 8


def written(value: JSON, indent: int = 0) -> str:
    """Return JSON as `json.dumps` writes it: with an indent as it comes, without one compact and sorted.

    Raises ValueError for NaN and infinity, TypeError for what is no JSON.
    """
    return "".join(_parts(value, indent, "\n"))


def digest(*texts: str) -> str:
    """Return 16 hexadecimal digits of a hash of the texts (BLAKE2b, RFC 7693)."""
    found = blake2b(digest_size=DIGEST_BYTES)
    for text in texts:
        raw = text.encode()
        found.update(len(raw).to_bytes(8, "big") + raw)
    return found.hexdigest()


def _parts(value: JSON, indent: int, line: str) -> Iterator[str]:
    if isinstance(value, str):
        yield f'"{value.translate(_ESCAPES)}"'
    elif value is None or isinstance(value, bool):
        yield {None: "null", True: "true", False: "false"}[value]
    elif isinstance(value, int):
        yield int.__repr__(value)
    elif isinstance(value, float):
        if value - value != 0:
            raise ValueError(f"{value} is no JSON")
        yield float.__repr__(value)
    elif isinstance(value, dict):
        items = value.items() if indent else sorted(value.items())
        pairs = ((f"{_key(key)}{': ' if indent else ':'}", each) for key, each in items)
        yield from _bracketed("{}", pairs, indent, line)
    elif isinstance(value, list | tuple):
        yield from _bracketed("[]", (("", each) for each in value), indent, line)
    else:
        raise TypeError(f"{type(value).__name__} is no JSON")


def _key(key: JSON) -> str:
    if not isinstance(key, str):
        raise TypeError(f"a key of JSON is a text, not {type(key).__name__}")
    return "".join(_parts(key, 0, ""))


def _bracketed(brackets: str, pairs: Iterator[tuple[str, JSON]], indent: int, line: str) -> Iterator[str]:
    inner = line + " " * indent if indent else ""
    before = brackets[0] + inner
    empty = True
    for name, each in pairs:
        yield before + name
        yield from _parts(each, indent, inner)
        before, empty = "," + inner, False
    yield brackets if empty else (line if indent else "") + brackets[1]
