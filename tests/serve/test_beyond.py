"""Resources and prompts as a client sees them, and whose each of them is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.core.plan import Target
from router.core.settings import Server, Settings, ToolFilter
from router.drivers.mcp_beyond import tools_beyond
from router.ports import Argument, Offer, Prompt, Resource
from router.serve.beyond import Beyond, beyond

GREET = Prompt("greet", "Greets.", (Argument("whom", "Who it is.", is_required=True),))
INDEX = Resource("docs://index", "index", "All of it.", "text/plain")
PAGE = Resource("docs://{name}/page", "page", is_template=True)
DEEP = Resource("files:///{+path}", "file", is_template=True)
RENAMED = ToolFilter(rename={"resources/read": "look"})
SETTINGS = Settings(
    servers={
        "docs": Server("docs", command="docs"),
        "my-wiki": Server("my-wiki", command="wiki", tools=RENAMED),
        "shut": Server("shut", command="shut", tools=ToolFilter(allow=())),
    }
)


def offer(name: str, *resources: Resource, prompts: tuple[Prompt, ...] = ()) -> Offer:
    tools = tools_beyond(resources, prompts, SETTINGS.servers[name].tools)
    return Offer("mcp", name, tuple(tool for _, tool in tools.values()), resources=resources, prompts=prompts)


def seen(*offers: Offer, but: str = "") -> Beyond:
    return beyond(offers, SETTINGS, lambda target: not but or but not in str(target))


def test_they_are_listed_as_their_servers_say_them() -> None:
    found = seen(offer("docs", INDEX, PAGE, prompts=(GREET,)))

    assert found.resources == (
        {"uri": "docs://index", "name": "index", "description": "All of it.", "mimeType": "text/plain"},
    )
    assert found.templates == ({"uriTemplate": "docs://{name}/page", "name": "page"},)
    assert found.prompts == (
        {
            "name": "docs_greet",
            "description": "Greets.",
            "arguments": [{"name": "whom", "description": "Who it is.", "required": True}],
        },
    )


def test_who_has_an_address_reads_it_under_the_name_that_the_settings_give() -> None:
    found = seen(offer("docs", INDEX, PAGE), offer("my-wiki", INDEX, DEEP))

    assert len(found.resources) == 1
    assert found.reader("docs://index") == Target("mcp", "docs", "resources/read")
    assert found.reader("docs://a/page") == Target("mcp", "docs", "resources/read")
    assert found.reader("files:///a/b.txt") == Target("mcp", "my-wiki", "look")
    for uri in ("docs://a/b/page", "docs://a/pages", "other://x"):
        with pytest.raises(LookupError, match=f"there is no resource {uri}"):
            found.reader(uri)


def test_prompts_of_one_name_are_told_apart() -> None:
    found = seen(offer("docs", prompts=(GREET,)), offer("my-wiki", prompts=(GREET,)))

    assert [each["name"] for each in found.prompts] == ["docs_greet", "my_wiki_greet"]
    assert found.getter("my_wiki_greet") == (Target("mcp", "my-wiki", "prompts/get"), "greet")
    with pytest.raises(LookupError, match='there is no prompt "greet"'):
        found.getter("greet")


def test_what_the_settings_or_the_client_may_not_call_is_not_there() -> None:
    assert seen(offer("shut", INDEX, prompts=(GREET,))) == Beyond()
    assert seen(offer("docs", INDEX, prompts=(GREET,)), but="read").resources == ()
    assert seen(offer("docs", INDEX, prompts=(GREET,)), but="prompts").prompts == ()


def test_the_tools_that_stand_for_them_are_named() -> None:
    assert {str(each) for each in seen(offer("my-wiki", INDEX)).stand_ins} == {
        "mcp:my-wiki/look",
        "mcp:my-wiki/resources/list",
    }


@given(st.text("ab/{}?#.*(\\+", max_size=12), st.text("ab/", max_size=6))
def test_any_template_can_be_looked_for(template: str, uri: str) -> None:
    found = seen(offer("docs", Resource(template, "any", is_template=True)))

    try:
        assert found.reader(uri).name == "docs"
    except LookupError:
        assert uri != template
