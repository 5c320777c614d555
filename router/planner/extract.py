"""Finds the JSON object in what a model's server sends, whatever it is wrapped in; it judges no plan."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from router.core.plan import JSON

LONGEST_TEXT: Final = 200_000
"""Characters of an answer that are looked at."""
DEEPEST: Final = 40
"""Braces and brackets that may stand inside each other before anything is parsed."""

_CHANNEL: Final = re.compile(r"<\|channel\|>\s*(\w+)[^<]*(?:<\|constrain\|>[^<]*)?<\|message\|>")
_REASONING: Final = "analysis"
"""The channel in which a model thinks aloud."""
_MARKER: Final = re.compile(r"<\|[a-z_]+\|>")
_STRIPPED: Final = re.compile(r"assistant\s*final\s*(?:json\s*)?(?=[{`])", re.IGNORECASE)
_LINE_END: Final = re.compile(r"\r\n|\r|\n")
"""Of server-sent events, which know no others: a text may hold those that Python splits at too."""
_THOUGHT: Final = re.compile(r"<(think|thinking|analysis)>.*?(</\1>|\Z)", re.DOTALL | re.IGNORECASE)
_DECODER: Final = json.JSONDecoder()


@dataclass(frozen=True, slots=True)
class Answer:
    """What a model answered."""

    found: JSON = None
    """The object; None where there is none."""
    text: str = ""
    """As it was sent, for the model to see again."""
    said: str = ""
    """The text without what a model's server wraps it in."""
    fault: str = ""
    """Why there is no object; empty where there is one."""
    cut: bool = False
    """Whether the answer ended for want of tokens, or said nothing at all: more tokens may help."""


def answer(body: JSON) -> Answer:
    """Return what a chat completion holds. Never raises."""
    choice = _first_choice(body)
    if choice is None:
        return Answer(fault="the server sent no choices", cut=True)
    message = choice.get("message")
    message = message if isinstance(message, Mapping) else {}
    ended = choice.get("finish_reason") == "length"
    sent = (text[:LONGEST_TEXT] for text in _texts(message))
    texts = [(text, said) for text in sent if (said := _unwrapped(text)).strip()]
    if not texts:
        return Answer(fault="the answer is empty", cut=True)
    faults: list[str] = []
    for text, said in texts:
        found, fault = _object(said)
        if found is not None:
            return Answer(found, text, said.strip())
        faults.append(fault)
    fault = "the answer was cut off before its end" if ended else faults[0]
    text, said = texts[0]
    return Answer(text=text, said=said.strip(), fault=fault, cut=ended)


def salvaged(body: JSON) -> Answer | None:
    """Return the answer that a server refused to hand out as invalid JSON but shows in its error, or None."""
    error = body.get("error") if isinstance(body, Mapping) else None
    text = error.get("failed_generation") if isinstance(error, Mapping) else None
    if not isinstance(text, str):
        return None
    text = text[:LONGEST_TEXT]
    found, fault = _object(_unwrapped(text))
    return Answer(found, text) if found is not None else Answer(text=text, fault=fault)


def folded(text: str) -> dict[str, Any]:
    """Return one chat completion made of a streamed one; what was cut ends for want of `length`.

    A damaged chunk ends it, since without that chunk the rest would say something else.
    """
    content: list[str] = []
    called: list[str] = []
    ended: str | None = None
    whole: dict[str, Any] = {}
    for line in _LINE_END.split(text):
        if not line.startswith("data:") or (raw := line[5:].strip()) == "[DONE]":
            continue
        try:
            chunk = json.loads(raw)
        except (ValueError, RecursionError):
            chunk = None
        if not isinstance(chunk, Mapping):
            ended = None
            break
        whole |= {key: chunk[key] for key in ("usage", "error", "provider") if chunk.get(key)}
        choice = _first_choice(chunk) or {}
        delta = choice.get("delta")
        delta = delta if isinstance(delta, Mapping) else {}
        content += _strings(delta.get("content"))
        called += _arguments(delta)
        ended = choice.get("finish_reason") or ended
    told = "".join(content) or "".join(called)
    if not told and "error" in whole:
        return whole
    choice = {"message": {"content": told}, "finish_reason": ended or "length"}
    return {**whole, "choices": [choice]}


def _first_choice(body: JSON) -> Mapping[str, JSON] | None:
    choices = body.get("choices") if isinstance(body, Mapping) else None
    first = choices[0] if isinstance(choices, list) and choices else None
    return first if isinstance(first, Mapping) else None


def _texts(message: Mapping[str, JSON]) -> Iterator[str]:
    """Yield what may hold the object: the content, and arguments of tools that were called in its place."""
    yield "".join(_strings(message.get("content")))
    yield from _arguments(message)


def _strings(content: JSON) -> list[str]:
    """Return the texts of a content that is a string or a list of parts."""
    if isinstance(content, str):
        return [content]
    parts = content if isinstance(content, list) else []
    texts = (each.get("text") if isinstance(each, Mapping) else each for each in parts)
    return [text for text in texts if isinstance(text, str)]


def _arguments(message: Mapping[str, JSON]) -> list[str]:
    calls = message.get("tool_calls")
    functions = [
        call.get("function")
        for call in (calls if isinstance(calls, list) else [])
        if isinstance(call, Mapping)
    ]
    given = [each.get("arguments") for each in functions if isinstance(each, Mapping)]
    return [each if isinstance(each, str) else json.dumps(each) for each in given if each]


def _object(text: str) -> tuple[JSON, str]:
    """Return the one JSON object of a text, or None and why."""
    found: dict[str, JSON] = {}
    place = text.find("{")
    while place >= 0:
        if _depth(text, place) > DEEPEST:
            return None, f"the answer nests deeper than {DEEPEST} levels"
        try:
            value, end = _DECODER.raw_decode(text, place)
        except (ValueError, RecursionError):
            end = place + 1
        else:
            found[json.dumps(value, sort_keys=True)] = value
        place = text.find("{", end)
    plans = [each for each in found.values() if isinstance(each, dict) and "steps" in each]
    if len(plans) == 1:
        return plans[0], ""
    if len(plans) > 1:
        return None, f"the answer holds {len(plans)} plans; one is wanted"
    return None, "the answer holds JSON without steps" if found else "the answer holds no JSON object"


def _unwrapped(text: str) -> str:
    """Return a text without reasoning and markers of the model's own format."""
    channels = list(_CHANNEL.finditer(text))
    said = [each for each in channels if each[1] != _REASONING]
    if said:
        text = text[said[-1].end() :].partition("<|channel|>")[0]
    elif channels:  # it thought, and never came to its answer: a draft is none
        text = text[: channels[0].start()]
    elif stripped := list(_STRIPPED.finditer(text)):
        text = text[stripped[-1].end() :]
    return _MARKER.sub(" ", _THOUGHT.sub(" ", text))


def _depth(text: str, start: int) -> int:
    """Return how deep braces and brackets stand inside each other, strings aside, up to one too many."""
    depth = deepest = 0
    inside = escaped = False
    for each in text[start:]:
        if inside:
            inside = escaped or each != '"'
            escaped = each == "\\" and not escaped
        elif each == '"':
            inside = True
        elif each in "{[":
            depth += 1
            deepest = max(deepest, depth)
            if deepest > DEEPEST:
                break
        elif each in "}]":
            depth -= 1
            if depth <= 0:
                break
    return deepest
