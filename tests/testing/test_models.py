"""The server of models records what it is asked, and leaves nothing behind."""

from __future__ import annotations

import http.client
import json
import socket
import threading

import pytest

from router.testing import ModelServer, Variant
from router.testing.model_answers import MODEL, Asked, Reply, good
from tests.testing.asking import ASKED, ask


def test_a_slow_server_says_nothing_until_it_is_closed() -> None:
    failed = threading.Event()

    def wait(server: ModelServer) -> None:
        with pytest.raises((OSError, http.client.HTTPException)):
            ask(server)
        failed.set()

    with ModelServer("slow") as server:
        client = threading.Thread(target=wait, args=(server,))
        client.start()
        while not server.requests:
            threading.Event().wait(0.005)
        assert not failed.is_set()
    client.join(10)

    assert failed.is_set()


def test_requests_are_recorded_whole_and_only_completions_are_answered_so() -> None:
    with ModelServer("garbage_always") as server:
        ask(server, path="/other/chat/completions")
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
        connection.request("GET", "/v1/models")
        listed = json.loads(connection.getresponse().read())
        connection.close()
        missing = ask(server, path="/v1/embeddings")
        empty = ask(server, {})

    assert listed["data"] == [{"id": MODEL, "object": "model"}]
    assert missing.status == 404
    assert empty.json["model"] == MODEL
    assert [(each.method, each.path) for each in server.requests] == [
        ("POST", "/other/chat/completions"),
        ("GET", "/v1/models"),
        ("POST", "/v1/embeddings"),
        ("POST", "/v1/chat/completions"),
    ]
    assert server.requests[0].headers["authorization"] == "Bearer x"
    assert [each.body for each in server.requests] == [ASKED, None, ASKED, {}]


def test_another_plan_can_be_planned_and_another_variant_be_made() -> None:
    plan = {"steps": [{"id": "a", "use": "a2a:writer", "args": "{}", "message": "schön", "needs": []}]}
    seen: list[Asked] = []

    def note(asked: Asked) -> Reply:
        seen.append(asked)
        return good(asked)

    with ModelServer(Variant("own", (note,)), plan) as server:
        assert json.loads(ask(server).content) == plan
    assert seen[0].plan == plan


def test_a_spoiled_plan_may_be_none_at_all() -> None:
    with ModelServer("wrong_tool_always", {"steps": None}) as server:
        assert json.loads(ask(server).content) == {"steps": []}


def test_what_fails_in_an_answer_of_ones_own_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    def fail(_asked: Asked) -> Reply:
        raise LookupError("no answer")

    with ModelServer(Variant("own", (fail,))) as server, pytest.raises(http.client.RemoteDisconnected):
        ask(server)

    assert "LookupError: no answer" in capsys.readouterr().err


def test_a_client_that_goes_away_early_is_no_trouble(capsys: pytest.CaptureFixture[str]) -> None:
    with ModelServer("huge_body") as server:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
        connection.request("POST", "/v1/chat/completions", "{}")
        connection.getresponse().read(10)
        connection.close()

    assert capsys.readouterr().err == ""


def test_closing_ends_threads_and_kept_connections_and_frees_the_port() -> None:
    before = set(threading.enumerate())
    with ModelServer() as server:
        kept = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
        for _ in range(2):
            kept.request("POST", "/v1/chat/completions", "{}")
            assert kept.getresponse().read()
    with socket.socket() as again, pytest.raises(ConnectionRefusedError):
        again.connect(("127.0.0.1", server.port))
    kept.close()

    assert set(threading.enumerate()) == before
