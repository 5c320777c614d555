"""What servers and agents say of themselves, in the form that is reviewed and kept; it reads no file."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from router.core.plan import JSON
from router.ports import Offer, Tool

_ENCODER: Final = json.JSONEncoder(sort_keys=True, separators=(",", ":"))
"""In ASCII, so that it knows a text for whatever a server may send, half characters included."""


@dataclass(frozen=True, slots=True)
class ToolPin:
    """What a tool or skill says of itself."""

    description: str = ""
    input_schema: str = ""
    """Compact JSON with sorted keys, in ASCII; empty where there is none."""
    output_schema: str = ""
    read_only: bool | None = None
    idempotent: bool | None = None
    destructive: bool | None = None

    @property
    def annotations(self) -> dict[str, bool | None]:
        """What it says of its effects; None where it does not say."""
        return {
            "read_only": self.read_only,
            "idempotent": self.idempotent,
            "destructive": self.destructive,
        }

    @property
    def hashes(self) -> dict[str, str]:
        """The SHA-256 of the canonical JSON of each part; empty for a part that is not there."""
        said = {key: each for key, each in self.annotations.items() if each is not None}
        return {
            "description": _text_hash(self.description),
            "input_schema": sha256(self.input_schema) if self.input_schema else "",
            "output_schema": sha256(self.output_schema) if self.output_schema else "",
            "annotations": sha256(compact(said)) if said else "",
        }


@dataclass(frozen=True, slots=True)
class PeerPin:
    """What a server or agent says of itself."""

    description: str = ""
    """A server's instructions, or an agent's description."""
    card: str = ""
    """The digest of an agent's whole card; empty for a server."""
    tools: Mapping[str, ToolPin] = field(default_factory=dict)
    """Tools or skills by the name that rules use."""

    @property
    def hashes(self) -> dict[str, str]:
        """The SHA-256 of the canonical JSON of the description; empty where there is none."""
        return {"description": _text_hash(self.description)}


Pinned = Mapping[str, PeerPin]
"""By target, such as `mcp:git`."""


def pinned(offer: Offer) -> PeerPin:
    """Return what there is to pin of an offer; half a character, which no file can hold, becomes U+FFFD."""
    tools = {_whole(tool.name): _tool(tool) for tool in offer.tools}
    return PeerPin(_whole(offer.description), offer.digest, tools)


def compact(value: JSON) -> str:
    """Return compact JSON with sorted keys, in ASCII."""
    return _ENCODER.encode(value)


def sha256(text: str) -> str:
    """Return the whole SHA-256: of a shorter one, two texts that agree can be made by trying."""
    return hashlib.sha256(text.encode()).hexdigest()


def _text_hash(text: str) -> str:
    return sha256(compact(text)) if text else ""


def _tool(tool: Tool) -> ToolPin:
    return ToolPin(
        _whole(tool.description),
        _schema(tool.input_schema),
        _schema(tool.output_schema),
        tool.read_only,
        tool.idempotent,
        tool.destructive,
    )


def _schema(schema: JSON) -> str:
    return "" if schema is None else compact(schema)


def _whole(text: str) -> str:
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
