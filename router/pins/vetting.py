"""Holds what a server or agent offers against what was reviewed; it asks nobody."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Final

from router.core.plan import Target
from router.errors import PinBroken, SettingsRefused
from router.pins.changes import Change, changes, tool_changes
from router.pins.pin import PeerPin, Pinned, pinned
from router.pins.reading import LOCK_FILE, read_lock
from router.ports import Offer

_REVIEW: Final = f"`ts pin` shows the difference, and takes it into {LOCK_FILE} where you agree"


class Pins:
    """What is pinned in a project; ts.lock is read when it is first asked for.

    A server or agent that is not in ts.lock is not held against it: a person may have some of their own.
    """

    def __init__(self, directory: Path, *, strict: bool) -> None:
        """Look at the ts.lock of a directory, which need not have one."""
        self._directory = directory
        self._strict = strict
        self._read: tuple[Pinned | None, str] | None = None
        self._pinned: dict[str, tuple[Offer, PeerPin]] = {}
        self._admitted: dict[str, tuple[Offer, Offer | None]] = {}
        self._warnings: dict[Target, str] = {}

    def vet(self, target: Target, offer: Offer) -> None:
        """Look at what is offered before a target is called; `warning` says later what is not as reviewed.

        Raises PinBroken where pins are strict, and where ts.lock cannot be read.
        """
        pins, fault = self._lock()
        if fault:
            raise PinBroken(str(target), fault)
        differs = self._differs(pins, target, offer)
        if not differs:
            self._warnings.pop(target, None)
        elif self._strict:
            raise PinBroken(str(target), f"{differs}; {_REVIEW}")
        else:
            self._warnings[target] = f"{target}: {differs}; {_REVIEW}"

    def warning(self, target: Target) -> str:
        """Return what was not as reviewed when the target was last vetted, or the empty string."""
        return self._warnings.get(target, "")

    def admitted(self, offer: Offer) -> Offer | None:
        """Return the offer without what `vet` would refuse; the very same, or None for all of it."""
        if not self._strict:
            return offer
        name = f"{offer.scheme}:{offer.name}"
        known = self._admitted.get(name)
        if known is None or known[0] is not offer:
            known = self._admitted[name] = (offer, self._without_refused(offer))
        return known[1]

    def _without_refused(self, offer: Offer) -> Offer | None:
        pins, fault = self._lock()
        if fault or self._differs(pins, Target(offer.scheme, offer.name), offer):
            return None
        tools = tuple(
            tool
            for tool in offer.tools
            if not self._differs(pins, Target(offer.scheme, offer.name, tool.name), offer)
        )
        return offer if len(tools) == len(offer.tools) else replace(offer, tools=tools)

    def _differs(self, pins: Pinned | None, target: Target, offer: Offer) -> str:
        """Return what of a target is not as reviewed, or the empty string."""
        name = f"{target.scheme}:{target.name}"
        before = pins.get(name) if pins is not None else None
        if before is None:
            return ""
        after = self._pin(name, offer)
        found = [each for each in changes(before, after) if not each.member]
        if target.member:
            name = target.member
            found += tool_changes(name, before.tools.get(name), after.tools.get(name))
        differs = " and ".join(dict.fromkeys(map(_told, found)))
        return (
            f"{differs} since it was reviewed" if any(each.state == "changed" for each in found) else differs
        )

    def _pin(self, name: str, offer: Offer) -> PeerPin:
        known = self._pinned.get(name)
        if known is None or known[0] is not offer:
            known = self._pinned[name] = (offer, pinned(offer))
        return known[1]

    def _lock(self) -> tuple[Pinned | None, str]:
        """Return what is pinned, and why it cannot be read."""
        if self._read is None:
            try:
                self._read = (read_lock(self._directory), "")
            except SettingsRefused as error:
                self._read = (None, str(error.problems[0]))
        return self._read


def _told(change: Change) -> str:
    if change.state == "new":
        return "it was not reviewed"
    if change.state == "gone":
        return "it was reviewed and is gone"
    if change.member or change.part == "card":
        return str(change)
    return "what its server or agent says of itself changed"
