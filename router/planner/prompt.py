"""What a model is asked, rendered from a template; it asks nobody."""

from __future__ import annotations

import json
import re
from importlib import resources
from typing import Final

from router.core.book import Rulebook
from router.core.canonical import digest
from router.core.plan import JSON
from router.core.query import Query
from router.core.template import Templates
from router.planner.showing import Entry, Shown

TEMPLATE = "planner.md.j2"
"""Of the project, below `prompts/`, or the one that comes along."""
LONGEST_ANSWER: Final = 32_000
"""Characters of an answer that the model is shown again: each is paid for once more."""
_CONTROL: Final = re.compile(r"<(?=\|\w+\|>)")


def template(book: Rulebook) -> str:
    """Return the text of the template: the project's own, or the one that comes along."""
    own: str | None = book.templates.prompts.get(TEMPLATE)
    return own if own is not None else resources.files(__package__).joinpath(TEMPLATE).read_text("utf-8")


def messages(
    book: Rulebook, query: Query, shown: Shown, schema: dict[str, JSON], *, tie: bool, steps: int
) -> list[dict[str, str]]:
    """Return the messages of a chat: what to do and with what, and the question by itself.

    Raises BindingFailed where the project's template cannot be rendered.
    """
    tools = [_told(each) for each in shown.entries if each.target.scheme == "mcp"]
    agents = [_told(each) for each in shown.entries if each.target.scheme == "a2a"]
    peers = ((name, _harmless(about)) for name, about in shown.peers.items())
    values: dict[str, JSON] = {
        "schema": json.dumps(schema, ensure_ascii=False),
        "tools": tools,
        "agents": agents,
        "servers": {name: about for name, about in peers if name.startswith("mcp:")},
        "shown": len(shown.entries),
        "known": shown.known,
        "tie": tie,
        "steps": steps,
        "query": query.text,
        "modes": ", ".join(sorted(query.modes)),
        "words": ", ".join(sorted(query.words)),
        "facts": dict(sorted(query.facts.items())),
        "cwd": query.cwd,
        "repository": query.repository,
        "attached": ", ".join(sorted(f"{each.name} ({each.media_type})" for each in query.attached)),
    }
    values["fence"] = f"-----data {digest(json.dumps([tools, agents, values['servers']]))}-----"
    name = TEMPLATE if TEMPLATE in book.templates.prompts else ""
    templates = book.templates if name else Templates({TEMPLATE: template(book)})
    system = templates.text(TEMPLATE, values, f"prompts/{TEMPLATE}")
    return [{"role": "system", "content": system}, {"role": "user", "content": query.text}]


def repair(answer: str, faults: tuple[str, ...]) -> list[dict[str, str]]:
    """Return the messages that follow an answer which cannot be carried out."""
    listed = "\n".join(f"- {each}" for each in faults)
    wrong = (
        f"This plan cannot be carried out:\n{listed}\nAnswer with the corrected JSON object and nothing else."
    )
    return [
        {"role": "assistant", "content": _harmless(answer[:LONGEST_ANSWER])},
        {"role": "user", "content": wrong},
    ]


def _told(entry: Entry) -> dict[str, JSON]:
    return {
        "use": str(entry.target),
        "description": _harmless(entry.description),
        "schema": _harmless(json.dumps(entry.input_schema, ensure_ascii=False)),
    }


def _harmless(foreign: str) -> str:
    """Return a text without marks such as `<|end|>`: some servers obey them wherever they stand."""
    return _CONTROL.sub("< ", foreign)
