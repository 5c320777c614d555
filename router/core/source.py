"""Rules as written, read from files and checked for shape; what `compile` makes a rulebook of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from router.core.plan import JSON

Alternatives = tuple[str, ...]
"""Words, phrases or `@lists`, one of which must stand in the text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepText:
    """A step as written in `use` or `steps`."""

    id: str
    use: str
    args: Mapping[str, JSON] = field(default_factory=dict)
    ask: str = ""
    needs: tuple[str, ...] = ()
    path: tuple[str | int, ...] = ()
    """Keys that lead to its target inside its rule's table."""

    @property
    def home(self) -> tuple[str | int, ...]:
        """Keys that lead to the table in which its `args` and `ask` are written."""
        return self.path[:-1] if self.path and isinstance(self.path[-1], str) else self.path[:-2]


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleText:
    """One table of a rule file."""

    file: str
    """`rules/team/billing.toml`."""
    layer: str
    topic: str
    """The file's name without `.toml`; with the table's name it makes the rule's id."""
    name: str
    line: int
    steps: tuple[StepText, ...] = ()
    adds: bool = False
    answer: str = ""
    say: tuple[str, ...] = ()
    all: tuple[Alternatives, ...] = ()
    any: tuple[Alternatives, ...] = ()
    none: tuple[Alternatives, ...] = ()
    looks: tuple[str, ...] = ()
    modes: tuple[str, ...] = ()
    facts: Mapping[str, str] = field(default_factory=dict)
    attached: tuple[str, ...] = ()
    stage: str = "live"
    share: int | None = None
    beats: tuple[str, ...] = ()
    was: tuple[str, ...] = ()
    owner: str = ""
    why: str = ""
    until: str = ""
    yes: tuple[str, ...] = ()
    no: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """`file.table`."""
        return f"{self.topic}.{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """Everything a rulebook is made of, beside the settings."""

    rules: tuple[RuleText, ...] = ()
    words: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    shapes: Mapping[str, str] = field(default_factory=dict)
    prompts: Mapping[str, str] = field(default_factory=dict)
    """Text by path under `prompts/`, with `/`."""
    vocabulary: str = "rules/vocab.toml"
    """Where words and shapes are written."""
