"""The way to a server that speaks as OpenAI's does; it never sees the token of the Hugging Face hub."""

from __future__ import annotations

from typing import Any, Final

import anyio
import httpx

from router.core.settings import ModelWay
from router.errors import ModelUnavailable
from router.planner.ways import (
    FIRST_WAIT_SECONDS,
    HUB_PREFIX,
    LARGEST_BYTES,
    Ask,
    Reply,
    body_of,
    reply,
    secret,
    timed_out,
)
from router.ports import Secrets

_BROKEN_OFF: Final = (httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError)


class LocalWay:
    """A `router.planner.ways.Way`."""

    def __init__(self, settings: ModelWay, secrets: Secrets) -> None:
        """Take the address, the place of the key, and who finds it there."""
        self.settings = settings
        self._secrets = secrets

    async def ask(self, ask: Ask) -> Reply:
        """See `router.planner.ways.Way`."""
        model = self.settings.models.get(ask.model, ask.model)
        body = {"model": model, **body_of(ask)}
        status, headers, content = await self._sent("POST", "/chat/completions", body)
        return reply(self._name(ask.model), status, headers, content)

    async def models(self) -> tuple[str, ...]:
        """See `router.planner.ways.Way`."""
        status, headers, content = await self._sent("GET", "/models", None)
        listed = reply(self._name(""), status, headers, content).body
        data = listed.get("data") if isinstance(listed, dict) else None
        names = [each.get("id") for each in data if isinstance(each, dict)] if isinstance(data, list) else []
        return tuple(name for name in names if isinstance(name, str))

    async def _sent(
        self, method: str, path: str, body: dict[str, Any] | None
    ) -> tuple[int, httpx.Headers, bytes]:
        """Send one request and return status, headers and content. Raises ModelUnavailable."""
        key = await secret(self._secrets, self.settings, self._name("")) if self.settings.token else ""
        if key.startswith(HUB_PREFIX):
            raise ModelUnavailable(
                f"{self.settings.token} is the hub's token, which goes to the hub alone", self._name("")
            )
        headers = {"authorization": f"Bearer {key}"} if key else {}
        timeout = self.settings.timeout_seconds
        content = bytearray()
        try:
            # no proxy, no netrc: what the environment holds for others does not go to a local address
            with anyio.fail_after(timeout):
                async with (
                    httpx.AsyncClient(trust_env=False, timeout=timeout) as client,
                    client.stream(
                        method, self.settings.base_url + path, json=body, headers=headers
                    ) as answer,
                ):
                    async for part in answer.aiter_bytes():
                        content += part
                        if len(content) > LARGEST_BYTES:
                            reason = f"answers with more than {LARGEST_BYTES:,} bytes"
                            raise ModelUnavailable(reason, self._name(""), sent=True)
                    return answer.status_code, answer.headers, bytes(content)
        except (httpx.TimeoutException, TimeoutError) as error:
            raise timed_out(self.settings, self._name("")) from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            reason = f"cannot be reached at {self.settings.base_url}: {str(error) or type(error).__name__}"
            broke_off = isinstance(error, _BROKEN_OFF)
            again = FIRST_WAIT_SECONDS if broke_off else None
            raise ModelUnavailable(
                reason, self._name(""), retry_after_seconds=again, sent=broke_off
            ) from error

    def _name(self, model: str) -> str:
        return f"{self.settings.name}:{model}" if model else self.settings.name
