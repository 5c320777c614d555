"""Makes projects of any size whose rules look like those of a large team; the same for the same size.

Of the rules 60 % ask for words, 25 % for words and a shape, 15 % are sentence templates. Every rule has two
`yes` and a `no`; words are made up, a few hundred verbs shared by all rules, nouns by about four rules each.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

SYLLABLES: Final = (
    "ba", "ke", "lo", "mi", "nu", "ra", "so", "ti", "vu", "ze", "pa", "do", "gri", "sta", "fle", "cho", "bru",
    "lin",
)  # fmt: skip
FILLERS: Final = ("please", "could you", "i need to", "quickly", "today", "for the team", "again", "hey")
VOCABULARY: Final = "[shapes]\nticket = '\\b(?P<ticket>[A-Z]{2,5}-\\d+)\\b'\n"
RULES_A_FILE: Final = 25
VERBS: Final = 300

Kind = Literal["words", "shape", "sentence"]


@dataclass(frozen=True, slots=True)
class Made:
    """A rule as written, and queries that it takes."""

    name: str
    table: str
    queries: tuple[str, ...]
    kind: Kind
    words: tuple[str, ...]
    """What it asks for; made-up rules have a verb and two nouns."""


def write_project(directory: Path, rules: int, queries: int, seed: int = 7) -> None:
    """Write a project with so many rules and recorded queries, a fifth of which no rule takes."""
    drawn = random.Random(seed)
    made = list(_rules(rules, drawn))
    write_rules(directory, made, VOCABULARY)
    taken = [query for each in made for query in each.queries]
    others = [
        f"{drawn.choice(FILLERS)} {_word(drawn)} {_word(drawn)} {number}" for number in range(queries // 5)
    ]
    recorded = [*others, *(drawn.choice(taken) for _ in range(queries - len(others)))]
    _write(
        directory / "corpus/queries.txt", "\n".join(f"{each} {at}" for at, each in enumerate(recorded)) + "\n"
    )


def made_rules(count: int, seed: int = 7) -> list[Made]:
    """Return the rules that `write_project` writes."""
    return list(_rules(count, random.Random(seed)))


def write_rules(directory: Path, made: Sequence[Made], vocabulary: str) -> None:
    """Write a project that has these rules, 25 to a file."""
    _write(directory / "ts.toml", '[mcp.work]\ncommand = "work-server"\n')
    _write(directory / "rules/vocab.toml", vocabulary)
    for start in range(0, len(made), RULES_A_FILE):
        tables = sorted(made[start : start + RULES_A_FILE], key=lambda each: each.name)
        topic = directory / f"rules/team/topic{start // RULES_A_FILE}.toml"
        _write(topic, "\n".join(each.table for each in tables))


def _rules(count: int, drawn: random.Random) -> Iterator[Made]:
    verbs = [_word(drawn) for _ in range(VERBS)]
    nouns = [_word(drawn) for _ in range(max(count // 2, 10))]
    used: set[tuple[str, ...]] = set()
    while len(used) < count:
        words = (drawn.choice(verbs), *sorted(drawn.sample(nouns, 2)))
        if words not in used and len(set(words)) == len(words):
            used.add(words)
            yield _rule(len(used), words, drawn)


def _rule(number: int, words: tuple[str, ...], drawn: random.Random) -> Made:
    verb, noun, other = words
    filler = drawn.choice(FILLERS)
    share = drawn.random()
    kind: Kind = "words" if share < 0.6 else "shape" if share < 0.85 else "sentence"
    if kind == "words":
        asks = f'when = {{ all = ["{verb}", "{noun}", "{other}"], none = ["policy"] }}'
        queries = (f"{filler} {verb} the {noun} of {other}", f"{verb} {other} and {noun}")
    elif kind == "shape":
        asks = f'when = {{ all = ["{verb}", "{noun} {other}"], looks = "ticket" }}'
        queries = (f"{verb} {noun} {other} AB-{number}", f"{filler} {verb} the {noun} {other} of KX-7")
    else:
        first = f'"[please] {verb} [the] {noun} {other} [{{rest}}]"'
        second = f'"({noun}|{other}) {verb} {{n:int}} {noun} [{{rest}}]"'
        asks = f"say = [\n    {first},\n    {second},\n]"
        queries = (f"{verb} the {noun} {other}", f"{other} {verb} 3 {noun}")
    name = f"rule-{number:05}"
    table = (
        f'[{name}]\nowner = "@team-{number % 40}"\nwhy = "Made up, as the words are."\n{asks}\n'
        f'use = "mcp:work/tool_{number}"\nargs = {{ what = "{noun}", text = "{{{{ text }}}}" }}\n'
        f'yes = [\n    "{queries[0]}",\n    "{queries[1]}",\n]\nno = ["{verb} something else"]\n'
    )
    return Made(name, table, queries, kind, words)


def _word(drawn: random.Random) -> str:
    return "".join(drawn.choice(SYLLABLES) for _ in range(drawn.randint(3, 5)))


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
