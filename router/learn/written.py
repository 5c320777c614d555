"""Writes what was learned: constants that no template reads anything into, and tables of TOML."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Final

from router.core.plan import JSON
from router.core.rendering import is_template
from router.core.template import names_prompt
from router.rulebook.format import format_rules

_BARE: Final = re.compile(r"[A-Za-z0-9_-]+")
_READ: Final = re.compile(r"[{}\r\n]")
"""What a template might read something into, or write otherwise."""
_UNSEEN: Final = ("Cc", "Cf", "Cn", "Co", "Zl", "Zp")
"""Categories of what nobody sees, or what steers a terminal."""
_PLAIN: Final = re.compile(r"[A-Za-z0-9 _.,:;/()\[\]<>=+*@!?&|~^$-]")
"""What stands for itself in a text of a template."""


def constant(text: str) -> str:
    """Return what an argument is written as that is this text, whatever it holds."""
    return _expression(text) if is_template(text) else text


def message(text: str) -> str:
    """Return what a message is written as that is this text, whatever it holds."""
    return _expression(text) if _READ.search(text) or names_prompt(text) else text


def piece(text: str) -> str:
    """Return a part of a template that renders to this text, whatever it holds."""
    return _expression(text) if _READ.search(text) else text


def nothing() -> str:
    """Return a template that renders to null, which TOML does not know."""
    return "{{ none }}"


def named(name: str) -> str:
    """Return a template that renders to a value of that name."""
    return f"{{{{ {name} }}}}"


def _expression(text: str) -> str:
    literal = "".join(each if _PLAIN.fullmatch(each) else _escaped(ord(each)) for each in text)
    return f'{{{{ "{literal}" }}}}'


def _escaped(code: int) -> str:
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def table(name: str, values: Mapping[str, JSON]) -> str:
    """Return a rule's table as a formatted file has it."""
    lines = (f"{key} = {_toml(value)}\n" for key, value in values.items())
    return format_rules(f"[{name}]\n{''.join(lines)}")


def _toml(value: JSON) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_key(key)} = {_toml(each)}" for key, each in value.items()) + " }"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return _quoted(value) if isinstance(value, str) else json.dumps(value)


def _key(key: str) -> str:
    return key if _BARE.fullmatch(key) else _quoted(key)


def _quoted(text: str) -> str:
    """Return a text in quotes: JSON's escapes are TOML's, and what nobody sees is written as one."""
    quoted = json.dumps(text, ensure_ascii=False)
    return "".join(_seen(each) if unicodedata.category(each) in _UNSEEN else each for each in quoted)


def _seen(character: str) -> str:
    code = ord(character)
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
