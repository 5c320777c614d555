"""The order in which rule files are written, table by table and key by key; it reads and prints nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

Rank = tuple[int, str]


@dataclass(frozen=True, slots=True)
class Order:
    """How the keys of one table follow each other."""

    keys: tuple[str, ...] = ()
    """Known keys; any others come behind them."""
    by_name: bool = False
    """Whether the others are sorted by name; else they stay as they were written."""
    below: Mapping[str, Order] = field(default_factory=dict)
    """The orders of the tables, or lists of tables, under known keys."""
    others: Order | None = None
    """The order of the tables under any other key."""
    a_line_each: bool = False
    """Whether this is no table but a list that grows: from two entries on, each has a line of its own."""

    def at(self, path: tuple[str, ...]) -> Order:
        """Return the order of what stands under a path of keys."""
        here = self
        for key in path:
            here = here._under(key)
        return here

    def place(self, path: tuple[str, ...]) -> tuple[Rank, ...]:
        """Return what to sort a dotted key by, as deep as anything is sorted there."""
        return tuple(self._ranks(path))

    def _ranks(self, path: tuple[str, ...]) -> Iterator[Rank]:
        here = self
        for key in path:
            if not here.keys and not here.by_name:
                return
            known = key in here.keys
            yield (here.keys.index(key), "") if known else (len(here.keys), key if here.by_name else "")
            here = here._under(key)

    def _under(self, key: str) -> Order:
        return self.below.get(key) or self.others or AS_WRITTEN


AS_WRITTEN: Final = Order()
_A_LINE_EACH: Final = Order(a_line_each=True)
WHEN: Final = Order(keys=("all", "any", "none", "looks", "modes", "facts", "attached"))
STEP: Final = Order(keys=("id", "use", "args", "ask", "needs"))
RULE: Final = Order(
    keys=(
        "owner", "why", "stage", "share", "until", "was", "beats", "when", "say", "use", "add", "args", "ask",
        "answer", "steps", "yes", "no",
    ),
    below={"when": WHEN, "steps": STEP, "say": _A_LINE_EACH, "yes": _A_LINE_EACH, "no": _A_LINE_EACH},
)  # fmt: skip
RULES: Final = Order(by_name=True, others=RULE)
"""A file of rules."""
VOCABULARY: Final = Order(
    keys=("words", "shapes"), below={"words": Order(by_name=True), "shapes": Order(by_name=True)}
)
"""`rules/vocab.toml`."""
