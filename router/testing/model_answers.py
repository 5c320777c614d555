"""What OpenAI-compatible servers send, byte for byte: one function for each way to put a plan into words."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from router.core.plan import JSON

TOKENS_IN = 812
"""What every answer with a usage says of its prompt."""
TOKENS_OUT = 96
"""What every answer with a usage says of itself."""
MODEL = "openai/gpt-oss-20b"
"""What an answer names where the request named no model."""
THOUGHT = 'The user wants commits — perhaps {"steps": []}? No: one step will do.'
"""What the model thinks: with an object of its own, which is not the answer, and a letter of three bytes."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What an answer is made of."""

    text: str
    """The plan as JSON, as a good model writes it."""
    body: Mapping[str, JSON]
    """What the client sent."""

    @property
    def plan(self) -> dict[str, JSON]:
        """The plan, to be spoiled."""
        found: dict[str, JSON] = json.loads(self.text)
        return found

    @property
    def model(self) -> str:
        """The model that was asked for."""
        return str(self.body.get("model", MODEL))


@dataclass(frozen=True, slots=True)
class Reply:
    """One HTTP response, or what comes in its place."""

    status: int = 200
    content_type: str = "application/json"
    pieces: tuple[bytes, ...] = ()
    """The body. Of an event stream each is a chunk of its own."""
    headers: Mapping[str, str] = field(default_factory=dict)
    ending: str = "whole"
    """`whole`; `cut`, closed before the body is all there; `reset`; or `silent` until the server closes."""


Answer: TypeAlias = Callable[[Asked], Reply]
"""Makes the reply to one request."""


def dumped(value: object) -> bytes:
    """Return JSON as servers write it, letters beyond ASCII as themselves."""
    return json.dumps(value, ensure_ascii=False).encode()


def usage(tokens_out: int = TOKENS_OUT) -> dict[str, JSON]:
    """Return the count of tokens."""
    return {
        "prompt_tokens": TOKENS_IN,
        "completion_tokens": tokens_out,
        "total_tokens": TOKENS_IN + tokens_out,
    }


def completion(asked: Asked, message: Mapping[str, object], finish: str = "stop") -> dict[str, object]:
    """Return a whole `chat.completion` around a message."""
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1_760_000_000,
        "model": asked.model,
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", **message},
                "logprobs": None,
                "finish_reason": finish,
            }
        ],
        "usage": usage(),
    }


def saying(message: Callable[[Asked], Mapping[str, object]], finish: str = "stop") -> Answer:
    """Answer with the message that is made of what was asked."""
    return lambda asked: Reply(pieces=(dumped(completion(asked, message(asked), finish)),))


def content(make: Callable[[str], object], finish: str = "stop") -> Answer:
    """Answer with a content that is made of the plan's JSON."""
    return saying(lambda asked: {"content": make(asked.text)}, finish)


good = content(lambda text: text)
"""The plan, and nothing else."""


def with_usage(counted: JSON, *, sent: bool = True) -> Answer:
    """Answer well, but with this usage, or with none."""

    def answer(asked: Asked) -> Reply:
        whole = completion(asked, {"content": asked.text})
        del whole["usage"]
        return Reply(pieces=(dumped({**whole, "usage": counted} if sent else whole),))

    return answer


def spoiled(spoil: Callable[[dict[str, JSON]], object]) -> Answer:
    """Answer with a plan that is well-formed and wrong."""
    return saying(lambda asked: {"content": json.dumps(spoil(asked.plan))})


def calling_tools(asked: Asked) -> Mapping[str, object]:
    """Return a message that calls a tool with the plan, in place of saying it."""
    called = {"name": "plan", "arguments": asked.text}
    return {"content": None, "tool_calls": [{"id": "call_1", "type": "function", "function": called}]}


def error(status: int, body: object, headers: Mapping[str, str] | None = None) -> Answer:
    """Answer with a status and JSON."""
    return lambda _asked: Reply(status, pieces=(dumped(body),), headers=dict(headers or {}))


def page(status: int, title: str) -> Answer:
    """Answer as a gateway in front of the model does, in HTML."""
    html = f"<html><head><title>{title}</title></head><body><center><h1>{title}</h1></center></body></html>\n"
    return lambda _asked: Reply(status, "text/html; charset=utf-8", (html.encode(),))


def json_failed(make: Callable[[str], str]) -> Answer:
    """Answer that what the model wrote is not JSON, and show it."""
    return lambda asked: Reply(
        400,
        pieces=(
            dumped(
                {
                    "error": {
                        "message": "Failed to validate JSON. Please adjust your prompt. "
                        "See 'failed_generation' for more details.",
                        "type": "invalid_request_error",
                        "code": "json_validate_failed",
                        "failed_generation": make(asked.text),
                    }
                }
            ),
        ),
    )


def refusing(key: str, refusal: Answer, otherwise: Answer = good) -> Answer:
    """Refuse every request that has the key, and answer the others, well if nothing else is said."""
    return lambda asked: refusal(asked) if key in asked.body else otherwise(asked)


def event(data: object) -> bytes:
    """Return one server-sent event."""
    return b"data: " + dumped(data) + b"\n\n"


def delta(asked: Asked, said: Mapping[str, object], finish: str | None = None) -> bytes:
    """Return one chunk of a streamed answer as an event."""
    choices = [{"index": 0, "delta": said, "finish_reason": finish}]
    return event(
        {"id": "chatcmpl-1", "object": "chat.completion.chunk", "model": asked.model, "choices": choices}
    )


def opening(asked: Asked) -> bytes:
    """Return how a stream begins: a comment, a chunk with the role alone, and thoughts."""
    role = delta(asked, {"role": "assistant", "content": None})
    return b": PROCESSING\n\n" + role + delta(asked, {"reasoning": THOUGHT}) + b": keep-alive\n\n"


def spoken(asked: Asked, until: int | None = None) -> bytes:
    """Return the plan in deltas of a few characters, or its first characters."""
    text = asked.text[:until]
    return b"".join(delta(asked, {"content": text[place : place + 9]}) for place in range(0, len(text), 9))


def streamed(make: Callable[[Asked], bytes], ending: str = "whole") -> Answer:
    """Answer with events, though nobody asked for a stream, torn where a network tears them: anywhere."""

    def answer(asked: Asked) -> Reply:
        sent = make(asked)
        pieces = tuple(sent[place : place + 97] for place in range(0, len(sent), 97))
        return Reply(200, "text/event-stream; charset=utf-8", pieces, ending=ending)

    return answer


def ended(asked: Asked) -> bytes:
    """Return a stream that says that it stopped, without the mark of its end."""
    return opening(asked) + spoken(asked) + delta(asked, {}, "stop")


def counted(asked: Asked) -> bytes:
    """Return a stream with a chunk of usage, which has no choices, and the mark of its end."""
    tail = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "model": asked.model, "choices": []}
    return ended(asked) + event({**tail, "usage": usage()}) + b"data: [DONE]\n\n"
