"""Offers that tests pin, and strategies for any."""

from __future__ import annotations

from typing import Final

from hypothesis import strategies as st

from router.core.plan import JSON
from router.ports import Offer, Tool

SCHEMA: Final[JSON] = {
    "type": "object",
    "properties": {"path": {"type": "string", "description": "Where."}, "deep": {"enum": [1, None]}},
    "required": ["path"],
}
ADD: Final = Tool(
    "add",
    "Add files.\nAll of them.",
    SCHEMA,
    {"type": "object", "properties": {"n": {"type": "integer"}}},
    read_only=False,
    idempotent=True,
    destructive=False,
)
LOG: Final = Tool("log", "Show the log.", {"type": "object"}, read_only=True)
GIT: Final = Offer("mcp", "git", (ADD, LOG), "Git", "Tools for git.", "1.2", "2025-06-18")
WRITER: Final = Offer("a2a", "writer", (Tool("draft", "Draft a text."),), "Writer", digest="ab" * 32)

any_text = st.text(st.characters(), max_size=30) | st.sampled_from(
    [
        "",
        '"""',
        "'''",
        " \n ",
        "\r\n",
        "\\u0041\\",
        'a"\n"',
        "\x7f\x00\x1b[31m",
        "\u200b\n\U000e0069",
        "\ud800",
        "#\t",
    ]
)
any_json: st.SearchStrategy[JSON] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | any_text,
    lambda below: st.lists(below, max_size=3) | st.dictionaries(any_text, below, max_size=3),
    max_leaves=8,
)
said = st.none() | st.booleans()
any_tool = st.builds(
    Tool,
    any_text,
    any_text,
    any_json,
    any_json,
    read_only=said,
    idempotent=said,
    destructive=said,
)
any_offer = st.builds(
    Offer,
    st.sampled_from(["mcp", "a2a"]),
    st.text("abc.- _\"'", min_size=1, max_size=5),
    st.lists(any_tool, max_size=3).map(tuple),
    description=any_text,
    digest=st.sampled_from(["", "0123abcd"]),
)
