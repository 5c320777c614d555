"""Cuts what a result hands on to the length that the settings allow, and says so in its place."""

from __future__ import annotations

import json
from dataclasses import replace

from router.core.outcome import Content, Result, Text


def cut(result: Result, most: int, peer: str) -> Result:
    """Return the result with at most so many characters of text, or all of them for 0.

    Structured content is not cut, since half of it means something else: where it is longer, it is left out.
    `peer` is the target as the settings name it, such as `mcp.git`.
    """
    if not most:
        return result
    told = 0 if result.structured is None else len(json.dumps(result.structured, ensure_ascii=False))
    left, lost = most, 0
    content: list[Content] = []
    for each in result.content:
        if isinstance(each, Text):
            kept = each.text[:left]
            left, lost = left - len(kept), lost + len(each.text) - len(kept)
            if not kept and each.text:
                continue
            content.append(replace(each, text=kept))
        else:
            content.append(each)
    notes = []
    if lost:
        notes.append(f"{lost:,} characters are cut off")
    if told > most:
        notes.append(f"structured content of {told:,} characters is left out")
    if not notes:
        return result
    note = Text(f"[{' and '.join(notes)}: output of [{peer}] is {most:,}]")
    structured = None if told > most else result.structured
    return replace(result, content=(*content, note), structured=structured, wire=None)
