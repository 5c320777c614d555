"""Names of tools for a client that knows of one server only."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.catalogue.naming import LONGEST, SHORTEST, Exposed, exposed
from router.core.plan import Target
from router.ports import Offer, Tool

PLAIN = re.compile(r"[A-Za-z0-9_-]+")

peers = st.text("ab-_.1", min_size=1, max_size=4)
members = st.text("ab-_./ü 1\ud800", max_size=5) | st.text("ab-", min_size=60, max_size=70)
any_offers = st.lists(
    st.builds(
        Offer,
        st.sampled_from(["mcp", "a2a"]),
        peers,
        st.lists(st.builds(Tool, members), max_size=4).map(tuple),
    ),
    max_size=5,
)


def offer(name: str, *tools: str, scheme: str = "mcp") -> Offer:
    return Offer(scheme, name, tuple(map(Tool, tools)))


def names(*offers: Offer) -> list[str]:
    return [*exposed(offers).names]


def test_a_name_is_that_of_the_server_and_that_of_the_tool() -> None:
    assert names(offer("my-shop", "get-user", "list_users")) == ["my_shop_get_user", "my_shop_list_users"]


def test_what_strict_clients_refuse_becomes_an_underscore() -> None:
    assert names(offer("a.b", "resources/read", "gruß")) == ["a_b_gru_", "a_b_resources_read"]


def test_a_name_maps_back_to_the_server_and_its_tool() -> None:
    found = exposed([offer("my-shop", "get-user")])

    assert found.names["my_shop_get_user"] == Target("mcp", "my-shop", "get-user")
    assert found.of(Target("mcp", "my-shop", "get-user")) == "my_shop_get_user"
    assert found.of(Target("mcp", "my-shop", "other")) is None


def test_an_agent_without_skills_is_called_itself() -> None:
    found = exposed([offer("writer", scheme="a2a"), offer("silent")])

    assert dict(found.names) == {"writer": Target("a2a", "writer")}


def test_tools_that_would_have_one_name_have_a_suffix_each_and_are_told() -> None:
    found = exposed([offer("a-b", "c"), offer("a", "b_c"), offer("a", "other")])

    (collision,) = found.collisions
    suffixed = re.compile(r"a_b_c_[0-9a-f]{8}")
    assert collision.name == "a_b_c"
    assert set(collision.names.values()) == {Target("mcp", "a-b", "c"), Target("mcp", "a", "b_c")}
    assert all(suffixed.fullmatch(name) for name in collision.names)
    assert set(found.names) == {*collision.names, "a_other"}
    assert str(collision).startswith('several tools would be called "a_b_c": mcp:a/b_c is a_b_c_')


def test_a_server_and_an_agent_of_one_name_are_told_apart() -> None:
    assert len(set(names(offer("a", "b"), offer("a", "b", scheme="a2a")))) == 2


def test_a_name_that_a_suffix_took_is_told_apart_too() -> None:
    colliding = [offer("a-b", "c"), offer("a", "b_c")]
    taken = next(iter(exposed(colliding).names))

    found = exposed([*colliding, offer("x", "y"), offer(taken.split("_")[0], taken.partition("_")[2])])

    assert len(found.names) == 4
    assert taken not in found.names
    assert sorted(each.name for each in found.collisions) == sorted(["a_b_c", taken])


def test_a_name_that_is_too_long_is_cut_and_stays_its_own() -> None:
    one, other = names(offer("s", "x" * 70 + "a", "x" * 70 + "b"))

    assert len(one) == len(other) == LONGEST
    assert one[:55] == other[:55] == "s_" + "x" * 53
    assert one != other


def test_a_lower_limit_holds_and_one_that_leaves_no_room_is_refused() -> None:
    found = exposed([offer("s", "x" * 80), offer("s-a", "b"), offer("s", "a_b")], SHORTEST)

    assert all(len(name) <= SHORTEST for name in found.names)
    with pytest.raises(ValueError, match=f"at least {SHORTEST} characters, and not 60"):
        exposed([], SHORTEST - 1)


@given(any_offers)
def test_each_name_is_of_one_target_and_every_target_has_one(offers: list[Offer]) -> None:
    wanted = {Target(each.scheme, each.name, tool.name) for each in offers for tool in each.tools}
    wanted |= {Target("a2a", each.name) for each in offers if each.scheme == "a2a" and not each.tools}

    found = exposed(offers)

    assert sorted(found.names.values()) == sorted(wanted)
    assert all(PLAIN.fullmatch(name) and len(name) <= LONGEST for name in found.names)
    assert all(found.of(target) in found.names for target in wanted)


@given(any_offers)
def test_the_order_of_servers_changes_nothing(offers: list[Offer]) -> None:
    shuffled = offers[::-1]

    one, other = exposed(offers), exposed(shuffled)

    assert list(one.names.items()) == list(other.names.items())
    assert one.collisions == other.collisions


@given(any_offers, any_offers)
def test_what_collides_with_nothing_changes_no_name(offers: list[Offer], more: list[Offer]) -> None:
    before, added, together = exposed(offers), exposed(more), exposed([*offers, *more])
    if not set(before.names) & set(added.names) | _taken(before) & _taken(added):
        assert dict(together.names) == {**before.names, **added.names}


def _taken(found: Exposed) -> set[str]:
    """Return every name that was wanted, those that nobody has at last among them."""
    return {*found.names, *(each.name for each in found.collisions)}
