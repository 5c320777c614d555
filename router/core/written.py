"""Writes JSON and hashes it without the cost of the modules for it; the same bytes as `canonical` gives."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
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
    return _written(value, " " * indent, "\n" if indent else "")


def checksum(raw: bytes) -> int:
    """Return a number of 64 bits by which a change of bytes shows."""
    return int.from_bytes(blake2b(raw, digest_size=DIGEST_BYTES).digest(), "big")


def digest(*texts: str) -> str:
    """Return 16 hexadecimal digits of a hash of the texts (BLAKE2b, RFC 7693)."""
    found = blake2b(digest_size=DIGEST_BYTES)
    for text in texts:
        raw = text.encode(errors="surrogatepass")
        found.update(len(raw).to_bytes(8, "big") + raw)
    return found.hexdigest()


def _written(value: JSON, indent: str, line: str) -> str:
    if isinstance(value, str):
        return f'"{value.translate(_ESCAPES)}"'
    if isinstance(value, dict):
        inner = line + indent
        colon, items = (": ", value.items()) if line else (":", sorted(value.items()))
        pairs = [f"{_key(key)}{colon}{_written(each, indent, inner)}" for key, each in items]
        return f"{{{inner}{(',' + inner).join(pairs)}{line}}}" if pairs else "{}"
    if isinstance(value, list | tuple):
        inner = line + indent
        each_one = [_written(each, indent, inner) for each in value]
        return f"[{inner}{(',' + inner).join(each_one)}{line}]" if each_one else "[]"
    return _atom(value)


def _atom(value: JSON) -> str:
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, int):
        return int.__repr__(value)
    if not isinstance(value, float):
        raise TypeError(f"{type(value).__name__} is no JSON")
    if value - value != 0:
        raise ValueError(f"{value} is no JSON")
    return float.__repr__(value)


def _key(key: JSON) -> str:
    if not isinstance(key, str):
        raise TypeError(f"a key of JSON is a text, not {type(key).__name__}")
    return f'"{key.translate(_ESCAPES)}"'
