"""Names of tools for a client that knows of one server only; it calls nothing and keeps nothing."""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from router.core.canonical import canonical
from router.core.plan import Target
from router.ports import Offer

LONGEST: Final = 64
"""Characters of a name that interfaces of models accept; clients that add a name of their own leave less."""
_FOREIGN: Final = re.compile(r"[^A-Za-z0-9_]")
"""What some client refuses: strict ones take letters, digits, `_` and `-`, and some lose names with a `-`."""
_DIGITS: Final = (8, 16, 32, 60)
"""Hexadecimal digits of a suffix; the longer ones where a name is taken even so."""
SHORTEST: Final = _DIGITS[-1] + 1
"""No limit may be lower: a suffix must fit."""


@dataclass(frozen=True, slots=True)
class Collision:
    """Targets that would have had one name, and the names that they have."""

    name: str
    """The one that none of them has."""
    names: Mapping[str, Target]

    def __str__(self) -> str:
        """Say who collides, and what each is called."""
        told = ", ".join(f"{target} is {name}" for name, target in self.names.items())
        return f'several tools would be called "{self.name}": {told}'


@dataclass(frozen=True, slots=True)
class Exposed:
    """Names of targets, each of one target."""

    names: Mapping[str, Target]
    """Name → whom a call of it calls, in the order of the targets."""
    collisions: tuple[Collision, ...] = ()
    _of: Mapping[Target, str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Look the other way too."""
        object.__setattr__(self, "_of", {target: name for name, target in self.names.items()})

    def of(self, target: Target) -> str | None:
        """Return the name of a target, or None."""
        return self._of.get(target)


def exposed(offers: Iterable[Offer], longest: int = LONGEST) -> Exposed:
    """Return a name for each tool and skill: `server_tool`, with `_` for `-` and all else that is foreign.

    A name that is too long, or that several would have, ends in a hash of its target, and depends on nothing
    else. Raises ValueError for a limit below `SHORTEST`.
    """
    if longest < SHORTEST:
        raise ValueError(f"a name must be allowed at least {SHORTEST} characters, and not {longest}")
    plain = {target: _plain(target, longest) for target in sorted(set(_targets(offers)))}
    final = _told_apart(plain, longest)
    names = MappingProxyType({name: target for target, name in final.items()})
    return Exposed(names, tuple(_collisions(plain, final)))


def _targets(offers: Iterable[Offer]) -> Iterator[Target]:
    """Yield what can be called: every tool and skill, and an agent that names no skill."""
    for offer in offers:
        yield from (Target(offer.scheme, offer.name, tool.name) for tool in offer.tools)
        if offer.scheme == "a2a" and not offer.tools:
            yield Target(offer.scheme, offer.name)


def _plain(target: Target, longest: int) -> str:
    parts = (target.name, target.member) if target.member else (target.name,)
    name = _FOREIGN.sub("_", "_".join(parts))
    return name if len(name) <= longest else _suffixed(target, name, _DIGITS[0], longest)


def _suffixed(target: Target, name: str, digits: int, longest: int) -> str:
    """Return a name that ends in a hash of the target, cut so that it fits."""
    written = canonical([target.scheme, target.name, target.member]).encode(errors="surrogatepass")
    return f"{name[: longest - digits - 1]}_{hashlib.sha256(written).hexdigest()[:digits]}"


def _told_apart(plain: Mapping[Target, str], longest: int) -> dict[Target, str]:
    """Give all that share a name a suffix, and a longer one until nobody shares any."""
    final, tries = dict(plain), dict.fromkeys(plain, 0)
    while shared := [each for group in _groups(final) if len(group) > 1 for each in group]:
        for target in shared:
            final[target] = _suffixed(target, plain[target], _DIGITS[tries[target]], longest)
            tries[target] = min(tries[target] + 1, len(_DIGITS) - 1)
    return final


def _groups(names: Mapping[Target, str]) -> list[list[Target]]:
    found: dict[str, list[Target]] = defaultdict(list)
    for target, name in names.items():
        found[name].append(target)
    return list(found.values())


def _collisions(plain: Mapping[Target, str], final: Mapping[Target, str]) -> Iterator[Collision]:
    """Yield every name that several would have had, a name that a suffix took among them."""
    for group in _groups(plain):
        if len(group) > 1 or final[group[0]] != plain[group[0]]:
            yield Collision(plain[group[0]], {final[each]: each for each in group})
