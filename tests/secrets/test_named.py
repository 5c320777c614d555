"""Every secret that the settings name is known, each once."""

from __future__ import annotations

from pathlib import Path

from router.secrets import named
from tests import projects

SETTINGS = """
[mcp.far]
url = "https://far.example.com/mcp"
auth = { type = "bearer" }
headers = { A = "Token ${keyring:far}", B = "${env:A}-${sops:x.yaml#a.b}", C = "plain" }

[mcp.near]
command = "near"
args = ["--key", "${file:key}"]
env = { TOKEN = "${age:s.age#token}", AGAIN = "${env:A}" }

[a2a.one]
url = "https://one.example.com"
auth = { type = "header", name = "X-Key", value = "age:s.age#one" }

[a2a.two]
url = "https://two.example.com"
auth = { type = "oauth2", client_id = "t", issuer = "https://id.example.com", client_secret = "env:A" }

[a2a.three]
url = "https://three.example.com"
auth = { type = "oauth2", client_id = "t", issuer = "https://i.invalid", client_secret = "sops:s.yaml#three" }
"""


def test_secrets_of_sign_ins_headers_arguments_and_variables_are_named_once(tmp_path: Path) -> None:
    settings = projects.settings(tmp_path, SETTINGS)

    assert named(settings) == (
        "keyring:far", "env:A", "sops:x.yaml#a.b", "file:key", "age:s.age#token", "age:s.age#one",
        "sops:s.yaml#three",
    )  # fmt: skip


def test_settings_without_secrets_name_none(tmp_path: Path) -> None:
    assert named(projects.settings(tmp_path, projects.SETTINGS)) == ()
