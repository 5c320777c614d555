"""The revision: what changes it, and what does not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from router.core.compile import compile
from router.core.settings import Agent, Server, Settings, ToolFilter
from router.core.source import RuleText, Sources, StepText
from tests.core.making import SETTINGS

BASE = Sources(
    rules=(
        RuleText(
            file="rules/team/t.toml",
            layer="team",
            topic="t",
            name="r",
            line=1,
            all=(("x",),),
            steps=(StepText(id="1", use="a2a:release", path=("use",)),),
        ),
        RuleText(
            file="rules/team/t.toml",
            layer="team",
            topic="t",
            name="s",
            line=5,
            all=(("s",),),
            steps=(StepText(id="1", use="mcp:ledger/get", path=("use",)),),
        ),
    ),
    words={"w": ("a", "b")},
    shapes={"s": "a+"},
    prompts={"p.j2": "hi"},
)


def with_rule(**changed: object) -> Sources:
    return replace(BASE, rules=(replace(BASE.rules[0], **changed), *BASE.rules[1:]))  # type: ignore[arg-type]


def with_step(**changed: object) -> Sources:
    return with_rule(steps=(replace(BASE.rules[0].steps[0], **changed),))  # type: ignore[arg-type]


def with_server(**changed: object) -> Settings:
    ledger = replace(SETTINGS.servers["ledger"], **changed)  # type: ignore[arg-type]
    return replace(SETTINGS, servers={**SETTINGS.servers, "ledger": ledger})


def with_agent(**changed: object) -> Settings:
    release = replace(SETTINGS.agents["release"], **changed)  # type: ignore[arg-type]
    return replace(SETTINGS, agents={"release": release})


BEARING: dict[str, tuple[Sources, Settings]] = {
    **{
        f"rule {name}": (with_rule(**{name: value}), SETTINGS)
        for name, value in {
            "layer": "guard",
            "topic": "u",
            "name": "q",
            "adds": True,
            "answer": "{{ result }}",
            "say": ("x",),
            "all": (("x", "y"),),
            "any": (("x",),),
            "none": (("x",),),
            "looks": ("s",),
            "modes": ("useful",),
            "facts": {"a": "b"},
            "attached": ("image/*",),
            "stage": "shadow",
            "beats": ("t.s",),
            "was": ("o.r",),
            "owner": "@a",
            "why": "because",
            "until": "2027-01-01",
            "yes": ("x",),
            "no": ("x",),
        }.items()
    },
    "rule share": (with_rule(stage="canary", share=10), SETTINGS),
    "other share": (with_rule(stage="canary", share=11), SETTINGS),
    **{
        f"step {name}": (with_step(**{name: value}), SETTINGS)
        for name, value in {"id": "2", "use": "mcp:ledger/get", "args": {"a": 1}, "ask": "hi"}.items()
    },
    "no second rule": (replace(BASE, rules=BASE.rules[:1]), SETTINGS),
    "word": (replace(BASE, words={"w": ("a", "c")}), SETTINGS),
    "list": (replace(BASE, words={"v": ("a", "b")}), SETTINGS),
    "shape": (replace(BASE, shapes={"s": "b+"}), SETTINGS),
    "prompt": (replace(BASE, prompts={"p.j2": "ho"}), SETTINGS),
    "prompt name": (replace(BASE, prompts={"q.j2": "hi"}), SETTINGS),
    "layers": (BASE, replace(SETTINGS, layers=("team", "guard", "learned"))),
    "ambiguous": (BASE, replace(SETTINGS, ambiguous="error")),
    "language": (BASE, replace(SETTINGS, language="none")),
    "other language": (BASE, replace(SETTINGS, language="german")),
    **{
        f"server {name}": (BASE, with_server(**{name: value}))
        for name, value in {"modes": ("useful",), "tags": ("x",), "description": "x"}.items()
    },
    "server tools": (BASE, with_server(tools=ToolFilter(deny=("x",)))),
    "more servers": (BASE, replace(SETTINGS, servers={**SETTINGS.servers, "x": Server("x")})),
    **{
        f"agent {name}": (BASE, with_agent(**{name: value}))
        for name, value in {"modes": ("useful",), "tags": ("x",), "description": "x"}.items()
    },
    "more agents": (BASE, replace(SETTINGS, agents={**SETTINGS.agents, "x": Agent("x")})),
}


def test_everything_that_bears_on_decisions_changes_the_revision() -> None:
    revisions = {name: compile(*pair).revision for name, pair in BEARING.items()}
    revisions["as it was"] = compile(BASE, SETTINGS).revision
    by_revision: dict[str, list[str]] = {}
    for name, revision in revisions.items():
        by_revision.setdefault(revision, []).append(name)
    assert [names for names in by_revision.values() if len(names) > 1] == []


@pytest.mark.parametrize(
    ("made", "settings"),
    [
        (with_rule(line=7), SETTINGS),
        (with_step(path=("use", 0)), SETTINGS),
        (replace(BASE, rules=BASE.rules[::-1]), SETTINGS),
        (BASE, with_server(command="other", timeout_seconds=1.0, retries=5, env={"A": "b"})),
        (BASE, replace(SETTINGS, servers=dict(reversed(list(SETTINGS.servers.items()))))),
        (BASE, replace(SETTINGS, fallback=())),
    ],
)
def test_what_does_not_bear_on_decisions_leaves_the_revision(made: Sources, settings: Settings) -> None:
    assert compile(made, settings).revision == compile(BASE, SETTINGS).revision
