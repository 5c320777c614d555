"""Cards of A2A agents that say more to those who signed in, that are signed, and that stand in lists."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from router.core.plan import Target
from router.core.settings import Agent, Auth
from router.drivers.a2a import A2aDriver
from router.drivers.a2a_reading import digest_of, parsed
from router.errors import ProtocolBroken, SignInFailed
from router.ports import Call, Offer
from tests.drivers.guarding import Guarded, Kept, guarding, offered

pytestmark = pytest.mark.anyio

SIGNED_IN = {"auth": Auth("bearer", "env:RELEASE")}
SECRETS = Kept({"env:RELEASE": "s3cret"})


@pytest.fixture(scope="module")
def process() -> Iterator[Guarded]:
    with guarding() as started:
        yield started


@pytest.fixture
def guarded(process: Guarded) -> Guarded:
    process.behave()
    return process


# The card for those who signed in


@pytest.mark.parametrize("name", ["more", "more-rest", "more-grpc", "more-signed"])
async def test_who_signed_in_is_told_more(guarded: Guarded, name: str) -> None:
    before = await offered(guarded.agent(name))
    after = await offered(guarded.agent(name, **SIGNED_IN), SECRETS)
    assert [tool.name for tool in before.tools] == ["draft"]
    assert [tool.name for tool in after.tools] == ["draft", "secret"]
    assert before.digest != after.digest


async def test_a_card_that_promises_more_in_vain_stays_as_it_is(guarded: Guarded) -> None:
    offer = await offered(guarded.agent("more-none", **SIGNED_IN), SECRETS)
    assert [tool.name for tool in offer.tools] == ["draft"]


async def test_a_card_that_is_not_for_us_is_an_error(guarded: Guarded) -> None:
    guarded.behave(wants={"authorization": "Bearer other"})
    with pytest.raises(SignInFailed, match="it refuses the sign-in"):
        await offered(guarded.agent("more", **SIGNED_IN), SECRETS)


# Signatures


@pytest.mark.parametrize(
    "name",
    ["signed", "signed-elsewhere", "signed-by-nobody", "signed-unknown", "signed-shared", "signed-oddly"],
)
async def test_a_signature_verifies_or_cannot_be_checked(guarded: Guarded, name: str) -> None:
    assert (await offered(guarded.agent(name))).title == f"The {name} agent"
    keyed = [each for each in guarded.arrived() if each["path"] == "/keys.json"]
    assert len(keyed) == (0 if name in ("signed-elsewhere", "signed-by-nobody") else 1)


async def test_a_card_that_was_changed_after_it_was_signed_is_refused(guarded: Guarded) -> None:
    with pytest.raises(ProtocolBroken, match='the signature of its card by the key "one" does not verify'):
        await offered(guarded.agent("signed-changed"))


async def test_the_card_for_those_who_signed_in_is_checked_too(guarded: Guarded) -> None:
    await offered(guarded.agent("more-signed-changed"))
    with pytest.raises(ProtocolBroken, match="does not verify"):
        await offered(guarded.agent("more-signed-changed", **SIGNED_IN), SECRETS)


# The digest


def test_a_digest_is_of_what_is_said_and_not_of_how_or_by_whom_it_is_signed() -> None:
    card = {"name": "a", "skills": [], "signatures": [{"signature": "x"}]}
    same = {"skills": [], "name": "a", "signatures": [{"signature": "y"}]}
    assert digest_of(card, None) == digest_of(same, None)
    assert digest_of(card, None) != digest_of({**card, "name": "b"}, None)
    assert digest_of(card, None) != digest_of(card, parsed(card))
    assert digest_of(card, None) != digest_of([card], None)


# Cards in lists


async def test_an_agent_is_chosen_of_a_list_by_its_name(speaking_agents: str) -> None:
    offers: list[Offer] = []
    agent = Agent("a", url=f"{speaking_agents}/discovery", card="The asks agent")
    driver = A2aDriver({"a": agent}, seen=offers.append)
    result = await driver.call(Call(Target("a2a", "a", "draft"), message="1 to 3"), lambda _: None)
    await driver.aclose()

    assert (offers[0].title, result.text) == ("The asks agent", "range 1 to 3")


@pytest.mark.parametrize(
    ("url", "card", "told"),
    [
        (
            "/discovery",
            "The ask agent",
            'no agent in the list at .* is called "The ask agent"; did you mean "The asks',
        ),
        ("/streams/.well-known/agent-card.json", "The streams agent", "is no list of cards"),
    ],
)
async def test_who_is_in_no_list_is_told(speaking_agents: str, url: str, card: str, told: str) -> None:
    driver = A2aDriver({"a": Agent("a", url=speaking_agents + url, card=card)}, seen=lambda _: None)
    with pytest.raises(ProtocolBroken, match=told):
        await driver.offer("a")
    await driver.aclose()
