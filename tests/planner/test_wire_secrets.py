"""No token of the hub ever reaches a local address, no local key the hub, and no secret an error."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx2
import huggingface_hub
import pytest
from huggingface_hub.utils import _http

from router.core.query import Query
from router.core.settings import SMALL, ModelWay, Planning
from router.errors import ModelUnavailable
from router.planner.hub import HubWay
from router.planner.local import LocalWay
from router.planner.ways import Way
from router.ports import PlanRequest
from router.testing import ModelServer, Variant
from router.testing.model_answers import Asked, Reply
from tests.planner import worlds
from tests.planner.test_wire import HUB, HUB_KEY, QUESTION, hub_way, reroute

pytestmark = pytest.mark.anyio

LOCAL_KEY = "the-key-of-the-local-server"
STORED = "hf_the_token_that_is_stored"
NETRC = "the-password-of-netrc"
SECRETS = (HUB_KEY, STORED, NETRC)

ASKS_BOTH = """
import sys
from pathlib import Path
import anyio
from router.core.query import Query
from router.core.settings import ModelWay
from router.errors import PlannerError
from router.planner.hub import HubWay
from router.planner.local import LocalWay
from router.ports import PlanRequest
from tests.planner import worlds
from tests.planner.test_wire import QUESTION, reroute

address, hub, directory = sys.argv[1:]
reroute(int(hub))

async def ask(key, is_local_first):
    local = LocalWay(ModelWay("local", address, key), worlds.SECRETS)
    ways = [local, HubWay(ModelWay("hf", "", "env:HF_TOKEN"), worlds.SECRETS)]
    planner = worlds.planner(Path(directory), ways if is_local_first else ways[::-1])
    try:
        print((await planner.plan(PlanRequest(Query(QUESTION)))).model)
    except PlannerError as error:
        print(error.code)
    await local.models()

for key in ("", "env:LOCAL_KEY"):
    for is_local_first in (True, False):
        anyio.run(ask, key, is_local_first)
"""
"""Asks by both ways in both orders, without a key of the local server and with it.

It is a process of its own, as the hub's client reads much of the environment when it is imported.
"""


@pytest.fixture(autouse=True)
def secrets(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Have a token of the hub and a key of the local server; leave the hub's client as it was."""
    monkeypatch.setenv("HF_TOKEN", HUB_KEY)
    monkeypatch.setenv("LOCAL_KEY", LOCAL_KEY)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_DISABLE_TELEMETRY", True)
    yield
    huggingface_hub.set_async_client_factory(_http.default_async_client_factory)


def sent(server: ModelServer) -> str:
    """Return all that the server was sent."""
    return json.dumps([[each.path, dict(each.headers), each.body] for each in server.requests])


def leaked(server: ModelServer) -> list[str]:
    """Return the secrets of others that the server was sent."""
    return [each for each in SECRETS if each in sent(server)]


async def ask(directory: Path, *ways: Way, planning: Planning | None = None) -> str:
    """Ask, and return who answered or why nobody did."""
    planner = worlds.planner(directory, ways, planning=planning or Planning(retries=0))
    try:
        return (await planner.plan(PlanRequest(Query(QUESTION)))).model
    except ModelUnavailable as error:
        return str(error)


ENVIRONMENTS = {
    "HF_TOKEN": {"HF_TOKEN": HUB_KEY},
    "HF_API_KEY": {"HF_API_KEY": HUB_KEY},
    "both": {"HF_TOKEN": HUB_KEY, "HF_API_KEY": STORED},
    "an older name": {"HUGGING_FACE_HUB_TOKEN": HUB_KEY},
    "a stored token": {},
    "a stored token elsewhere": {"HF_TOKEN_PATH": "{home}/token"},
    "endpoints of the hub on this machine": {
        "HF_TOKEN": HUB_KEY,
        "HF_ENDPOINT": "{endpoint}",
        "HF_INFERENCE_ENDPOINT": "{endpoint}",
    },
    "the local server as the hub's endpoint": {
        "HF_TOKEN": HUB_KEY,
        "HF_ENDPOINT": "{local}",
        "HF_INFERENCE_ENDPOINT": "{local}",
    },
    "a proxy for all": {"HF_TOKEN": HUB_KEY, "HTTP_PROXY": "{endpoint}", "ALL_PROXY": "{endpoint}"},
    "a password for the address": {"HF_TOKEN": HUB_KEY, "NETRC": "{home}/netrc"},
}


@pytest.mark.slow
@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_no_token_of_the_hub_reaches_a_local_server_wherever_it_lies(name: str, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / "token").write_text(STORED)
    (home / "stored_tokens").write_text(f"[someone]\nhf_token = {STORED}\n")
    (home / "netrc").write_text(f"machine 127.0.0.1 login someone password {NETRC}\n")
    (home / "netrc").chmod(0o600)
    kept = {
        each: value for each, value in os.environ.items() if not each.startswith(("HF_", "HUGGING", "TS_"))
    }

    with ModelServer("unauthorized") as local, ModelServer() as hub, ModelServer() as endpoint:
        places = {"home": home, "local": local.base_url, "endpoint": f"http://127.0.0.1:{endpoint.port}"}
        given = {each: value.format(**places) for each, value in ENVIRONMENTS[name].items()}
        if "HF_ENDPOINT" not in given:  # else let the hub's client ask what it asks on its own, too
            given["HF_HUB_DISABLE_TELEMETRY"] = "1"
        own = {"HOME": str(home), "USERPROFILE": str(home), "HF_HOME": str(home), "LOCAL_KEY": LOCAL_KEY}
        done = subprocess.run(
            [sys.executable, "-c", ASKS_BOTH, local.base_url, str(hub.port), str(tmp_path)],
            cwd=Path(__file__).parents[2],
            env={**kept, **own, **given},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    assert done.returncode == 0, done.stderr
    has_token = bool({"HF_TOKEN", "HF_API_KEY"} & set(given))
    assert done.stdout.split() == [f"hf:{SMALL}" if has_token else "model-unavailable"] * 4
    ours = [each for each in local.requests if each.path in {"/v1/chat/completions", "/v1/models"}]
    of_one_key = 3 if has_token else 4  # asked in vain once or twice, and twice for its models
    own_keys = [each.headers.get("authorization") for each in ours]
    assert own_keys == [None] * of_one_key + [f"Bearer {LOCAL_KEY}"] * of_one_key
    assert leaked(local) == []
    assert LOCAL_KEY not in sent(hub)
    assert [each.headers["authorization"] for each in hub.requests] == [f"Bearer {HUB_KEY}"] * len(
        hub.requests
    )
    assert len(hub.requests) == (4 if has_token else 0)
    assert all(each.headers["host"] == HUB for each in hub.requests)
    assert leaked(endpoint) == []
    assert [each for each in endpoint.requests if each.method == "POST"] == []


@pytest.mark.parametrize("place", ["mode", "way"])
async def test_a_model_that_is_named_by_an_address_gets_no_token(place: str, tmp_path: Path) -> None:
    with ModelServer() as server:
        renamed = {SMALL: server.base_url} if place == "way" else {}
        named = {"faves": server.base_url} if place == "mode" else {}
        hub = hub_way(models=renamed)
        await ask(tmp_path, hub, planning=Planning(models=named, retries=0))

    assert leaked(server) == []


async def test_a_hub_that_sends_elsewhere_does_not_take_its_token_there(tmp_path: Path) -> None:
    with ModelServer() as local:

        def elsewhere(_asked: Asked) -> Reply:
            return Reply(307, headers={"Location": f"http://127.0.0.1:{local.port}/v1/chat/completions"})

        with ModelServer(Variant("elsewhere", (elsewhere,))) as hub:

            async def to_the_hub(request: httpx2.Request) -> None:
                if request.url.host == HUB:
                    request.url = request.url.copy_with(scheme="http", host="127.0.0.1", port=hub.port)

            huggingface_hub.set_async_client_factory(
                lambda: httpx2.AsyncClient(event_hooks={"request": [to_the_hub]}, follow_redirects=True)
            )
            await ask(tmp_path, hub_way())

    assert len(hub.requests) == 1
    assert leaked(hub) == [HUB_KEY]
    assert leaked(local) == []


async def test_a_local_server_that_sends_elsewhere_is_not_followed(tmp_path: Path) -> None:
    with ModelServer() as other:

        def elsewhere(_asked: Asked) -> Reply:
            return Reply(307, headers={"Location": f"{other.base_url}/chat/completions"})

        with ModelServer(Variant("elsewhere", (elsewhere,))) as local:
            way = LocalWay(ModelWay("local", local.base_url, "env:LOCAL_KEY"), worlds.SECRETS)
            said = await ask(tmp_path, way)

    assert "HTTP 307" in said
    assert other.requests == []


@pytest.mark.parametrize("key", ["two\nlines", "nul\0byte", "schlüssel"])
@pytest.mark.parametrize("way", ["local", "hf"])
async def test_a_key_that_cannot_be_sent_is_unavailable_and_stays_unsaid(
    way: str, key: str, tmp_path: Path
) -> None:
    (tmp_path / "key").write_text(f"hf_{key}", "utf-8")
    place = f"file:{tmp_path / 'key'}"

    with ModelServer() as server:
        reroute(server.port)
        made: Way = (
            LocalWay(ModelWay("local", server.base_url, place), worlds.SECRETS)
            if way == "local"
            else HubWay(ModelWay("hf", "", place), worlds.SECRETS)
        )
        said = await ask(tmp_path, made)

    assert server.requests == []
    assert key not in said
    assert repr(key)[1:-1] not in said
