"""Sign-in, certificates and headers in the settings: what goes together, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from router.errors import SettingsRefused
from tests.projects import settings as load

FAR = '[mcp.far]\nurl = "https://h/mcp"\n'
NEAR = '[mcp.near]\ncommand = "x"\n'
AGENT = '[a2a.a]\nurl = "https://h"\n'


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (FAR + 'auth = { type = "bearer", value = "env:X" }', '"value" is not for type "bearer"'),
        (FAR + 'auth = { type = "header", value = "env:X" }', 'type "header" needs name'),
        (FAR + 'auth = { type = "oauth2", issuer = "https://i" }', 'type "oauth2" needs client_id'),
        (FAR + 'auth = { type = "oauth2", client_id = "t", token_url = "https://i" }', "needs issuer"),
        (AGENT + 'auth = { type = "oauth2", client_id = "t" }', 'type "oauth2" needs token_url or issuer'),
        (AGENT + 'auth = { type = "login" }', 'type "login" is for MCP servers alone'),
        (FAR + 'auth = { type = "none" }', "type"),
        (FAR + 'auth = { type = "bearer", token = "s3cret" }', "never be the secret itself"),
        (FAR + 'tls = { key = "k.pem" }', "a key needs the cert that it belongs to"),
        (FAR + 'headers = { X = "keyring:x" }', 'a secret within headers is written "${keyring:x}"'),
        (NEAR + 'env = { X = "env:Y" }', 'a secret within env is written "${env:Y}"'),
        (NEAR + 'auth = { type = "bearer" }', "what it needs goes into env"),
        (NEAR + "connect = 3", '"connect" is for servers with a url'),
        (NEAR + 'headers = { X = "y" }', '"headers" is for servers with a url'),
    ],
)  # fmt: skip
def test_what_does_not_go_together_is_refused(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(SettingsRefused) as caught:
        load(tmp_path, text)

    assert told in str(caught.value)
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        FAR + 'auth = { type = "bearer" }',
        FAR + 'auth = { type = "login", issuer = "https://i", client_id = "t", scope = "a" }',
        AGENT + 'auth = { type = "oauth2", client_id = "t", token_url = "https://i/token" }',
        NEAR + 'env = { X = "${keyring:x}", PLACE = "file:a.db", PROXY = "https://h" }',
    ],
)
def test_what_goes_together_is_taken(tmp_path: Path, text: str) -> None:
    assert load(tmp_path, text).layers
