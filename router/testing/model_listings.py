"""What the Hugging Face hub lists of a model: who serves it at which price, and what they call it there."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from urllib.parse import unquote, urlsplit

PRICES: Mapping[str, tuple[float, float]] = MappingProxyType({
    "groq": (0.1, 0.5),
    "fireworks-ai": (0.07, 0.3),
    "together": (0.05, 0.2),
})  # fmt: skip
"""US dollars for a million tokens of a prompt and of an answer, by provider as the hub spells it."""
SERVED = "/v1/models/"
MAPPED = "/api/models/"


def listing(path: str) -> dict[str, object] | None:
    """Return what the hub answers to a GET of that path; None where it has nothing there."""
    plain = unquote(urlsplit(path).path)
    if plain.startswith(SERVED) and plain != SERVED:
        return {"object": "list", "data": _served(plain.removeprefix(SERVED))}
    if plain.startswith(MAPPED) and plain != MAPPED:
        return _mapped(plain.removeprefix(MAPPED))
    return None


def _served(model: str) -> dict[str, object]:
    providers = [
        {
            "provider": provider,
            "status": "live",
            "context_length": 131_072,
            "pricing": {"input": taken, "output": given},
            "supports_tools": True,
            "supports_structured_output": True,
        }
        for provider, (taken, given) in PRICES.items()
    ]
    unpriced = {"provider": "hf-inference", "status": "live"}
    return {"id": model, "object": "model", "providers": [*providers, unpriced]}


def _mapped(model: str) -> dict[str, object]:
    served = {
        provider: {"status": "live", "providerId": model, "task": "conversational"} for provider in PRICES
    }
    return {"_id": "1", "id": model, "modelId": model, "inferenceProviderMapping": served}
