"""What the ways to a model have in common: what they are asked, what they answer, and how they fail."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

import anyio.to_thread

from router.core.plan import JSON
from router.core.settings import ModelWay
from router.errors import ModelUnavailable, SecretMissing
from router.planner.extract import folded
from router.ports import Secrets
from router.retry_after import seconds_of

LARGEST_BYTES: Final = 4_000_000
"""Of an answer; a larger one is refused."""
HUB_PREFIX: Final = "hf_"
"""Every token of the hub, by which one is told that strayed."""
HUB: Final = "hf"
"""What the settings call the hub, whose tokens go to no other way."""
HUB_PLACE: Final = "env:HF_TOKEN"
OTHER_PLACE: Final = "env:HF_API_KEY"
"""Read where `env:HF_TOKEN` is wanted and not set."""
FIRST_WAIT_SECONDS: Final = 0.5
"""Before the second request to a way that does not say when; twice as long before each further one."""
TEMPERATURE: Final = 0.0
FORMAT_STATUSES: Final = frozenset({400, 422})
"""With which servers refuse what they do not know, such as a schema or an effort."""


@dataclass(frozen=True, slots=True)
class Ask:
    """One request to a model."""

    model: str
    messages: tuple[dict[str, str], ...]
    effort: str
    """`low`, `medium` or `high`; empty leaves it to the server."""
    response_format: Mapping[str, JSON] | None
    """None where the server does not know any."""
    most_tokens: int


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back: a chat completion, or a refusal of the request's form."""

    body: JSON
    refused: bool = False
    """Whether the server refused the form of the request."""
    provider: str = ""
    """Of the hub's inference providers; empty where unknown."""


class Way(Protocol):
    """One way to a model."""

    @property
    def settings(self) -> ModelWay:
        """What the settings say of it."""
        ...

    async def ask(self, ask: Ask) -> Reply:
        """Send one request. Raises ModelUnavailable."""
        ...

    async def models(self) -> tuple[str, ...]:
        """Return the models that answer there, as far as the server says. Raises ModelUnavailable."""
        ...


def body_of(ask: Ask) -> dict[str, Any]:
    """Return the body of a chat completion, the model aside; half a character, which no wire takes, is ?."""
    body: dict[str, Any] = {
        "messages": list(ask.messages),
        "max_tokens": ask.most_tokens,
        "temperature": TEMPERATURE,
    }
    if ask.response_format is not None:
        body["response_format"] = dict(ask.response_format)
    if ask.effort:
        body["reasoning_effort"] = ask.effort
    sendable: dict[str, Any] = json.loads(json.dumps(body, ensure_ascii=False).encode(errors="replace"))
    return sendable


def reply(name: str, status: int, headers: Mapping[str, str], content: bytes) -> Reply:
    """Return what a server answered. Raises ModelUnavailable, `name` being who was asked."""
    text = content.decode(errors="replace")
    provider = headers.get("x-inference-provider", "")
    if status in FORMAT_STATUSES:
        return Reply(_json(text), refused=True, provider=provider)
    if not 200 <= status < 300:
        again = seconds_of(headers.get("retry-after", ""))
        raise ModelUnavailable(_reason(status, text), name, status, again)
    if text.lstrip().startswith(("data:", ":", "event:")):
        body: JSON = folded(text)
    else:
        body = _json(text)
    if not isinstance(body, dict):
        raise ModelUnavailable("the answer is not JSON", name, status)
    if error := body.get("error"):
        raise ModelUnavailable(f"answers with an error: {said(error)}", name, status)
    if not body.get("choices") and "data" not in body:
        raise ModelUnavailable("sends no choices", name, status, FIRST_WAIT_SECONDS)
    return Reply(body, provider=str(body.get("provider") or provider))


def places(settings: ModelWay) -> tuple[str, ...]:
    """Return where the token of a way may be, in the order in which it is looked for."""
    either = settings.name == HUB and settings.token == HUB_PLACE
    return (settings.token, OTHER_PLACE) if either else (settings.token,)


async def secret(secrets: Secrets, settings: ModelWay, name: str) -> str:
    """Return the token of a way, without blanks around it.

    Raises ModelUnavailable, `name` being who was to be asked, where it is missing, or where what lies there
    cannot be sent; it is never repeated.
    """
    found = await anyio.to_thread.run_sync(_found, secrets, settings, name, abandon_on_cancel=True)
    if not (found.isascii() and found.isprintable()) or " " in found:
        reason = f"what lies at {settings.token} is no key: it holds blanks or odd characters"
        raise ModelUnavailable(reason, name)
    return found


def _found(secrets: Secrets, settings: ModelWay, name: str) -> str:
    """Return what lies at the first of the places that has it; of several the first is told as missing."""
    missing = []
    for place in places(settings):
        try:
            found = secrets.value(place, name).strip()
        except SecretMissing as error:
            missing.append(error)
        else:
            if found:
                return found
            missing.append(SecretMissing(place, "is empty"))
    raise ModelUnavailable(f"there is no token at {missing[0]}", name)


def timed_out(settings: ModelWay, name: str) -> ModelUnavailable:
    """Return the error for a way that did not answer in time, however little it sent meanwhile."""
    return ModelUnavailable(f"does not answer within {settings.timeout_seconds:g} s", name, sent=True)


def _json(text: str) -> JSON:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _reason(status: int, text: str) -> str:
    known = {
        401: "refuses the key",
        402: "wants to be paid",
        403: "refuses the key",
        404: "knows no such address or model",
        429: "is asked too often",
    }
    told = said((_json(text) or {}) if text.lstrip().startswith("{") else "")
    return f"{known.get(status, 'fails')} (HTTP {status})" + (f": {told}" if told else "")


def said(error: JSON) -> str:
    """Return the words of an error on one line, shortened, without what would move a terminal's cursor."""
    while isinstance(error, dict):
        error = error.get("message") or error.get("error") or ""
    line = " ".join(str(error or "").split())[:200]
    return "".join(each if each.isprintable() else "?" for each in line)
