"""JSON-RPC on the wire, for both protocols: what is mended, and whether an answer is the one asked for."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from typing import Final, NamedTuple

from pydantic_core import from_json

Id = int | str
_ESCAPE: Final = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u([dD][89a-fA-F][0-9a-fA-F]{2})|\\.",
    re.DOTALL,
)
"""One escape of JSON, of which only half a character is caught as a group."""


def mend(said: bytes) -> bytes:
    """Return JSON with U+FFFD for each half of a character and each byte that is no UTF-8."""
    whole = said.decode(errors="replace").encode()
    return _ESCAPE.sub(lambda found: rb"\ufffd" if found[1] else found[0], whole)


def id_of(request: bytes) -> Id | None:
    """Return the id of the request that a body holds; None where it is a notification, or none at all."""
    with suppress(ValueError, RecursionError):
        told = json.loads(request)
        if isinstance(told, dict) and "method" in told:
            number = told.get("id")
            return number if isinstance(number, Id) else None
    return None


class Answers(NamedTuple):
    """What a text answers."""

    ours: bool = False
    """Whether it answers the request that is meant."""
    other: str = ""
    """As JSON the id of the request that it answers, where that is another."""


def answers_of(said: bytes, number: Id) -> Answers:
    """Return whether a text answers a request, or another.

    An answer without an id is taken for ours: nobody else waits for one over the same exchange.
    """
    with suppress(ValueError):
        told = from_json(said)
        if isinstance(told, dict) and ("result" in told or "error" in told):
            given = told.get("id")
            if given is not None and given != number and str(given) != str(number):
                return Answers(other=json.dumps(given))
            return Answers(ours=True)
    return Answers()
