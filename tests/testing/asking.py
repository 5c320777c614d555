"""Asks a server of models over a raw connection, and reads what came back."""

from __future__ import annotations

import http.client
import json
from dataclasses import dataclass
from typing import Any

from router.testing import ModelServer
from router.testing.models import PLAN

ASKED = {"model": "some/model", "messages": [], "response_format": {"type": "json_schema"}}


@dataclass(frozen=True)
class Got:
    """A response as the wire had it."""

    status: int
    kind: str
    body: bytes
    retry_after: str | None

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def choice(self) -> Any:
        return self.json["choices"][0]

    @property
    def content(self) -> Any:
        return self.choice["message"]["content"]

    @property
    def events(self) -> list[str]:
        return [line for line in self.body.decode().split("\n\n") if line]

    @property
    def chunks(self) -> list[Any]:
        return [json.loads(each[6:]) for each in self.events if each.startswith("data: {")]

    @property
    def said(self) -> str:
        return "".join(
            each["choices"][0]["delta"].get("content") or "" for each in self.chunks if each["choices"]
        )


def ask(server: ModelServer, body: object = None, path: str = "/v1/chat/completions") -> Got:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    try:
        sent = json.dumps(ASKED if body is None else body)
        connection.request("POST", path, sent, {"Authorization": "Bearer x"})
        response = connection.getresponse()
        kind = response.headers.get_content_type()
        return Got(response.status, kind, response.read(), response.getheader("Retry-After"))
    finally:
        connection.close()


def first(variant: str, body: object = None) -> Got:
    with ModelServer(variant) as server:
        return ask(server, body)


def holds_the_plan(got: Got) -> bool:
    return got.status == 200 and got.content == json.dumps(PLAN)
