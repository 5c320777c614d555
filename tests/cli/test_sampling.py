"""A server of others has a model write text, where the settings allow it, on the budget."""

from __future__ import annotations

import pytest

from router.drivers.mcp_content import prompted_of
from router.ports import Prompted
from router.testing import ModelServer
from tests import servers
from tests.command import Shell

RULES = """
[write]
owner = "@a"
say = "write about {topic:rest}"
use = "mcp:everything/trigger-sampling-request"
args = { prompt = "{{ topic }}", maxTokens = 50 }
"""


def project(shell: Shell, base_url: str, allowed: str) -> Shell:
    server = servers.everything()
    shell.write({
        "ts.toml": f'[mcp.everything]\ncommand = "{server.command}"\nargs = {list(server.args)}\n{allowed}\n'
        f'[planner.local]\nbase_url = "{base_url}"\n',
        "rules/team/write.toml": RULES,
    })  # fmt: skip
    return shell


@pytest.mark.slow
def test_a_model_writes_for_a_server_that_may_ask(shell: Shell) -> None:
    with ModelServer(plan={"poem": "steam"}) as model:
        done = project(shell, model.base_url, "sampling = true").ts("q", "write about tea", "--stream")
        asked = [each.body for each in model.requests if each.method == "POST"]
        spent = shell.ts("budget", "--json").json

    assert (done.code, '{\\"poem\\": \\"steam\\"}' in done.out) == (0, True), done
    assert "it has a model write text" in done.err
    assert asked[0]["max_tokens"] == 50
    assert "tea" in asked[0]["messages"][-1]["content"]
    assert "text for mcp:everything" in str(spent)


@pytest.mark.slow
def test_a_server_that_may_not_ask_is_not_offered_it(shell: Shell) -> None:
    with ModelServer() as model:
        done = project(shell, model.base_url, "").ts("q", "write about tea")
        assert model.requests == []

    assert done.code == 1
    assert "mcp:everything/trigger-sampling-request" in done.err


@pytest.mark.slow
def test_a_model_that_does_not_answer_is_told_to_the_server(shell: Shell) -> None:
    with ModelServer("unauthorized") as model:
        done = project(shell, model.base_url, "sampling = true").ts("q", "write about tea")

    assert done.code == 1
    assert "refuses the key" in done.err


def test_sampling_without_a_model_is_refused_with_the_place(shell: Shell) -> None:
    shell.write({"ts.toml": '[mcp.a]\ncommand = "x"\nsampling = true\n'})

    done = shell.ts("rules", "check")

    assert (done.code, "ts.toml:3:12: no model is set up that could write: see [planner]" in done.err) == (
        2,
        True,
    )


@pytest.mark.parametrize("content", [{"type": "image"}, [{"type": "text", "text": "a"}, {"type": "audio"}]])
def test_a_model_is_shown_text_alone(content: object) -> None:
    with pytest.raises(ValueError, match="is shown text alone, and no"):
        prompted_of("mcp:a", {"messages": [{"role": "user", "content": content}]})


def test_a_model_that_writes_gets_no_tools() -> None:
    with pytest.raises(ValueError, match="gets no tools"):
        prompted_of("mcp:a", {"messages": [], "tools": [{"name": "x"}]})


def test_who_speaks_and_what_the_server_allows_is_kept() -> None:
    wire = {
        "messages": [{"role": "assistant", "content": [{"type": "text", "text": "a"}]}],
        "systemPrompt": "Be brief.",
        "maxTokens": 7,
    }
    assert prompted_of("mcp:a", wire) == Prompted("mcp:a", (("assistant", "a"),), "Be brief.", 7)
