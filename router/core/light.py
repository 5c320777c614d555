"""What the modules that every start loads are made of: values and memories without the cost of an import.

Importing `dataclasses`, `typing`, `re` or `functools` takes as long as starting Python. The modules that a
decision loads (docs/house.md names them) import none of these.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sized
    from typing import Any, Generic, TypeVar

    Key = TypeVar("Key")
    Word = TypeVar("Word", bound=Sized)
    Value = TypeVar("Value")

    class _Dict(dict[Key, Value], Generic[Key, Value]):
        pass

else:

    class _Dict(dict):
        __slots__ = ()
        __class_getitem__ = classmethod(lambda cls, _: cls)

    Key = Word = Value = object

LONGEST_WORD = 64
"""Characters of a word that is worth remembering."""


class Light:
    """A value with slots, equal, hashed and shown by them; nobody writes to it once it is made."""

    __slots__: tuple[str, ...] = ()

    def _values(self) -> tuple[Any, ...]:
        return tuple(getattr(self, name) for name in self.__slots__ if not name.startswith("_"))

    def __eq__(self, other: object) -> bool:
        """Equal where class and slots are."""
        return type(other) is type(self) and other._values() == self._values()

    def __hash__(self) -> int:
        return hash(self._values())

    def __repr__(self) -> str:
        return f"{type(self).__name__}{self._values()!r}"


class Memo(_Dict[Key, Value]):
    """Remembers what a function of one argument gave; it forgets everything when it is full."""

    __slots__ = ("_make", "_most")

    def __init__(self, make: Callable[[Key], Value], most: int = 65_536) -> None:
        super().__init__()
        self._make = make
        self._most = most

    def __missing__(self, key: Key) -> Value:
        if len(self) >= self._most:
            self.clear()
        value = self[key] = self._make(key)
        return value


class WordMemo(Memo[Word, Value]):
    """A memory for words, which forgets at once what is longer than words are, so that none is flooded."""

    __slots__ = ()

    def __missing__(self, key: Word) -> Value:
        return self._make(key) if len(key) > LONGEST_WORD else super().__missing__(key)
