"""What is on the wire: schema, effort, model, repairs; and who is asked where one cannot answer."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import anyio
import huggingface_hub
import pytest
from huggingface_hub.utils import _http

from router.core.query import Query
from router.core.settings import LARGE, SMALL, Planning
from router.errors import ModelUnavailable
from router.planner.shape import plan_schema, response_format
from router.planner.ways import Way
from router.ports import PlanRequest
from router.testing import ModelServer
from tests.planner import worlds
from tests.planner.test_wire import HUB_KEY, QUESTION, TARGETS, WAYS, bodies, hub_way, reroute, way_to

pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
def hub_client(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Have a token of the hub, let its client ask nothing of its own, and leave it as it was."""
    monkeypatch.setenv("HF_TOKEN", HUB_KEY)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_DISABLE_TELEMETRY", True)
    yield
    huggingface_hub.set_async_client_factory(_http.default_async_client_factory)


@contextmanager
def trickling() -> Iterator[int]:
    """Serve a stream of comments that ends with the client or the test, and give the port."""
    ended = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.end_headers()
            try:
                while not ended.wait(0.02):
                    self.wfile.write(b": keep-alive\n\n")
            except ConnectionError:
                return

        def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server.server_port
        finally:
            ended.set()
            server.shutdown()
            thread.join()


@pytest.mark.parametrize("way", WAYS)
async def test_the_whole_schema_and_the_effort_are_on_the_wire(way: str, tmp_path: Path) -> None:
    with ModelServer() as server:
        await worlds.planner(tmp_path, [way_to(server, way)]).plan(PlanRequest(Query(QUESTION)))

    [request] = server.requests
    [body] = bodies(server)
    assert (request.method, request.path) == ("POST", "/v1/chat/completions")
    assert body["response_format"] == response_format(plan_schema(TARGETS))
    assert body["response_format"]["json_schema"]["strict"] is True
    assert body["reasoning_effort"] == "low"
    assert body["max_tokens"] >= 4_096
    assert body["temperature"] <= 0.2
    assert body["model"] == SMALL
    assert not body.get("stream")
    assert '"additionalProperties": false' in body["messages"][0]["content"]
    assert body["messages"][1] == {"role": "user", "content": QUESTION}


@pytest.mark.parametrize("way", WAYS)
async def test_the_mode_chooses_model_and_effort_on_the_wire(way: str, tmp_path: Path) -> None:
    request = PlanRequest(Query(QUESTION, modes=frozenset({"essential"})))

    with ModelServer() as server:
        await worlds.planner(tmp_path, [way_to(server, way)]).plan(request)

    [body] = bodies(server)
    assert (body["model"], body["reasoning_effort"]) == (LARGE, "medium")


@pytest.mark.parametrize("way", WAYS)
async def test_the_name_of_a_pinned_provider_goes_along_unchanged(way: str, tmp_path: Path) -> None:
    pinned = Planning(models={"faves": f"{SMALL}:groq"}, retries=0)

    with ModelServer() as server:
        planner = worlds.planner(tmp_path, [way_to(server, way)], planning=pinned)
        planned = await planner.plan(PlanRequest(Query(QUESTION)))

    assert bodies(server)[0]["model"] == f"{SMALL}:groq"
    assert planned.model == f"{way}:{SMALL}:groq"


@pytest.mark.parametrize("way", WAYS)
async def test_a_repair_shows_the_answer_and_what_is_wrong_with_it(way: str, tmp_path: Path) -> None:
    with ModelServer("wrong_tool_then_good") as server:
        await worlds.planner(tmp_path, [way_to(server, way)]).plan(PlanRequest(Query(QUESTION)))

    first, second = bodies(server)
    assert second["messages"][:2] == first["messages"]
    assert "mcp:nowhere/no_such_tool" in second["messages"][2]["content"]
    assert "is not one of the targets listed" in second["messages"][3]["content"]
    assert second["response_format"] == first["response_format"]


@pytest.mark.parametrize("order", [WAYS, WAYS[::-1]])
@pytest.mark.parametrize("name", ["unauthorized", "rate_limited_for_an_hour", "html_with_200", "slow"])
async def test_who_cannot_answer_is_followed_by_the_other(
    order: tuple[str, str], name: str, tmp_path: Path
) -> None:
    with ModelServer(name) as bad, ModelServer() as good:
        ways = [way_to(bad, order[0], 0.2 if name == "slow" else 10.0), way_to(good, order[1])]
        planned = await worlds.planner(tmp_path, ways).plan(PlanRequest(Query(QUESTION)))

    assert planned.model == f"{order[1]}:{SMALL}"
    assert planned.usage.requests == 2
    assert (len(bad.requests), len(good.requests)) == (1, 1)


@pytest.mark.parametrize("way", WAYS)
async def test_a_server_that_has_gone_is_unavailable(way: str, tmp_path: Path) -> None:
    with ModelServer() as server:
        gone = way_to(server, way)
    ask: Callable[[PlanRequest], Any] = worlds.planner(tmp_path, [gone]).plan

    with pytest.raises(ModelUnavailable, match="cannot be reached"):
        await ask(PlanRequest(Query(QUESTION)))


@pytest.mark.parametrize("way", WAYS)
async def test_a_server_that_trickles_is_given_no_more_time_than_one_that_is_silent(
    way: str, tmp_path: Path
) -> None:
    with trickling() as port:
        reroute(port)
        made: Way = (
            worlds.local(f"http://127.0.0.1:{port}/v1", timeout=0.2) if way == "local" else hub_way(0.2)
        )
        with anyio.fail_after(3), pytest.raises(ModelUnavailable, match=r"within 0\.2 s"):
            await worlds.planner(tmp_path, [made]).plan(PlanRequest(Query(QUESTION)))


async def test_a_hub_that_its_own_settings_forbid_is_followed_by_the_local_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)

    with ModelServer() as hub, ModelServer() as local:
        ways = [way_to(hub, "hf"), way_to(local, "local")]
        planned = await worlds.planner(tmp_path, ways).plan(PlanRequest(Query(QUESTION)))

    assert planned.model == f"local:{SMALL}"
    assert hub.requests == []
