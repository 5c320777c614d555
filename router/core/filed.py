"""A compiled rulebook as it lies in its blocks: rules by number and by key, each read when it is needed."""

from __future__ import annotations

from router.core.flat import FlatRule
from router.core.keys import rule_key
from router.core.light import Memo, WordMemo
from router.core.written import checksum

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any, Final

    from router.core.blocks import Blocks

META: Final = 0
NAMES: Final = 1
EARLIER: Final = 2
PROMPTS: Final = 3
FILES: Final = 4
FIRST: Final = 5
"""Blocks by number: what every decision needs; ids of the rules, sorted; present by earlier ids; prompts;
the files of which it was made. Then come the buckets of keys, the rules, and the rest of each."""
NOTHING: Final[tuple[dict[str, tuple[int, ...]], tuple[int, ...]]] = ({}, ())
"""What stands under a key that no rule needs."""
MOST_KEYS: Final = 200_000
"""Keys of which a process remembers what stands under them."""


class Reader:
    """Reads rules and keys from their blocks and remembers none: who remembers them refers to no ring."""

    __slots__ = ("_earlier", "blocks", "buckets")

    def __init__(self, blocks: Blocks, buckets: int) -> None:
        """Take the blocks, and how many of them are buckets of keys."""
        self.blocks = blocks
        self.buckets = buckets
        self._earlier: dict[str, str] | None = None

    def rule(self, number: int) -> FlatRule:
        """Return a rule."""
        rule = FlatRule(self.blocks[FIRST + self.buckets + number])
        if rule.beats:
            earlier = self.earlier()
            rule.beats = frozenset([earlier.get(each, each) for each in rule.beats])
        return rule

    def earlier(self) -> dict[str, str]:
        """Return present ids by earlier ones."""
        if self._earlier is None:
            self._earlier = self.blocks[EARLIER]
        return self._earlier

    def first(self, key: str) -> dict[str, tuple[int, ...]]:
        """Return the numbers of the rules that stand under a key, by another stem that they need."""
        return self._under(key)[0]

    def second(self, key: str) -> tuple[int, ...]:
        """Return the numbers of those that stand under another key, and here where that one is lacking."""
        return self._under(key)[1]

    def bucket(self, key: str) -> Any:
        """Return what stands under a key, or None."""
        return self.blocks[FIRST + bucket_of(key, self.buckets)].get(key)

    def _under(self, key: str) -> tuple[dict[str, tuple[int, ...]], tuple[int, ...]]:
        found: tuple[dict[str, tuple[int, ...]], tuple[int, ...]] = self.bucket(key) or NOTHING
        return found


class Filed:
    """The rules of one compiled rulebook."""

    __slots__ = (
        "_blocks", "_reader", "always", "always_near", "firsts", "layers", "meta", "revision", "rules",
        "seconds",
    )  # fmt: skip

    def __init__(self, blocks: Blocks) -> None:
        """Read what every decision needs; raises DamagedError."""
        self._blocks = blocks
        self.meta: dict[str, Any] = blocks[META]
        self.revision: str = self.meta["revision"]
        self.layers: tuple[str, ...] = self.meta["layers"]
        self._reader = reader = Reader(blocks, self.meta["buckets"])
        self.rules: Memo[int, FlatRule] = Memo(reader.rule, self.meta["rules"] + 1)
        """By number."""
        self.firsts: WordMemo[str, dict[str, tuple[int, ...]]] = WordMemo(reader.first, MOST_KEYS)
        """Numbers of the rules that stand under a key, by another stem that they need, or nothing."""
        self.seconds: WordMemo[str, tuple[int, ...]] = WordMemo(reader.second, MOST_KEYS)
        """Numbers of those that stand under another key, and here where that one is lacking."""
        self.always = tuple([self.rules[each] for each in self.meta["always"]])
        """The rules that need no key."""
        self.always_near = tuple([self.rules[each] for each in self.meta["always_near"]])
        """The rules that may nearly match without any key."""

    def __len__(self) -> int:
        """Count the rules."""
        count: int = self.meta["rules"]
        return count

    def content(self) -> bytes:
        """Return all bytes."""
        return self._blocks.content()

    def find(self, rule_id: str) -> FlatRule | None:
        """Return a rule by its present id, or None."""
        number = self._reader.bucket(rule_key(rule_id))
        return None if number is None else self.rules[number]

    def names(self) -> tuple[str, ...]:
        """Return the ids of all rules, sorted."""
        names: tuple[str, ...] = self._blocks[NAMES]
        return names

    def earlier(self) -> dict[str, str]:
        """Return present ids by earlier ones."""
        return self._reader.earlier()

    def prompts(self) -> dict[str, str]:
        """Return the texts of prompts by name."""
        prompts: dict[str, str] = self._blocks[PROMPTS]
        return prompts

    def rest(self, rule_id: str) -> tuple[Any, ...]:
        """Return what of a rule bears on no decision."""
        number = self._reader.bucket(rule_key(rule_id))
        rest: tuple[Any, ...] = self._blocks[FIRST + self._reader.buckets + len(self) + number]
        return rest

    def files(self) -> tuple[Any, ...]:
        """Return what is kept of the files for the next time, see `rules_by_file`."""
        files: tuple[Any, ...] = self._blocks[FILES]
        return files

    def flat_block(self, number: int) -> bytes:
        """Return a rule's block as it is written."""
        return self._blocks.sound(FIRST + self._reader.buckets + number)

    def rest_block(self, number: int) -> bytes:
        """Return the block of the rest of a rule as it is written."""
        return self._blocks.sound(FIRST + self._reader.buckets + len(self) + number)

    def under(self, key: str) -> Iterator[FlatRule]:
        """Yield every rule that stands under a key, whatever else it needs."""
        for numbers in self.firsts[key].values():
            for number in numbers:
                yield self.rules[number]


def bucket_of(key: str, buckets: int) -> int:
    """Return the number of the bucket in which a key stands."""
    return checksum(key.encode()) % buckets
