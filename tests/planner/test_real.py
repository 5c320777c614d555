"""A real inference server, llama.cpp's own, answers over its OpenAI-compatible endpoint.

Its model is made on the spot and knows nothing, so this proves the wire and not the wit.
"""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from router.core.query import Query
from router.errors import PlannerError
from router.planner.shape import plan_schema, response_format
from router.ports import PlanRequest
from tests.packaged import UV
from tests.planner import worlds

pytestmark = [pytest.mark.slow, pytest.mark.anyio]

SCRIPT = Path(__file__).with_name("real_server.py")
PACKAGES = ("xllamacpp==2026.10.11549", "gguf==0.19.0")
MESSAGES = [{"role": "user", "content": "what changed in the last 3 commits, Zoë?"}]


@contextmanager
def running(plan: str = "") -> Iterator[str]:
    """Start the server, with a plan that its model says, give its URL and end it by closing its input."""
    packages = [part for package in PACKAGES for part in ("--with", package)]
    command = [UV, "run", "--quiet", "--no-project", "--no-config", "--isolated", "--python", sys.executable]
    child = subprocess.Popen(
        [*map(str, command), *packages, "python", str(SCRIPT), plan],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )
    with child:
        assert child.stdout
        url = child.stdout.readline().strip()
        try:
            assert url.startswith("http://127.0.0.1:"), "the server did not start"
            yield url
        finally:
            child.communicate(timeout=30)
    assert child.returncode == 0


@pytest.fixture(scope="module")
def babbling() -> Iterator[str]:
    """URL of a server whose model says letters at random."""
    with running() as url:
        yield url


@pytest.fixture(scope="module")
def planning() -> Iterator[str]:
    """URL of a server whose model says one plan, whatever it is asked."""
    with running(worlds.plan()) as url:
        yield url


def asked(url: str, **more: object) -> tuple[int, Any]:
    """Ask for a chat completion and return status and JSON."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)
    try:
        body = json.dumps({"model": "tiny", "messages": MESSAGES, **more})
        connection.request("POST", "/v1/chat/completions", body, {"Content-Type": "application/json"})
        response = connection.getresponse()
        return response.status, json.loads(response.read())
    finally:
        connection.close()


@pytest.mark.parametrize("seed", range(5))
def test_a_real_server_holds_even_a_babbler_to_the_schema(babbling: str, seed: int) -> None:
    schema = {
        "type": "object",
        "properties": {"size": {"enum": ["small", "large"]}, "done": {"type": "boolean"}},
        "required": ["size", "done"],
        "additionalProperties": False,
    }

    status, body = asked(
        babbling, max_tokens=400, temperature=1.0, seed=seed, response_format=response_format(schema)
    )

    assert status == 200
    [choice] = body["choices"]
    assert choice["message"]["role"] == "assistant"
    assert body["usage"]["prompt_tokens"] > 0
    assert 0 < body["usage"]["completion_tokens"] <= 400
    if choice["finish_reason"] == "stop":
        said = json.loads(choice["message"]["content"])
        assert said["size"] in {"small", "large"}
        assert said["done"] in {True, False}
    else:
        assert choice["finish_reason"] == "length"
        assert choice["message"]["content"].startswith("{")


def test_a_real_server_ends_a_babbler_that_has_used_its_tokens(babbling: str) -> None:
    status, body = asked(babbling, max_tokens=20, ignore_eos=True)

    assert status == 200
    assert body["choices"][0]["finish_reason"] == "length"
    assert body["usage"]["completion_tokens"] == 20


def test_a_real_server_refuses_a_schema_that_is_none(babbling: str) -> None:
    status, body = asked(babbling, response_format=response_format({"type": "nonsense"}))

    assert status == 400
    assert "schema" in body["error"]["message"]


def test_a_real_server_lets_no_plan_pass_whose_target_the_schema_does_not_have(planning: str) -> None:
    allowed = response_format(plan_schema(["mcp:git/git_log", "mcp:git/git_status"]))
    forbidden = response_format(plan_schema(["mcp:git/git_status"]))

    status, body = asked(planning, max_tokens=400, response_format=allowed)
    _, other = asked(planning, max_tokens=400, response_format=forbidden)

    assert status == 200
    assert body["choices"][0]["finish_reason"] == "stop"
    assert json.loads(body["choices"][0]["message"]["content"]) == json.loads(worlds.plan())
    assert "git_log" not in json.dumps(other)


async def test_the_planner_makes_a_plan_of_what_a_real_server_says(planning: str, tmp_path: Path) -> None:
    planner = worlds.planner(tmp_path, [worlds.local(f"{planning}/v1", timeout=60)])

    planned = await planner.plan(PlanRequest(Query("what changed in the last 3 commits")))

    [step] = planned.plan.steps
    assert str(step.use) == "mcp:git/git_log"
    assert planned.usage.requests == 1
    assert planned.usage.tokens_in > 100
    assert planned.usage.tokens_out == 2  # the model knows the whole plan as one word, and how to end
    assert not planned.usage.estimated


async def test_the_planner_makes_no_plan_of_what_a_babbler_says(babbling: str, tmp_path: Path) -> None:
    planner = worlds.planner(tmp_path, [worlds.local(f"{babbling}/v1", timeout=60)])

    with pytest.raises(PlannerError):
        await planner.plan(PlanRequest(Query("what changed in the last 3 commits")))


async def test_a_real_server_lists_its_model(babbling: str) -> None:
    assert await worlds.local(f"{babbling}/v1").models() == ("tiny",)
