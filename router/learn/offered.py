"""Holds what was learned against what servers and agents offer; it asks none of them."""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Iterable, Mapping

from router.core.book import Rulebook
from router.core.findings import nearest_or_all
from router.core.plan import JSON, Target
from router.core.rule import Rule
from router.learn.taught import Taught
from router.ports import Offer
from router.rulebook.check import calls
from router.rulebook.check.examples import decided


class Offered:
    """What the catalogue knows, by scheme and name."""

    def __init__(self, offers: Iterable[Offer]) -> None:
        self._offers = {(each.scheme, each.name): each for each in offers}

    def fault(self, taught: Taught) -> str:
        """Return why the catalogue says that a call cannot be carried out, or nothing."""
        target = Target.parse(taught.use)
        offer = self._offers.get((target.scheme, target.name))
        if offer is None or not target.member:
            return ""
        tool = offer.tool(target.member)
        if tool is None:
            kind = "tool" if target.scheme == "mcp" else "skill"
            hint = nearest_or_all(target.member, (each.name for each in offer.tools))
            return f'{target.scheme}:{target.name} has no {kind} "{target.member}"; {hint}'
        if target.scheme != "mcp" or tool.input_schema is None:
            return ""
        faults: Callable[[JSON, Mapping[str, JSON]], tuple[str, ...]] = pkgutil.resolve_name(calls.FAULTS)
        found = faults(tool.input_schema, taught.args or {})
        return f"{taught.use} would refuse its arguments: {'; '.join(found)}" if found else ""

    def changes(self, target: Target) -> bool | None:
        """Return whether a call may change things, as far as its server says; None where nothing is known.

        An agent is asked in words and judges for itself what to do.
        """
        if target.scheme != "mcp":
            return False
        offer = self._offers.get((target.scheme, target.name))
        tool = offer.tool(target.member) if offer is not None else None
        return None if tool is None else tool.read_only is not True

    def faults(self, book: Rulebook, rule: Rule) -> tuple[str, ...]:
        """Return what the catalogue says against a rule and its examples, as `ts rules check` does."""
        examples, _ = decided(book, (rule,))
        _, unknown = calls.targets(book, self._offers)
        found = (*unknown, *calls.arguments(book, self._offers, examples))
        own = f"{rule.id}: "
        return tuple(each.message.removeprefix(own) for each in found if each.message.startswith(own))
