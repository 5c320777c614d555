"""Kinds of values in `ts.toml`: names, addresses, amounts, and places of secrets."""

from __future__ import annotations

import re
from typing import Annotated, Final

from pydantic import AfterValidator, Field, WithJsonSchema

from router.core.findings import nearest_or_all
from router.core.query import MODES


def among(choices: tuple[str, ...]) -> AfterValidator:
    """Take these alone."""

    def check(value: str) -> str:
        if value not in choices:
            raise ValueError(f'"{value}" is unknown; {nearest_or_all(value, choices)}')
        return value

    return AfterValidator(check)


def shaped(expression: str, wanted: str) -> AfterValidator:
    """Take what the whole of an expression fits."""

    def check(value: str) -> str:
        if not re.fullmatch(expression, value):
            raise ValueError(f'"{value}" is not {wanted}')
        return value

    return AfterValidator(check)


def choice(choices: tuple[str, ...]) -> WithJsonSchema:
    """Tell editors what `among` takes."""
    return WithJsonSchema({"type": "string", "enum": [*choices]})


def pattern(expression: str) -> WithJsonSchema:
    """Tell editors what the whole text must be."""
    return WithJsonSchema({"type": "string", "pattern": f"^{expression}$"})


_PEER: Final = r"[A-Za-z0-9][A-Za-z0-9_.-]*"
_LAYER: Final = r"[A-Za-z0-9_-]+"
_TARGETS: Final = r"(?:mcp|a2a):.+"
PeerName = Annotated[
    str,
    shaped(_PEER, "a name: use letters, digits, and _ . - behind the first"),
    pattern(_PEER),
]
TargetPattern = Annotated[str, shaped(_TARGETS, "a pattern of targets, such as mcp:git/*"), pattern(_TARGETS)]
LayerName = Annotated[
    str, shaped(_LAYER, "a directory's name: use letters, digits, _ and -"), pattern(_LAYER)
]
Mode = Annotated[str, among(MODES), choice(MODES)]
_URL: Final = r"(?i:https?)://[^\s/?#]+\S*"


def _url(value: str) -> str:
    """Refuse what is no URL without repeating it: it may hold a secret of the environment."""
    if not re.fullmatch(_URL, value):
        raise ValueError("must be a URL such as https://host/path")
    return value


_PLAIN_URL: Final = r"[Hh][Tt][Tt][Pp][Ss]?://[^\s/?#]+\S*"
"""The same for editors, whose patterns know no flags."""
_ANY_URL: Final = r"(?i:https?|wss?)://[^\s/?#]+\S*"


def _agent_url(value: str) -> str:
    if not re.fullmatch(_ANY_URL, value):
        raise ValueError("must be a URL such as https://host/path or wss://host/path")
    return value


AgentUrl = Annotated[
    str, AfterValidator(_agent_url), pattern(r"([Hh][Tt][Tt][Pp]|[Ww][Ss])[Ss]?://[^\s/?#]+\S*")
]
Amount = Annotated[float, Field(ge=0, allow_inf_nan=False)]
OptionalUrl = Annotated[
    str, AfterValidator(lambda value: _url(value) if value else value), pattern(f"({_PLAIN_URL})?")
]
Seconds = Annotated[float, Field(gt=0, allow_inf_nan=False)]
_PLACE: Final = r"((env|file|keyring):.+|(age|sops):.+#.+)?"


def _place(value: str) -> str:
    """Refuse what is no place of a secret without repeating it: it may be the secret."""
    if not re.fullmatch(_PLACE, value):
        raise ValueError("must say where the secret is, such as env:HF_TOKEN, and never be the secret itself")
    return value


Secret = Annotated[str, AfterValidator(_place), pattern(_PLACE)]
