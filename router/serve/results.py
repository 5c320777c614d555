"""Results and errors as MCP's `tools/call` answers them."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Final

from router.core.outcome import Blob, Content, Link, Outcome, Result, Text
from router.core.plan import JSON
from router.errors import RouterError

ERROR: Final = "ts-router/error"
Wire = dict[str, JSON]
"""A result of `tools/call`, as JSON."""


def wire_of(result: Result) -> Wire:
    """Return a result; one that came over MCP and was not touched goes on as it came, `_meta` included."""
    if result.wire is not None and "content" in result.wire:
        return unchanged(result.wire)
    made: Wire = {"content": [_block(each) for each in result.content]}
    if isinstance(result.structured, dict):
        made["structuredContent"] = result.structured
    elif result.structured is not None:
        made["content"] += [_text(json.dumps(result.structured, ensure_ascii=False))]
    if result.state == "waiting":
        made["content"] += [_text(_waiting(result.task))]
    return made


def unchanged(wire: Mapping[str, JSON]) -> Wire:
    """Return what a server sent, without what each way in says itself."""
    return {key: value for key, value in wire.items() if key != "resultType"}


def failed(error: RouterError) -> Wire:
    """Return an error as a result that a model can read; its code and fields are in `_meta`."""
    return {"content": [_text(str(error))], "_meta": {ERROR: error.to_dict()}, "isError": True}


def said(text: str, structured: JSON, *, is_error: bool = False) -> Wire:
    """Return a text with what it is made of."""
    made: Wire = {"content": [_text(text)], "structuredContent": structured}
    return {**made, "isError": True} if is_error else made


def outcome_of(outcome: Outcome, told: JSON) -> Wire:
    """Return what came of a question: its answer, the pieces that are no text, and the whole as JSON."""
    made = said(outcome.answer, told, is_error=outcome.state == "failed")
    pieces = (each for step in outcome.steps for each in step.result.content)
    made["content"] += [_block(each) for each in pieces if not isinstance(each, Text)]
    return made


def _waiting(task: str) -> str:
    after = f"; answer it with: ts q --task {task} TEXT" if task else ""
    return f"[the other side waits for an answer{after}]"


def _text(text: str) -> JSON:
    return {"type": "text", "text": text}


def _block(content: Content) -> JSON:
    match content:
        case Text(text=text):
            return _text(text)
        case Link(uri=uri, name=name, media_type=media_type):
            link: dict[str, JSON] = {"type": "resource_link", "uri": uri, "name": name or uri}
            return {**link, "mimeType": media_type} if media_type else link
        case Blob(data=data, media_type=media_type, name=name):
            coded = base64.b64encode(data).decode()
            kind = media_type.partition("/")[0]
            if kind in ("image", "audio"):
                return {"type": kind, "data": coded, "mimeType": media_type}
            held = {"uri": f"attachment:{name or 'file'}", "mimeType": media_type, "blob": coded}
            return {"type": "resource", "resource": held}
