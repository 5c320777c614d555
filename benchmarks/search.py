"""Measures how often search finds the tool that a person chose; it is no test and has no threshold.

    python benchmarks/search.py FOLDER     (or set TS_LIVEMCPBENCH)

FOLDER holds `tools.json.gz` and `annotations.json.gz` of LiveMCPBench: 70 servers with 527 tools, and tasks
with annotated steps and tools. Only tasks with as many steps as tools are used, where line answers line.
SQLite's FTS5 (Porter stemmer, same fields and weights) runs beside ours, on the same texts and misspelt ones.
Then follows how often one tool is decisively ahead, and right, over so many servers drawn at random: with the
server that the person chose among them, and without it, where every tool is wrong or does as well. *Filled*
is how many of these have all arguments told by the text, and the last column how many of those are right.
Whether a tool says that it only reads is not asked, since most of these do not say.
"""

from __future__ import annotations

import gzip
import json
import os
import random
import re
import sqlite3
import sys
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from router.catalogue.filling import filled
from router.catalogue.search import DESCRIPTION_WEIGHT, NAME_WEIGHT, PEER_WEIGHT, Index
from router.catalogue.wording import FUNCTION_WORDS, words
from router.core.query import Query
from router.core.settings import Settings
from router.ports import Offer, Tool

DEPTHS: Final = (1, 5, 10)
SERVERS: Final = (3, 10, 30)
"""Of which the decisive ones are looked for, besides all."""
DRAWS: Final = 4
"""Sets of servers for each text."""
Search = Callable[[str], list[str]]
"""Takes a text, returns names of tools, best first."""


@dataclass(frozen=True, slots=True)
class Case:
    """A step as a person wrote it, and the tool that the same person chose."""

    text: str
    tool: str
    half: int
    """0 or 1; all steps of a task fall into the same half."""


def read_offers(folder: Path) -> list[Offer]:
    """Read the servers as the catalogue would keep them."""
    return [
        Offer(
            "mcp",
            name,
            tuple(map(_tool, found["tools"])),
            server["name"],
            server["description"],
        )
        for server in _read(folder / "tools.json.gz")
        for name, found in server["tools"].items()
    ]


def read_cases(folder: Path, known: set[str]) -> list[Case]:
    """Read the steps whose tool is among the known ones."""
    found: list[Case] = []
    for number, task in enumerate(_read(folder / "annotations.json.gz")):
        steps, tools = (_lines(task["Annotator Metadata"][key]) for key in ("Steps", "Tools"))
        if len(steps) == len(tools):
            pairs = zip(steps, tools, strict=True)
            found += [Case(step, tool, number % 2) for step, tool in pairs if tool in known]
    return found


def misspelt(text: str) -> str:
    """Drop the middle letter of every other word of five letters or more."""
    out: list[str] = []
    drop = False
    for word in text.split():
        if len(word) >= 5:
            drop = not drop
        middle = len(word) // 2 if drop and len(word) >= 5 else len(word)
        out.append(word[:middle] + word[middle + 1 :])
    return " ".join(out)


def ours(offers: list[Offer]) -> Search:
    """Build the index that the router searches."""
    index = Index(offers, Settings())
    return lambda text: [hit.target.member for hit in index.nearest(Query(text), DEPTHS[-1])]


def fts5(offers: list[Offer], connection: sqlite3.Connection) -> Search:
    """Fill a table of SQLite's full-text search."""
    connection.execute("create virtual table tools using fts5(name, text, peer, tokenize='porter unicode61')")
    rows = [(offer, tool) for offer in offers for tool in offer.tools]
    for offer, tool in rows:
        fields = (tool.name, tool.description, f"{offer.name} {offer.title} {offer.description}")
        connection.execute("insert into tools values (?, ?, ?)", [" ".join(words(field)) for field in fields])

    def search(text: str) -> list[str]:
        terms = " OR ".join(f'"{word}"' for word in dict.fromkeys(words(text)) if word not in FUNCTION_WORDS)
        found = connection.execute(
            "select rowid from tools where tools match ? order by bm25(tools, ?, ?, ?) limit ?",
            (terms or '""', NAME_WEIGHT, DESCRIPTION_WEIGHT, PEER_WEIGHT, DEPTHS[-1]),
        )
        return [rows[row - 1][1].name for (row,) in found]

    return search


def report(name: str, search: Search, cases: list[Case]) -> None:
    """Print one line of the table."""
    start = time.process_time()
    answers = [search(case.text) for case in cases]
    milliseconds = 1000 * (time.process_time() - start) / len(cases)
    print(f"{name:26}{len(cases):6}", end="")
    for depth in DEPTHS:
        found = sum(case.tool in answer[:depth] for case, answer in zip(cases, answers, strict=True))
        print(f"{found / len(cases):9.3f}", end="")
    print(f"{milliseconds:14.2f}")


def report_all(name: str, build: Callable[[], Search], cases: list[Case]) -> None:
    """Print the lines of one search: all texts, each half, and all texts misspelt."""
    start = time.process_time()
    search = build()
    milliseconds = 1000 * (time.process_time() - start)
    report(name, search, cases)
    for half in (0, 1):
        report(f"  half {half}", search, [case for case in cases if case.half == half])
    report("  misspelt", search, [Case(misspelt(case.text), case.tool, case.half) for case in cases])
    print(f"  built in {milliseconds:.0f} ms of CPU")


def report_decisive(offers: list[Offer], cases: list[Case], half: int) -> None:
    """Print how often a tool of all servers, and of a few, is decisively ahead, and is the chosen one."""
    asked = [case for case in cases if case.half == half]
    index = Index(offers, Settings())
    _report_named(f"  half {half}, all", offers, [(case, index) for case in asked])
    for count in SERVERS:
        for known in (True, False):
            drawn = random.Random(count)
            some = [(case, _some(offers, case, count, known, drawn)) for case in asked * DRAWS]
            name = f"  half {half}, {count} {'with' if known else 'without'} it"
            _report_named(name, offers, [(case, Index(each, Settings())) for case, each in some])


def _some(offers: list[Offer], case: Case, count: int, known: bool, drawn: random.Random) -> list[Offer]:
    right = [offer for offer in offers if offer.tool(case.tool)]
    others = [offer for offer in offers if not offer.tool(case.tool)]
    return right[:1] + drawn.sample(others, count - 1) if known else drawn.sample(others, count)


def _report_named(name: str, offers: list[Offer], asked: list[tuple[Case, Index]]) -> None:
    schemas = {(offer.name, tool.name): tool.input_schema for offer in offers for tool in offer.tools}
    named = [(case, target) for case, index in asked if (target := index.decisive(Query(case.text)))]
    called = [
        (case, target)
        for case, target in named
        if filled(schemas[target.name, target.member], case.text) is not None
    ]
    print(f"{name:26}{len(asked):6}", end="")
    for found in (named, called):
        print(f"{len(found):9}{sum(target.member == case.tool for case, target in found):9}", end="")
    print()


def main() -> None:
    """Print recall at each depth for both searches, and how often one tool is decisively ahead."""
    place = sys.argv[1] if len(sys.argv) > 1 else os.environ.get("TS_LIVEMCPBENCH", "")
    folder = Path(place)
    if not place or not (folder / "tools.json.gz").is_file():
        sys.exit(f"{place or 'no folder given'}: not LiveMCPBench; name its folder, or set TS_LIVEMCPBENCH")
    offers = read_offers(folder)
    cases = read_cases(folder, {tool.name for offer in offers for tool in offer.tools})
    heads = "".join(f"@{depth}".rjust(9) for depth in DEPTHS)
    print(f"{'':26}{'texts':>6}{heads}{'CPU ms/text':>14}")
    report_all("router.catalogue.search", lambda: ours(offers), cases)
    with closing(sqlite3.connect(":memory:")) as connection:
        report_all("sqlite fts5", lambda: fts5(offers, connection), cases)
    print(f"{'decisively ahead':26}{'texts':>6}{'named':>9}{'right':>9}{'filled':>9}{'right':>9}")
    for half in (0, 1):
        report_decisive(offers, cases, half)


def _tool(told: dict[str, Any]) -> Tool:
    read_only = (told["annotations"] or {}).get("readOnlyHint")
    return Tool(told["name"], told["description"] or "", told["inputSchema"], read_only=read_only)


def _read(file: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(gzip.decompress(file.read_bytes()))
    return found


def _lines(text: str) -> list[str]:
    return [re.sub(r"^\s*\d+\.\s*", "", line).strip() for line in text.split("\n") if line.strip()]


if __name__ == "__main__":
    main()
