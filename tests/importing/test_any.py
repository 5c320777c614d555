"""Whatever a file says, it is taken over or refused, and no secret of it is copied."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

import tomli
from hypothesis import given, settings
from hypothesis import strategies as st

from router.core.plan import JSON
from router.errors import SettingsRefused
from router.importing import Where, imported, rendered
from router.importing.reading import read_tables

WHERE = Where(Path("/work/shop"), Path("/work/shop"))
KEYS = [
    "command",
    "args",
    "env",
    "environment",
    "cwd",
    "url",
    "serverUrl",
    "httpUrl",
    "type",
    "transport",
    "headers",
    "http_headers",
    "tools",
    "env_http_headers",
    "bearer_token_env_var",
    "env_vars",
    "auth",
    "timeout",
    "tool_timeout_sec",
    "disabled",
    "enabled",
    "includeTools",
    "excludeTools",
    "disabledTools",
    "enabled_tools",
    "settings",
    "source",
    "description",
    "name",
    "trust",
    "autoApprove",
]
PARTS = [
    "$",
    "{",
    "}",
    ":",
    ":-",
    "${A}",
    "${env:A}",
    "${input:a}",
    "${workspaceFolder}",
    "${/}",
    "$A",
    "{env:A}",
    "--",
    "=",
    "token",
    "key",
    "Bearer ",
    "http://h",
    "/sse",
    "stdio",
    "sse",
    "\ud800",
    "\x00",
    "\n",
    "é",
    "`",
    '"',
    "'",
    "\\",
    "~",
    "/",
    ".",
    "-",
    "_",
    "5",
]

texts = st.lists(st.sampled_from(PARTS), max_size=5).map("".join) | st.text(max_size=5)
values: st.SearchStrategy[JSON] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda below: st.lists(below, max_size=3) | st.dictionaries(texts, below, max_size=3),
    max_leaves=6,
)
tables = st.dictionaries(st.sampled_from(KEYS), values, max_size=5) | values
roots = st.sampled_from(["mcpServers", "servers", "context_servers", "mcp_servers", "inputs", "mcp", "other"])
files = st.dictionaries(
    roots, st.dictionaries(texts, tables, max_size=3) | st.lists(tables, max_size=3) | values, max_size=3
)


@settings(max_examples=400, deadline=None)
@given(files)
def test_any_settings_are_taken_over_or_refused(file: dict[str, JSON]) -> None:
    try:
        made = imported(json.dumps(file), "mcp.json", WHERE, {"A": "a"})
    except SettingsRefused:
        return

    text = rendered(made.servers)
    assert set(tomli.loads(text).get("mcp", {})) == {each.name for each in made.servers if not each.is_off}
    assert all(str(each) for each in made.refusals)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(["x.json", "x.yaml", "x.toml", "x"]), st.text(max_size=20) | texts)
def test_any_text_is_read_or_refused(shown: str, text: str) -> None:
    with contextlib.suppress(SettingsRefused):
        assert isinstance(read_tables(text, shown), dict)


@settings(deadline=None)
@given(
    st.sampled_from(
        ["API_KEY", "GITHUB_TOKEN", "client_secret", "DB_PASSWORD", "Authorization", "x-api-key"]
    ),
    st.sampled_from(["", "Bearer ", "Token "]),
    st.text("abcXYZ019+/=_.-", min_size=8, max_size=40).filter(lambda text: text[0] != "-"),
)
def test_no_secret_is_copied(key: str, scheme: str, secret: str) -> None:
    wanted = f"{scheme}{secret}"
    server = {"command": "x", "args": [f"--{key}", wanted, f"{key}={wanted}"], "env": {key: wanted}}
    remote = {"url": "https://h", "headers": {key: wanted}}

    made = imported(json.dumps({"mcpServers": {"s": server, "r": remote}}), "mcp.json", WHERE, {})

    assert len(made.servers) == 2
    assert secret not in "\n".join((rendered(made.servers), *made.notes, repr(made)))
