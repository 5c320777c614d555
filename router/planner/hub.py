"""The way to the models of the Hugging Face hub's inference providers, by the hub's own client."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any, Final

import anyio
import httpx
import httpx2
from huggingface_hub import AsyncInferenceClient, constants
from huggingface_hub.errors import HfHubHTTPError, InferenceTimeoutError, OfflineModeIsEnabled

from router.core.settings import ModelWay
from router.errors import ModelUnavailable
from router.planner.ways import FIRST_WAIT_SECONDS, HUB_PREFIX, Ask, Reply, body_of, reply, secret, timed_out
from router.ports import Secrets

_BROKEN_OFF: Final = (httpx2.ReadError, httpx2.WriteError, httpx2.RemoteProtocolError)
LISTING_SECONDS: Final = 2.0
"""That an answer waits for the prices at the most."""

Pricing = Callable[[str, httpx.AsyncClient], Awaitable[bool]]
"""Learns the prices of a model by an HTTP client, unless that was done today; it raises nothing."""


class HubWay:
    """A `router.planner.ways.Way`."""

    def __init__(self, settings: ModelWay, secrets: Secrets, price: Pricing | None = None) -> None:
        """Take the place of the token, who finds it, and who learns the price of a model meanwhile."""
        self.settings = settings
        self._secrets = secrets
        self._price = price

    async def ask(self, ask: Ask) -> Reply:
        """See `router.planner.ways.Way`."""
        if self._price is None:
            return await self._answered(ask)
        failures: list[ModelUnavailable] = []
        replies: list[Reply] = []
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._learn, self._price, ask.model)
            try:
                replies.append(await self._answered(ask))
            except ModelUnavailable as error:
                failures.append(error)  # raised after the group, which would wrap it
            tasks.cancel_scope.deadline = anyio.current_time() + LISTING_SECONDS
        if failures:
            raise failures[0]
        return replies[0]

    async def _learn(self, price: Pricing, model: str) -> None:
        """Ask the hub what a model costs, without the token; what fails is silent."""
        async with httpx.AsyncClient(timeout=LISTING_SECONDS) as client:
            await price(model, client)

    async def _answered(self, ask: Ask) -> Reply:
        name = f"{self.settings.name}:{ask.model}"
        body = body_of(ask)
        extra = {"reasoning_effort": body.pop("reasoning_effort")} if "reasoning_effort" in body else {}
        model = self.settings.models.get(ask.model, ask.model)
        if "://" in model:  # the client would take it for an address, and send it the token
            raise ModelUnavailable(f'"{model}" is an address and no model; use planner.local for it', name)
        constants.HF_HUB_DISABLE_TELEMETRY = True  # else it asks the hub what started it, and we wait
        token = await self._token(name)
        timeout = self.settings.timeout_seconds
        try:
            with anyio.fail_after(timeout):
                async with AsyncInferenceClient(provider="auto", api_key=token, timeout=timeout) as client:
                    answered = await client.chat_completion(model=model, extra_body=extra, **body)
        except (InferenceTimeoutError, TimeoutError) as error:
            raise timed_out(self.settings, name) from error
        except OfflineModeIsEnabled as error:
            raise ModelUnavailable("the hub's own settings forbid it: HF_HUB_OFFLINE is set", name) from error
        except HfHubHTTPError as error:
            answer = error.response
            return reply(name, answer.status_code, answer.headers, answer.content)
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            raise ModelUnavailable(f"the answer is no chat completion: {error}", name, 200) from error
        except httpx2.HTTPError as error:
            reason = f"cannot be reached: {str(error) or type(error).__name__}"
            broke_off = isinstance(error, _BROKEN_OFF)
            again = FIRST_WAIT_SECONDS if broke_off else None
            raise ModelUnavailable(reason, name, retry_after_seconds=again, sent=broke_off) from error
        told: dict[str, Any] = json.loads(json.dumps(answered))
        return reply(name, 200, {}, json.dumps(told).encode())

    async def models(self) -> tuple[str, ...]:
        """See `router.planner.ways.Way`; the hub lists hundreds, so only the token is looked for."""
        await self._token(self.settings.name)
        return ()

    async def _token(self, name: str) -> str:
        if not self.settings.token:
            raise ModelUnavailable("there is no token at planner.hf.token", name)
        found = await secret(self._secrets, self.settings, name)
        if not found.startswith(HUB_PREFIX):
            reason = f"what lies at {self.settings.token} is no token of the hub: those begin with hf_"
            raise ModelUnavailable(reason, name)
        return found
