"""Measures search over many tools, and how large a planner's prompt is with and without it choosing."""

from __future__ import annotations

import random
import time
from pathlib import Path
from statistics import median
from typing import Final

from benchmarks.given import Given
from benchmarks.results import Part, Row
from benchmarks.search import Case, read_cases, read_offers
from router.catalogue.search import Index
from router.core.compile import compile
from router.core.query import Query
from router.core.settings import Planning, Settings
from router.core.source import Sources
from router.planner.prompt import messages
from router.planner.shape import plan_schema
from router.planner.showing import shown, tokens_of
from router.ports import Offer, Tool
from router.testing import FakeCatalogue

SIZES: Final = (10, 100, 1_000, 10_000)
LARGEST_PROMPT: Final = 1_000
"""Tools of which a prompt is made; more would be asked of nobody."""
EVERYTHING: Final = 10**9
"""Tokens that no catalogue takes."""
ASKED: Final = 10
"""Questions whose prompts are measured."""
SKIPPED: Final = "search and prompts: name LiveMCPBench's folder by --livemcpbench or TS_LIVEMCPBENCH"


def measure(given: Given) -> Part:
    """Measure at each number of tools, the true ones of the questions always among them."""
    if given.livemcpbench is None:
        return Part([], [SKIPPED])
    return Part([_row(given.livemcpbench, size) for size in given.sizes_or(SIZES)])


def _row(folder: Path, size: int) -> Row:
    offers = read_offers(folder)
    cases = read_cases(folder, {tool.name for offer in offers for tool in offer.tools})
    cases, offers = _grown(offers, cases, size)
    begin = time.process_time()
    index = Index(offers, Settings())
    built = time.process_time() - begin
    taken: list[float] = []
    found: list[list[str]] = []
    for case in cases:
        begin = time.process_time()
        hits = index.nearest(Query(case.text), 5)
        taken.append(time.process_time() - begin)
        found.append([hit.target.member for hit in hits])
    narrowed, whole = _prompts(index, offers, cases, size)
    return {
        "tools": size,
        "questions": len(cases),
        "recall_1": sum(case.tool in each[:1] for case, each in zip(cases, found, strict=True)) / len(cases),
        "recall_5": sum(case.tool in each for case, each in zip(cases, found, strict=True)) / len(cases),
        "search_ms": 1e3 * median(taken),
        "build_ms": 1e3 * built,
        "narrowed_tokens": narrowed,
        "whole_tokens": whole,
    }


def _grown(offers: list[Offer], cases: list[Case], size: int) -> tuple[list[Case], list[Offer]]:
    """Return as many tools, and the questions whose tool is among them.

    Where there are too few, tools are made up of the names and descriptions of others, so that their words
    are as common as those of the true ones.
    """
    drawn = random.Random(0)
    every = [(offer, tool) for offer in offers for tool in offer.tools]
    wanted = list(dict.fromkeys(case.tool for case in cases))[: max(size // 2, 1)]
    chosen = [pair for pair in every if pair[1].name in wanted]
    rest = [pair for pair in every if pair[1].name not in wanted]
    chosen += drawn.sample(rest, min(len(rest), max(size - len(chosen), 0)))
    made = [_made_up(drawn, every, number) for number in range(size - len(chosen))]
    kept = [
        Offer(
            "mcp",
            offer.name,
            tuple(tool for each, tool in chosen if each is offer),
            offer.title,
            offer.description,
        )
        for offer in offers
    ]
    known = {tool.name for _, tool in chosen}
    return [case for case in cases if case.tool in known], [*kept, Offer("mcp", "made-up", tuple(made))]


def _made_up(drawn: random.Random, every: list[tuple[Offer, Tool]], number: int) -> Tool:
    (_, one), (_, other) = drawn.sample(every, 2)
    words = f"{one.description} {other.description}".split()
    some = drawn.sample(words, min(len(words), 20))
    return Tool(f"{one.name}_{number}", " ".join(some), one.input_schema)


def _prompts(
    index: Index, offers: list[Offer], cases: list[Case], size: int
) -> tuple[float | None, float | None]:
    """Return how many tokens a prompt takes, with the tools that search chose and with all of them."""
    if size > LARGEST_PROMPT:
        return None, None
    book = compile(Sources(), Settings())
    counts: dict[int, list[int]] = {Planning().tools_tokens: [], EVERYTHING: []}
    for case in cases[:ASKED]:
        query = Query(case.text)
        catalogue = FakeCatalogue(offers, index.nearest(query, size))
        for most, tokens in counts.items():
            seen = shown(catalogue, query, (), book.admission, most)
            schema = plan_schema(str(each.target) for each in seen.entries)
            chat = messages(book, query, seen, schema, tie=False, steps=Planning().steps)
            tokens.append(sum(tokens_of(each["content"]) for each in chat))
    narrowed, whole = (median(each) for each in counts.values())
    return narrowed, whole
