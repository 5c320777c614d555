"""Draws rulebooks of many rules that match the same queries: words, lists, phrases and nones alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from random import Random
from typing import Final

from router.core.compile import compile
from router.core.source import RuleText, Sources, StepText
from router.errors import RulebookRefused
from tests.core.making import SETTINGS
from tests.core.worlds import LISTS, SHAPES, TARGETS, WORDS

ENTRIES: Final = (
    *WORDS,
    *WORDS,
    "order status",
    "status order",
    "refund order status",
    "@what",
    "@place",
    "@any",
)
SENTENCES: Final = (
    "refund {x:@what} status", "refund {w:word} status", "refund order status", "{y:@place} [order] status",
    "refund [the] {r:rest}", "{r:rest} status", "(refund|client) {r:rest}", "refund {n:int} {r:rest}",
    "{a:@what} {b:@place} status", "refund {other:@what} status", "{r:rest}", "refund {p:path} [status]",
)  # fmt: skip
TEXTS: Final = (
    "refund order status", "refund client status", "refund order status order 12",
    "refund 3 order status client", "client refund order status ref-7", "order order status",
    "refund order 12 status client ledger",
    "status order refund", "refund ledger order status", "refund report status",
)  # fmt: skip


def crowd(drawn: Random, most: int = 24) -> Sources:
    """Draw a rulebook that compiles."""
    rules: list[RuleText] = []
    for number in range(drawn.randint(6, most)):
        rules.append(_rule(number, rules, drawn))
    made = _sources(rules)
    beating = [_beating(each, rules[:at], drawn) for at, each in enumerate(rules)]
    return _sources(beating) if _compiles(_sources(beating)) else made


def _sources(rules: Sequence[RuleText]) -> Sources:
    return Sources(rules=tuple(rules), words=LISTS, shapes=SHAPES)


def _compiles(made: Sources) -> bool:
    try:
        compile(made, SETTINGS)
    except RulebookRefused:
        return False
    return True


def _rule(number: int, before: Sequence[RuleText], drawn: Random) -> RuleText:
    uses = drawn.sample(TARGETS, drawn.choice((1, 1, 1, 2)))
    rule = RuleText(
        file=f"rules/team/t{number % 3}.toml",
        layer="team",
        topic=f"t{number % 3}",
        name=f"r{number:02}",
        line=number + 1,
        steps=tuple(StepText(id=str(n), use=use, path=("use", n - 1)) for n, use in enumerate(uses, 1)),
    )
    if before and drawn.random() < 0.4:  # as another asks, but for what must not be there
        like = drawn.choice(before)
        rule = replace(
            rule, all=like.all, any=like.any, say=like.say, looks=like.looks, modes=like.modes,
            facts=like.facts, attached=like.attached, none=like.none,
        )  # fmt: skip
        if drawn.random() < 0.3:
            return replace(rule, all=(*rule.all, _alternatives(drawn)))
    else:
        rule = _condition(rule, drawn)
    return replace(rule, none=tuple(_alternatives(drawn) for _ in range(drawn.choice((0, 0, 1, 1, 2)))))


def _condition(rule: RuleText, drawn: Random) -> RuleText:
    kind = drawn.random()
    if kind < 0.55:
        rule = replace(rule, all=tuple(_alternatives(drawn) for _ in range(drawn.randint(1, 3))))
    elif kind < 0.7:
        rule = replace(rule, any=tuple(_alternatives(drawn) for _ in range(drawn.randint(1, 2))))
    else:
        rule = replace(rule, say=tuple(drawn.sample(SENTENCES, drawn.choice((1, 1, 2)))))
    if drawn.random() < 0.2:
        rule = replace(rule, looks=tuple(drawn.sample(sorted(SHAPES), drawn.choice((1, 1, 2)))))
    if drawn.random() < 0.15:
        rule = replace(rule, modes=tuple(drawn.sample(("useful", "faves"), drawn.choice((1, 2)))))
    if drawn.random() < 0.15:
        rule = replace(
            rule, facts=drawn.choice(({"env": "prod"}, {"env": "prod", "team": "a"}, {"team": "a"}))
        )
    if drawn.random() < 0.15:
        rule = replace(
            rule, attached=drawn.choice((("image/*",), ("image/png",), ("*/*",), ("image/*", "text/plain")))
        )
    return rule


def _alternatives(drawn: Random) -> tuple[str, ...]:
    return tuple(drawn.sample(ENTRIES, drawn.choice((1, 1, 1, 1, 2, 3))))


def _beating(rule: RuleText, before: Sequence[RuleText], drawn: Random) -> RuleText:
    if not before or drawn.random() > 0.1:
        return rule
    return replace(rule, beats=(drawn.choice(before).id,))
