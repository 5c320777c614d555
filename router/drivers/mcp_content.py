"""What an MCP server sends, as our nouns; it knows the protocol's JSON and none of the SDK's types.

Field names are those of https://modelcontextprotocol.io/specification/2025-11-25/schema and 2026-07-28.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

from router.core.outcome import Blob, Content, Link, Result, Text
from router.core.plan import JSON
from router.ports import Prompted

Wire = Mapping[str, Any]
"""An object of the protocol, as JSON."""


def result_of(wire: Wire) -> Result:
    """Return the result of a tool.

    Raises ValueError for bytes that are not base64, unknown types, and numbers that are not JSON.
    """
    structured = wire.get("structuredContent")
    try:
        json.dumps(structured, allow_nan=False)
    except ValueError as error:
        raise ValueError("NaN or Infinity, which is not JSON") from error
    return Result(tuple(map(content_of, wire.get("content", ()))), structured)


def size_bytes(result: Result) -> int:
    """Return how much a result holds: text in UTF-8, bytes as they are, structured content as JSON."""
    structured = (
        0
        if result.structured is None
        else len(json.dumps(result.structured, ensure_ascii=False).encode(errors="surrogatepass"))
    )
    return structured + sum(map(_size_bytes, result.content))


def failure_of(result: Result) -> str:
    """Return what a tool says of its failure: its texts, else its structured content."""
    if result.text or result.structured is None:
        return result.text or "the tool reports an error and says no more"
    return json.dumps(result.structured, ensure_ascii=False)


def question_of(requests: Iterable[Wire]) -> Result:
    """Return what a server wants to know before it goes on, as a result that waits."""
    return Result(tuple(each for request in requests for each in _question(request)), state="waiting")


def prompted_of(target: str, wire: Wire) -> Prompted:
    """Return the text that a server wants written. Raises ValueError for what no text-only model is asked."""
    if wire.get("tools"):
        raise ValueError("a model that writes text for a server gets no tools")
    messages: list[tuple[str, str]] = []
    for each in wire.get("messages", ()):
        blocks = each["content"] if isinstance(each["content"], list) else [each["content"]]
        if other := next((block["type"] for block in blocks if block["type"] != "text"), None):
            raise ValueError(f"a model that writes text for a server is shown text alone, and no {other}")
        messages += [(each["role"], block["text"]) for block in blocks]
    return Prompted(target, tuple(messages), wire.get("systemPrompt", ""), wire.get("maxTokens", 0))


def content_of(block: Wire) -> Content:
    """Return a block of content. Raises ValueError for an unknown type and bytes that are not base64."""
    kind = block.get("type")
    if kind == "text":
        return Text(block["text"])
    if kind in ("image", "audio"):
        return Blob(_bytes(block["data"]), block["mimeType"])
    if kind == "resource_link":
        return Link(block["uri"], block.get("name", ""), block.get("mimeType", ""))
    if kind == "resource":
        return resource_of(block["resource"])
    raise ValueError(f'content of the unknown type "{kind}"')


def resource_of(resource: Wire) -> Content:
    """Return what a resource holds. Raises ValueError for bytes that are not base64."""
    if "text" in resource:
        return Text(resource["text"], resource.get("mimeType", "text/plain"))
    name = unquote(urlsplit(resource["uri"]).path).replace("\\", "/").rpartition("/")[2]
    return Blob(_bytes(resource["blob"]), resource.get("mimeType", "application/octet-stream"), name)


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError(f"content that is not base64: {error}") from error


def _size_bytes(content: Content) -> int:
    match content:
        case Text(text=text):
            return len(text.encode(errors="surrogatepass"))
        case Blob(data=data):
            return len(data)
        case Link(uri=uri):
            return len(uri)


def _question(request: Wire) -> Iterator[Content]:
    asked: JSON = request.get("params") or {}
    if "message" not in asked:
        yield Text(f"the server asks for {request.get('method', 'input')}, which is not offered")
        return
    yield Text(asked["message"])
    if "url" in asked:
        yield Link(asked["url"])
    if "requestedSchema" in asked:
        yield Text(json.dumps(asked["requestedSchema"], ensure_ascii=False), "application/schema+json")
