"""Failures of requests over HTTP, on their way through the SDK, which passes texts on and nothing else."""

from __future__ import annotations

import json
import re
import secrets
from typing import Final

from router.drivers.jsonrpc import Id
from router.errors import CallError

_INTERNAL_ERROR: Final = -32603


class Faults:
    """Failures of requests, each under a name that no server can guess."""

    def __init__(self) -> None:
        self._secret = f"ts-{secrets.token_hex(8)}-"
        self._name = re.compile(rf"{self._secret}(\d+)")
        self._known: list[CallError] = []

    def name(self, fault: CallError) -> str:
        """Keep a failure and return its name, to stand in an error's text."""
        self._known.append(fault)
        return f"{self._secret}{len(self._known) - 1}"

    def answer(self, number: Id, fault: CallError) -> bytes:
        """Keep a failure and return the error of JSON-RPC that answers a request in the server's stead."""
        error = {"code": _INTERNAL_ERROR, "message": self.name(fault)}
        return json.dumps({"jsonrpc": "2.0", "id": number, "error": error}).encode()

    def named(self, text: str) -> CallError | None:
        """Return the failure that a text names; None where it names none."""
        found = self._name.search(text)
        return self._known[int(found[1])] if found else None
