"""Generates rulebooks over a small vocabulary and queries of the same words, so that rules really match."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

from hypothesis import strategies as st

from router.core.book import Rulebook
from router.core.compile import compile
from router.core.plan import JSON
from router.core.query import Query
from router.core.say import parse
from router.core.sentence import Literal, Template
from router.core.slots import Entry, Slot
from router.core.source import RuleText, Sources, StepText
from router.core.text import Normaliser
from router.errors import RulebookRefused
from tests.core.making import SETTINGS, query

NORMALISER: Final = Normaliser("english")
WORDS: Final = ("refund", "order", "status", "client")
LISTS: Final = {
    "what": ("refund", "client", "order status"),
    "place": ("ledger", "order"),
    "any": ("@what", "@place"),
}
SHAPES: Final = {"number": r"order (?P<order>\d+)", "key": r"\bref-(?P<ref>\d+)"}
TARGETS: Final = ("mcp:ledger/get", "mcp:ledger/put", "mcp:git/log", "mcp:useful/tool", "a2a:release")
SLOTS: Final = {
    "{n:int}": ("3", "12"), "{v:number}": ("2.5", "7"), "{w:word}": ("client", "x-1", "refund"),
    "{p:path}": ("src/a.py", ".", "ledger", '"my file"'), "{d:date}": ("today", "2027-01-31"),
    "{r:rest}": ("the whole order", "report"), "{x:@what}": ("refund", "order status"),
    "{y:@place}": ("ledger", "report"),
}  # fmt: skip

words = st.sampled_from(WORDS)
entries = st.one_of(
    words,
    words,
    st.sampled_from(("@what", "@place", "@any")),
    st.tuples(words, words).map(" ".join),
)
alternatives = st.one_of(
    entries.map(lambda each: (each,)), st.lists(entries, min_size=2, max_size=3, unique=True).map(tuple)
)
parts = st.one_of(
    words,
    words.map(lambda each: f"[{each}]"),
    st.tuples(words, words).map(lambda two: f"({two[0]}|{two[1]})"),
    st.tuples(words, words, words).map(lambda three: f"({three[0]} [{three[1]}]|{three[2]})"),
    st.sampled_from(sorted(SLOTS)),
)


def rarely(times: int) -> st.SearchStrategy[bool]:
    """Be true once in so many times and one."""
    return st.sampled_from((False,) * times + (True,))


def _template(pieces: list[str]) -> str:
    """Join parts, each slot once, and a word where every part may be left out."""
    kept = [each for number, each in enumerate(pieces) if each[0] != "{" or each not in pieces[:number]]
    return " ".join(kept if any(each[0] != "[" for each in kept) else [*kept, "order"])


templates = st.lists(parts, min_size=1, max_size=4).map(_template)


@dataclass(frozen=True, slots=True)
class World:
    """A rulebook's sources and a query."""

    sources: Sources
    query: Query

    @property
    def book(self) -> Rulebook:
        """The sources, compiled."""
        return compile(self.sources, SETTINGS)


CONTEXTS: Final[dict[str, st.SearchStrategy[JSON]]] = {
    "looks": st.sampled_from((("number",), ("key",), ("number", "key"))),
    "modes": st.sampled_from((("useful",), ("faves", "useful"))),
    "facts": st.sampled_from(({"env": "prod"}, {"env": "test"}, {"env": "prod", "team": "a"})),
    "attached": st.sampled_from((("image/*",), ("image/png",), ("*/*", "text/plain"))),
}


@st.composite
def conditions(draw: st.DrawFn) -> dict[str, JSON]:
    """Fields of a rule that say when it matches; at least one."""
    found: dict[str, JSON] = {}
    kind = draw(st.sampled_from(("all", "all", "any", "say", "say", "both", "context")))
    if kind in ("all", "both"):
        found["all"] = draw(st.lists(alternatives, min_size=1, max_size=2).map(tuple))
    if kind == "any":
        found["any"] = draw(st.lists(alternatives, min_size=1, max_size=2).map(tuple))
    if kind in ("say", "both"):
        found["say"] = draw(st.lists(templates, min_size=1, max_size=2, unique=True).map(tuple))
    if kind == "context" or draw(rarely(5)):
        name = draw(st.sampled_from(sorted(CONTEXTS)))
        found[name] = draw(CONTEXTS[name])
    if draw(rarely(5)):
        found["none"] = (draw(alternatives),)
    return found


@st.composite
def narrowed(draw: st.DrawFn, rule: RuleText) -> dict[str, JSON]:
    """Draw the condition of another rule with something more in it."""
    found = {name: getattr(rule, name) for name in ("all", "any", "none", "say", *CONTEXTS)}
    other: bool = draw(st.booleans())
    if rule.say and other:
        template = draw(st.sampled_from(rule.say))
        for slot, instead in (("{w:word}", "{n:int}"), ("{p:path}", "{w:word}"), ("{r:rest}", "{x:@what}")):
            template = template if instead in template else template.replace(slot, instead)
        return {**found, "say": (template,)}
    name = draw(st.sampled_from(("all", "all", "none", "modes")))
    if name == "modes":
        return {**found, "modes": ("useful",)}
    return {**found, name: (*found[name], draw(alternatives))}


@st.composite
def rule_texts(draw: st.DrawFn, number: int, before: list[RuleText]) -> RuleText:
    """One rule, sometimes a narrower version of an earlier one."""
    stage = draw(st.sampled_from(("live",) * 9 + ("shadow", "canary")))
    uses = draw(st.lists(st.sampled_from(TARGETS), min_size=1, max_size=2, unique=True))
    layer = draw(st.sampled_from(("team",) * 5 + ("guard",)))
    narrow: bool = draw(st.booleans()) if before else False
    condition = draw(narrowed(draw(st.sampled_from(before)))) if narrow else draw(conditions())
    return RuleText(
        file=f"rules/{layer}/t{number % 3}{layer}.toml",
        layer=layer,
        topic=f"t{number % 3}{layer}",
        name=f"r{number}",
        line=number + 1,
        steps=tuple(StepText(id=str(n), use=use, path=("use", n - 1)) for n, use in enumerate(uses, 1)),
        adds=draw(rarely(11)),
        stage=stage,
        share=draw(st.sampled_from((10, 50, 100))) if stage == "canary" else None,
        **condition,
    )


@st.composite
def rulebooks(draw: st.DrawFn, most: int = 6) -> Sources:
    """Rules that compile, with `beats` wherever that makes no ring."""
    rules: list[RuleText] = []
    for number in range(draw(st.integers(3, most))):
        rules.append(draw(rule_texts(number, rules)))
    plain = Sources(
        rules=tuple(rules),
        words=LISTS,
        shapes=SHAPES,
        prompts={"a.j2": "{{ text }}", "b.j2": "{{ result.text }}"},
    )
    beating = tuple(_with_beats(draw, each, plain.rules[:number]) for number, each in enumerate(rules))
    made = replace(plain, rules=beating)
    return plain if made != plain and _refused(made) else made


def _refused(sources: Sources) -> bool:
    try:
        compile(sources, SETTINGS)
    except RulebookRefused:
        return True
    return False


def _with_beats(draw: st.DrawFn, rule: RuleText, before: tuple[RuleText, ...]) -> RuleText:
    others = [each.id for each in before if each.layer == rule.layer and not each.adds]
    if rule.adds or not others or not draw(rarely(2)):
        return rule
    return replace(rule, beats=(draw(st.sampled_from(others)),))


loose = st.sampled_from(
    (
        *WORDS * 3,
        "ledger",
        "the",
        "3",
        "2.5",
        "src/a.py",
        ".",
        "today",
        "order 12",
        "ref-7",
        "order status",
        "退款",
    )
)
glue = st.sampled_from((" ", " ", " ", " ", " ", ", ", "? ", " . ", ",", "-", "-"))


@st.composite
def texts(draw: st.DrawFn, rules: tuple[RuleText, ...]) -> str:
    """Draw a sentence that one of the rules says, or the words that they ask for and others."""
    said = sorted({template for rule in rules for template in rule.say})
    if said and not draw(rarely(3)):
        return draw(sentences(draw(st.sampled_from(said))))
    asked = [
        draw(_spelt(draw(st.sampled_from(each)))) for rule in rules for each in (*rule.all, *rule.any[:1])
    ]
    asked += [{"number": "order 12", "key": "ref-7"}[name] for rule in rules for name in rule.looks]
    pieces = draw(st.permutations([*asked, *draw(st.lists(loose, min_size=0 if asked else 1, max_size=3))]))
    return "".join(piece + draw(glue) for piece in pieces)


def _spelt(entry: str) -> st.SearchStrategy[str]:
    if not entry.startswith("@"):
        return st.just(entry)
    return st.sampled_from(LISTS[entry[1:]]).flatmap(_spelt)


@st.composite
def sentences(draw: st.DrawFn, template: str) -> str:
    """Draw a text that a template says, sometimes with a stop or other words behind it."""
    branch = draw(st.sampled_from(parsed(template).branches))
    pieces = [draw(_filled(each)) for each in branch]
    separators = [draw(glue) for _ in pieces]
    text = "".join(piece + separator for piece, separator in zip(pieces, separators, strict=True))
    return text + draw(st.sampled_from(("", "", "", "", "?", " .", " order 12", " client")))


@lru_cache(maxsize=1024)
def parsed(template: str) -> Template:
    """Parse a template with the lists at hand."""
    lists = {
        name: tuple(Entry(NORMALISER.stems(each), each) for each in LISTS[name]) for name in ("what", "place")
    }
    return parse(template, NORMALISER.stems, lists.get)


def _filled(element: Literal | Slot) -> st.SearchStrategy[str]:
    return st.just(element.stem) if isinstance(element, Literal) else st.sampled_from(SLOTS[str(element)])


@st.composite
def queries(draw: st.DrawFn, sources: Sources) -> Query:
    """Draw a query that one or two of the rules may well match."""
    rules = tuple(draw(st.lists(st.sampled_from(sources.rules), min_size=1, max_size=2, unique_by=id)))
    fit = not draw(rarely(3))
    facts = {key: value for rule in rules for key, value in rule.facts.items()}
    return query(
        draw(texts(rules)),
        modes=draw(st.sampled_from(((), ("useful",), ("useful",), ("faves", "essential")))),
        words=draw(st.sampled_from(((),) * 9 + (("code",), ("refunds",), ("nothing",)))),
        facts=facts if fit else draw(st.sampled_from(({}, {"env": "prod"}, {"key": "k7", "env": "test"}))),
        attached=draw(st.sampled_from((("image/png", "text/plain"),) * 3 + ((), ("image/gif",)))),
    )


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Draw a rulebook and a query."""
    made = draw(rulebooks())
    return World(made, draw(queries(made)))


def permutation(count: int, seed: int) -> list[int]:
    """Return 0 to count in an order that the seed chooses."""
    return sorted(range(count), key=lambda each: hashlib.sha256(f"{seed}/{each}".encode()).digest())


def shuffled(sources: Sources, seed: int) -> Sources:
    """Return the same sources with every order that must not matter changed."""
    rules = list(sources.rules)
    rules = [rules[at] for at in permutation(len(rules), seed)]
    return replace(
        sources,
        rules=tuple(rules),
        words=dict(reversed(list(sources.words.items()))),
        shapes=dict(reversed(list(sources.shapes.items()))),
        prompts=dict(reversed(list(sources.prompts.items()))),
    )
