"""Which address of a card is read and called, without an agent."""

from __future__ import annotations

import pytest
from a2a.types import AgentCard, AgentInterface, AgentSkill

from router.drivers.a2a_card import card_address, interface_of, is_this_machine, offer_of, refusal
from router.errors import TargetUnavailable

WELL_KNOWN = "/.well-known/agent-card.json"


@pytest.mark.parametrize(
    ("url", "above", "path"),
    [
        ("https://a.example.com", "https://a.example.com", WELL_KNOWN),
        ("https://a.example.com/release/", "https://a.example.com/release", WELL_KNOWN),
        ("https://a.example.com/card.json", "https://a.example.com", "card.json"),
        ("http://[::1]:9310/x/y/card.json?v=1", "http://[::1]:9310/x/y", "card.json?v=1"),
    ],
)
def test_the_card_is_below_the_agent_or_at_its_own_address(url: str, above: str, path: str) -> None:
    assert card_address(url) == (above, path)


@pytest.mark.parametrize("host", ["localhost", "a.localhost", "127.0.0.1", "127.8.8.8", "::1", "::"])
def test_this_machine_is_known_by_its_names(host: str) -> None:
    assert is_this_machine(host)


@pytest.mark.parametrize("host", ["", "localhost.example.com", "10.0.0.1", "192.168.0.2", "agents.internal"])
def test_another_machine_is_another_machine(host: str) -> None:
    assert not is_this_machine(host)


@pytest.mark.parametrize(
    "url",
    [
        "https://a.example.com",
        "http://localhost:1/x",
        "http://[::1]:1",
        "https://a.example.com/card.json?v=1",
    ],
)
def test_an_address_that_may_be_called_is_not_refused(url: str) -> None:
    assert refusal(url) == ""


def interface(
    version: str, url: str = "https://a.example.com/rpc", binding: str = "JSONRPC"
) -> AgentInterface:
    return AgentInterface(url=url, protocol_binding=binding, protocol_version=version)


@pytest.mark.parametrize(
    ("versions", "chosen"),
    [
        (["0.3.0", "1.0"], "1.0"),
        (["2.0", "0.3"], "0.3"),
        (["1.1", "1.0"], "1.1"),
        (["0.2", "v1.0.1"], "v1.0.1"),
        (["", "0.3"], ""),
    ],
)
def test_1_x_is_called_before_0_3(versions: list[str], chosen: str) -> None:
    card = AgentCard(name="a", supported_interfaces=[interface(each) for each in versions])
    assert interface_of(card, "https://a.example.com", "a2a:a").protocol_version == chosen


def test_an_interface_on_the_same_host_is_preferred_to_one_elsewhere() -> None:
    here = interface("0.3", "https://A.example.com:8443/rpc")
    card = AgentCard(name="a", supported_interfaces=[interface("1.0", "https://b.example.com/rpc"), here])
    assert interface_of(card, "https://a.example.com", "a2a:a") == here


def test_an_interface_may_not_fall_back_to_plain_http() -> None:
    card = AgentCard(name="a", supported_interfaces=[interface("1.0", "http://a.example.com/rpc")])
    with pytest.raises(
        TargetUnavailable, match=r"its card says to call an address that is refused: .*use https"
    ):
        interface_of(card, "https://a.example.com", "a2a:a")


def test_an_interface_without_a_binding_is_named_so() -> None:
    card = AgentCard(name="a", supported_interfaces=[interface("", binding="")])
    with pytest.raises(
        TargetUnavailable, match="its card offers an interface without a binding; this version"
    ):
        interface_of(card, "https://a.example.com", "a2a:a")


def test_a_skill_without_an_id_is_not_offered() -> None:
    card = AgentCard(name="a", skills=[AgentSkill(name="No id"), AgentSkill(id="b", name="B")])
    assert [tool.name for tool in offer_of("a", card, interface("1.0")).tools] == ["b"]
