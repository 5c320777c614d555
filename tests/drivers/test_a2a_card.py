"""Which address of a card is read and called, without an agent."""

from __future__ import annotations

import pytest
from a2a.types import (
    AgentCard,
    AgentInterface,
    AgentSkill,
    APIKeySecurityScheme,
    ClientCredentialsOAuthFlow,
    HTTPAuthSecurityScheme,
    MutualTlsSecurityScheme,
    OAuth2SecurityScheme,
    OAuthFlows,
    OpenIdConnectSecurityScheme,
    SecurityScheme,
)

from router.core.plan import JSON
from router.core.settings import Agent, Auth
from router.drivers import a2a_card
from router.drivers.a2a_card import (
    address_in,
    address_of,
    asked_for,
    card_address,
    interface_of,
    listed,
    offer_of,
    refusal,
)
from router.drivers.addresses import is_this_machine
from router.errors import TargetUnavailable

WELL_KNOWN = "/.well-known/agent-card.json"
AGENT = Agent("a", url="https://a.example.com")


@pytest.mark.parametrize(
    ("url", "card"),
    [
        ("https://a.example.com", f"https://a.example.com{WELL_KNOWN}"),
        ("https://a.example.com/release/", f"https://a.example.com/release{WELL_KNOWN}"),
        ("https://a.example.com/card.json", "https://a.example.com/card.json"),
        ("http://[::1]:9310/x/y/card.json?v=1", "http://[::1]:9310/x/y/card.json?v=1"),
    ],
)
def test_the_card_is_below_the_agent_or_at_its_own_address(url: str, card: str) -> None:
    assert card_address(url) == card


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
    assert interface_of(card, AGENT, "a2a:a").protocol_version == chosen


def test_an_interface_on_the_same_host_is_preferred_to_one_elsewhere() -> None:
    here = interface("0.3", "https://A.example.com:8443/rpc")
    card = AgentCard(name="a", supported_interfaces=[interface("1.0", "https://b.example.com/rpc"), here])
    assert interface_of(card, AGENT, "a2a:a") == here


def test_an_interface_may_not_fall_back_to_plain_http() -> None:
    card = AgentCard(name="a", supported_interfaces=[interface("1.0", "http://a.example.com/rpc")])
    with pytest.raises(
        TargetUnavailable, match=r"its card says to call an address that is refused: .*use https"
    ):
        interface_of(card, AGENT, "a2a:a")


def test_an_interface_without_a_binding_is_named_so() -> None:
    card = AgentCard(name="a", supported_interfaces=[interface("", binding="")])
    with pytest.raises(
        TargetUnavailable, match="its card offers an interface without a binding; this version"
    ):
        interface_of(card, AGENT, "a2a:a")


def test_a_skill_without_an_id_is_not_offered() -> None:
    card = AgentCard(name="a", skills=[AgentSkill(name="No id"), AgentSkill(id="b", name="B")])
    assert [tool.name for tool in offer_of("a", card, interface("1.0")).tools] == ["b"]


# Of several bindings

JSONRPC, REST, GRPC = "JSONRPC", "HTTP+JSON", "GRPC"


@pytest.mark.parametrize(
    ("offered", "chosen"),
    [
        ([(REST, "1.0"), (JSONRPC, "1.0")], (REST, "1.0")),
        ([(GRPC, "1.0"), (REST, "1.0")], (GRPC, "1.0")),
        ([("SOAP", "1.0"), (JSONRPC, "1.0")], (JSONRPC, "1.0")),
        ([(REST, "0.3"), (JSONRPC, "1.0"), (REST, "1.0")], (REST, "1.0")),
        ([(REST, "0.3"), (JSONRPC, "1.0")], (REST, "0.3")),
    ],
)
def test_the_first_binding_of_the_card_is_called_and_of_it_the_newest(
    offered: list[tuple[str, str]], chosen: tuple[str, str]
) -> None:
    interfaces = [interface(version, binding=binding) for binding, version in offered]
    found = interface_of(AgentCard(name="a", supported_interfaces=interfaces), AGENT, "a2a:a")
    assert (found.protocol_binding, found.protocol_version) == chosen


def test_grpc_is_called_only_where_it_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(a2a_card, "GRPC_HERE", False)
    both = [interface("1.0", binding=GRPC), interface("1.0", binding=REST)]
    found = interface_of(AgentCard(name="a", supported_interfaces=both), AGENT, "a2a:a")
    assert found.protocol_binding == REST
    with pytest.raises(TargetUnavailable) as lacking:
        interface_of(AgentCard(name="a", supported_interfaces=both[:1]), AGENT, "a2a:a")
    assert lacking.value.reason == 'its card offers GRPC 1.0; pip install "ts-router[grpc]" to call it'
    assert lacking.value.sent is False


@pytest.mark.parametrize(
    ("url", "binding", "address"),
    [
        ("a.example.com:50051", GRPC, "https://a.example.com:50051"),
        ("grpcs://a.example.com", GRPC, "https://a.example.com"),
        ("grpc://a.example.com", GRPC, "http://a.example.com"),
        ("dns://a.example.com", GRPC, "dns://a.example.com"),
        ("https://a.example.com/x", REST, "https://a.example.com/x"),
    ],
)
def test_a_grpc_address_is_as_secure_as_the_agent_unless_it_says_otherwise(
    url: str, binding: str, address: str
) -> None:
    assert address_of(interface("1.0", url, binding), AGENT) == address


@pytest.mark.parametrize(
    "agent",
    [
        Agent("a", url="https://a.example.com", auth=Auth("bearer", "env:X")),
        Agent("a", url="https://a.example.com", headers={"X-Team": "core"}),
    ],
)
def test_what_goes_to_one_origin_keeps_the_calls_there(agent: Agent) -> None:
    card = AgentCard(name="a", supported_interfaces=[interface("1.0", "https://a.example.com:8443/rpc")])
    with pytest.raises(TargetUnavailable) as elsewhere:
        interface_of(card, agent, "a2a:a")
    assert elsewhere.value.reason == (
        "its card says to call https://a.example.com:8443, and the sign-in of [a2a.a] goes to "
        "https://a.example.com:443 alone; set the agent's url to where "
        "https://a.example.com:8443 serves its card"
    )
    assert interface_of(card, AGENT, "a2a:a").url == "https://a.example.com:8443/rpc"
    here = AgentCard(name="a", supported_interfaces=[interface("1.0", "https://A.example.com:443/rpc")])
    assert interface_of(here, agent, "a2a:a").url == "https://A.example.com:443/rpc"


# What a card asks for, and lists of cards


def test_the_ways_of_signing_in_are_said_in_words() -> None:
    card = AgentCard(name="a")
    for number, scheme in enumerate(
        [
            SecurityScheme(api_key_security_scheme=APIKeySecurityScheme(location="header", name="X-Key")),
            SecurityScheme(http_auth_security_scheme=HTTPAuthSecurityScheme(scheme="Bearer")),
            SecurityScheme(http_auth_security_scheme=HTTPAuthSecurityScheme(scheme="Bearer")),
            SecurityScheme(
                oauth2_security_scheme=OAuth2SecurityScheme(
                    flows=OAuthFlows(client_credentials=ClientCredentialsOAuthFlow())
                )
            ),
            SecurityScheme(oauth2_security_scheme=OAuth2SecurityScheme()),
            SecurityScheme(open_id_connect_security_scheme=OpenIdConnectSecurityScheme()),
            SecurityScheme(mtls_security_scheme=MutualTlsSecurityScheme()),
            SecurityScheme(),
        ]
    ):
        card.security_schemes[str(number)].CopyFrom(scheme)
    asked = asked_for(card).split(", ")
    assert sorted(asked) == [
        "HTTP Bearer",
        "OAuth 2.0 (client credentials)",
        "OAuth 2.0 (no known flow)",
        "OpenID Connect",
        "a certificate",
        "a key in the header X-Key",
        "a way that this version does not know",
    ]
    assert asked_for(AgentCard()) == ""


@pytest.mark.parametrize(
    ("document", "found"),
    [
        ([{"name": "A", "url": "https://a"}, 7, {"url": "x"}], {"A": "https://a"}),
        (
            {"agents": [{"name": "A", "supportedInterfaces": [{"url": "https://a/rpc"}]}]},
            {"A": "https://a/rpc"},
        ),
        ([{"name": "A", "supportedInterfaces": [7]}, {"name": "B", "url": 7}], {"A": "", "B": ""}),
        ({"name": "A"}, {}),
        ([], {}),
        ({"agents": "none"}, {}),
        (None, {}),
    ],
)
def test_a_list_of_cards_is_known(document: JSON, found: dict[str, str]) -> None:
    assert {name: address_in(card) for name, card in listed(document).items()} == found
