"""A rule, compiled: what it asks for, what it would do, and who stands behind it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from router.core.conditions import Condition
from router.core.contest import deed
from router.core.plan import JSON, StepSource
from router.core.slots import Slot

Stage = Literal["shadow", "canary", "live"]
STAGES: Final[tuple[Stage, ...]] = ("shadow", "canary", "live")


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule, ready to be matched."""

    id: str
    """`file.table`."""
    layer: str
    at: str
    """`rules/team/billing.toml:8`."""
    condition: Condition
    steps: tuple[StepSource, ...]
    adds: bool = False
    """Whether it attaches its steps to whatever won, and never competes."""
    answer: str = ""
    """The template of the answer; empty for the results as they are."""
    stage: Stage = "live"
    share: int = 100
    """Per cent of keys for which a canary is live."""
    beats: frozenset[str] = frozenset()
    """Present ids of rules of the same layer that lose to this one."""
    was: tuple[str, ...] = ()
    """Earlier ids."""
    owner: str = ""
    why: str = ""
    until: str = ""
    """ISO date of the next review; routing does not read it."""
    yes: tuple[str, ...] = ()
    no: tuple[str, ...] = ()
    slots: Mapping[str, Slot | None] = field(default_factory=dict)
    """Every slot that the condition may fill; None where it is a shape's group, whose value is text."""
    reads: frozenset[str] = frozenset()
    """Those of the slots that its templates name."""

    @property
    def competes(self) -> bool:
        """Whether it can win or lose: it is no `add` rule and no shadow."""
        return not self.adds and self.stage != "shadow"

    @property
    def file(self) -> str:
        """Where it is written."""
        return self.at.rpartition(":")[0]

    @property
    def line(self) -> int:
        """The line of its table there."""
        return int(self.at.rpartition(":")[2])

    def does(self, steps: tuple[StepSource, ...], slots: Mapping[str, JSON]) -> str:
        """Return what the rule would carry out with these steps and slots, so that rules can be compared."""
        read = {name: [slots.get(name), self._is_date(name)] for name in self.reads}
        return deed(steps, self.answer, read)

    def _is_date(self, name: str) -> bool:
        """Whether `today` would be counted from the time of the query."""
        slot = self.slots.get(name)
        return slot is not None and slot.type == "date"
