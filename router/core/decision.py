"""What a rulebook says of a query, with the reasons; immutable, and equal bytes as JSON everywhere."""

from __future__ import annotations

from router.core.light import Light

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, Final, Literal, Protocol

    from router.core.plan import JSON

    Kind = Literal["rule", "tie", "none"]
    Word = Literal["won", "tied", "lost", "adds", "shadow", "filtered", "late", "near"]

    class Reasons(Protocol):
        """What a decision was made from."""

        def id(self) -> str:
            """Return the decision's id."""
            ...

        def matches(self) -> tuple[Verdict, ...]:
            """Return what became of each rule that matched."""
            ...

        def near(self) -> tuple[Verdict, ...]:
            """Return the verdicts on those that nearly did."""
            ...
else:
    Kind = Word = str


NO_SLOTS: Final[Mapping[str, JSON]] = {}
VERDICTS: Final[tuple[Word, ...]] = ("won", "tied", "lost", "adds", "shadow", "filtered", "late", "near")
"""In the order in which `explain` prints them."""


class Verdict(Light):
    """What became of one rule that matched, or nearly did."""

    __slots__ = ("because", "by", "matched", "missing", "rule", "verdict")

    def __init__(
        self,
        rule: str,
        verdict: Word,
        because: str = "",
        by: str = "",
        matched: tuple[str, ...] = (),
        missing: tuple[str, ...] = (),
    ) -> None:
        self.rule = rule
        self.verdict = verdict
        self.because = because
        """`narrower` or `beats` for lost; `modes` or `words` for filtered; the stage for shadow; and more."""
        self.by = by
        """The rule to which it lost, or that decided before its layer."""
        self.matched = matched
        self.missing = missing

    def to_dict(self) -> dict[str, JSON]:
        """Return it as JSON; what is empty is left out."""
        out: dict[str, JSON] = {"rule": self.rule, "verdict": self.verdict}
        for name in ("because", "by"):
            if value := getattr(self, name):
                out[name] = value
        for name in ("missing", "matched"):
            if value := getattr(self, name):
                out[name] = list(value)
        return out


class Decision:
    """What a rulebook says of a query; its id and its verdicts are worked out when they are first read."""

    __slots__ = (
        "_id", "_reasons", "_verdicts", "added", "at", "kind", "layer", "revision", "rule", "slots", "tied",
    )  # fmt: skip

    def __init__(
        self,
        id: str,
        revision: str,
        kind: Kind,
        rule: str | None = None,
        at: str | None = None,
        layer: str | None = None,
        slots: Mapping[str, JSON] = NO_SLOTS,
        tied: tuple[str, ...] = (),
        added: tuple[str, ...] = (),
        verdicts: tuple[Verdict, ...] = (),
        reasons: Reasons | None = None,
    ) -> None:
        self._id = id
        self._verdicts = verdicts if reasons is None else None
        self._reasons = reasons
        """Gives id and verdicts, where they are not given."""
        self.revision = revision
        """`r:` and a hash of everything that bears on decisions."""
        self.kind: Kind = kind
        self.rule = rule
        """The id of the rule that decides; None for a tie or none."""
        self.at = at
        """Where that rule is written, as `file:line`."""
        self.layer = layer
        """The layer that decided or tied; None for none."""
        self.slots = slots
        """What the rule's shapes and sentences took from the text; slots that took nothing are left out."""
        self.tied = tied
        self.added = added
        """Ids of the `add` rules that attach their steps."""

    def _values(self) -> tuple[Any, ...]:
        return (self.to_dict(), self.verdicts)

    def __eq__(self, other: object) -> bool:
        """Equal where all is, the verdicts too."""
        return isinstance(other, Decision) and self._values() == other._values()

    def __hash__(self) -> int:
        return hash((self.id, self.rule))

    def __repr__(self) -> str:
        return f"Decision({self.to_dict()!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        """Send id and verdicts, not what they are worked out from."""
        told = (self.id, self.revision, self.kind, self.rule, self.at, self.layer, dict(self.slots))
        return Decision, (*told, self.tied, self.added, self.verdicts)

    @property
    def id(self) -> str:
        """`d:` and a hash of the revision and the query."""
        if not self._id and self._reasons is not None:
            self._id = self._reasons.id()
        return self._id

    @property
    def matches(self) -> tuple[Verdict, ...]:
        """What became of each rule that matched."""
        if self._reasons is not None:
            return self._reasons.matches()
        return tuple(each for each in self.verdicts if each.verdict != "near")

    @property
    def verdicts(self) -> tuple[Verdict, ...]:
        """What became of each rule that matched, and of each that nearly did."""
        if self._verdicts is None:
            near = self._reasons.near() if self._reasons is not None else ()
            self._verdicts = (*self.matches, *near)
        return self._verdicts

    def to_dict(self) -> dict[str, JSON]:
        """Return the decision without its verdicts, as `ts explain --json` prints it."""
        return {
            "id": self.id,
            "revision": self.revision,
            "kind": self.kind,
            "rule": self.rule,
            "at": self.at,
            "layer": self.layer,
            "slots": dict(self.slots),
            "tied": list(self.tied),
            "added": list(self.added),
        }
