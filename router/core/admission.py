"""Which targets a query's modes and `-w` words leave."""

from __future__ import annotations

from router.core.text import contains

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Protocol

    from router.core.plan import StepSource, Target
    from router.core.query import Query
    from router.core.settings import Peer, Settings
    from router.core.text import Normaliser

    class Stepped(Protocol):
        """A rule, flat or not."""

        @property
        def steps(self) -> tuple[StepSource, ...]:
            """What it calls."""
            ...


class Admission:
    """What the settings say of targets, normalised once."""

    __slots__ = ("labels", "modes", "normaliser")

    def __init__(
        self,
        normaliser: Normaliser,
        modes: Mapping[tuple[str, str], frozenset[str]],
        labels: Mapping[tuple[str, str], tuple[tuple[str, ...], ...]],
    ) -> None:
        self.normaliser = normaliser
        self.modes = modes
        """By scheme and name of a server or agent; absent where it is always admitted."""
        self.labels = labels
        """Stems of its tags and its description."""

    @classmethod
    def of(cls, settings: Settings, normaliser: Normaliser) -> Admission:
        """Take from the settings what decisions look at."""
        peers: list[tuple[tuple[str, str], Peer]] = [
            *((("mcp", name), server) for name, server in settings.servers.items()),
            *((("a2a", name), agent) for name, agent in settings.agents.items()),
        ]
        return cls(
            normaliser,
            {key: frozenset(peer.modes) for key, peer in peers if peer.modes},
            {
                key: tuple(normaliser.stems(each) for each in (*peer.tags, peer.description))
                for key, peer in peers
            },
        )

    def refusal(self, target: Target, query: Query) -> str:
        """Return `modes` or `words` where the query does not admit the target, else the empty string."""
        modes = self.modes.get((target.scheme, target.name))
        if modes is not None and not modes & query.modes:
            return "modes"
        if query.words and not self._has_label(target, query):
            return "words"
        return ""

    def _has_label(self, target: Target, query: Query) -> bool:
        names = (self.normaliser.stems(target.name), self.normaliser.stems(target.member))
        labels = (*names, *self.labels.get((target.scheme, target.name), ()))
        wanted = (self.normaliser.stems(word) for word in query.words)
        return any(contains(label, word) for word in wanted for label in labels if word)

    def kept(self, rule: Stepped, query: Query) -> tuple[StepSource, ...]:
        """Return the rule's steps whose targets are admitted, without those that need a refused one."""
        kept: list[StepSource] = []
        for step in rule.steps:
            done = {each.id for each in kept}
            if done.issuperset(step.needs) and not self.refusal(step.use, query):
                kept.append(step)
        return tuple(kept)

    def reason(self, rule: Stepped, query: Query) -> str:
        """Return why all steps of a rule are refused: that of its first refused target."""
        return next(reason for step in rule.steps if (reason := self.refusal(step.use, query)))
