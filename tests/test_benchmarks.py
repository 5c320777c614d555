"""The benchmarks still run, and page and plot show the results that are kept; nothing here asserts a time."""

from __future__ import annotations

import gzip
import json
import os
import re
import subprocess
import sys
from itertools import product
from pathlib import Path
from typing import Any

import pytest

import router
from benchmarks import clinc150, page, peers, plot, results
from benchmarks.corpus import public
from benchmarks.engines import ENGINES, Engine, patterns
from benchmarks.goals import GOALS
from benchmarks.hostile import CASES
from benchmarks.projects import SYLLABLES, made_rules, write_rules
from benchmarks.run import PARTS

SAID = "could you please tell the {} about number {} of my {}"
NAMES = ("bank", "doctor", "pilot", "baker", "tailor", "judge", "writer", "singer", "farmer", "miller")


def run(directory: Path, *arguments: str, **variables: str) -> tuple[dict[str, Any], str]:
    """Run parts of the benchmarks with ten rules; return what was measured and what was said."""
    kept = directory / "results.json"
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.run", *arguments, "--sizes", "10", "--json-to", str(kept)],
        cwd=results.ROOT,
        env={**os.environ, "TS_CLINC150": "", **variables},
        capture_output=True,
        text=True,
        timeout=170,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(kept.read_text()), done.stdout


def queries(path: Path) -> Path:
    """Write a data set in the form of CLINC150."""
    words = iter(product(SYLLABLES, SYLLABLES))
    rows = [[SAID.format(name, at, "".join(next(words))), name] for name in NAMES for at in range(10)]
    splits = ("train", "val", "test", "oos_train", "oos_val", "oos_test")
    path.write_bytes(gzip.compress(json.dumps(dict.fromkeys(splits, rows)).encode()))
    return path


def test_the_page_shows_the_results_that_are_kept() -> None:
    text = page.PAGE.read_text(encoding="utf-8")

    assert page.rendered(text, results.read()) == text
    assert re.findall(r"<!-- measured: (\w+) -->", text) == ["goals", *PARTS]
    assert all(goal.text in text for goal in GOALS)


def test_the_plot_is_drawn_from_the_results_that_are_kept() -> None:
    assert plot.mark(results.read()) in plot.PLOT.read_text(encoding="utf-8")


def test_results_are_read_as_they_were_written(tmp_path: Path) -> None:
    kept = results.read()

    results.write(kept, tmp_path / "results.json")

    assert (tmp_path / "results.json").read_text(encoding="utf-8") == results.RESULTS.read_text(
        encoding="utf-8"
    )


def test_decisions_are_measured_and_missing_queries_are_said_to_be_skipped(tmp_path: Path) -> None:
    measured, said = run(tmp_path, "decisions")

    rows = measured["decisions"]["rows"]
    assert [row["row"] for row in rows] == ["floor", "read", "warm", "fresh", "explain", "decided"]
    assert all(row["p50_us"] > 0 for row in rows[:-1])
    assert rows[-1]["rule"] == 100
    assert "skipped: real queries: name CLINC150" in said


def test_decisions_are_measured_with_public_queries(tmp_path: Path) -> None:
    measured, _ = run(tmp_path, "decisions", TS_CLINC150=str(queries(tmp_path / "data.json.gz")))

    corpora = {row["corpus"] for row in measured["decisions"]["rows"]}
    assert (corpora, measured["decisions"]["skipped"]) == ({"made up", "CLINC150"}, [])


def test_search_is_not_measured_where_its_data_are_missing(tmp_path: Path) -> None:
    measured, said = run(tmp_path, "planning", TS_LIVEMCPBENCH="")

    assert measured["planning"]["rows"] == []
    assert "skipped: search and prompts: name LiveMCPBench" in said


def tools(folder: Path) -> Path:
    """Write a data set in the form of LiveMCPBench."""
    made: list[dict[str, Any]] = [
        {"name": f"{name}_find", "description": f"Finds a {name}", "inputSchema": {}, "annotations": None}
        for name in NAMES
    ]
    offers = [{"name": "People", "description": "", "tools": {"people": {"tools": made}}}]
    steps = {"Steps": "1. Find a pilot\n2. Find a baker", "Tools": "1. pilot_find\n2. baker_find"}
    for name, told in (("tools", offers), ("annotations", [{"Annotator Metadata": steps}])):
        (folder / f"{name}.json.gz").write_bytes(gzip.compress(json.dumps(told).encode()))
    return folder


@pytest.mark.slow
def test_search_and_prompts_are_measured_where_its_data_are(tmp_path: Path) -> None:
    measured, _ = run(tmp_path, "planning", TS_LIVEMCPBENCH=str(tools(tmp_path)))

    [row] = measured["planning"]["rows"]
    assert (row["tools"], row["questions"], row["recall_1"]) == (10, 2, 1)
    assert row["narrowed_tokens"] == row["whole_tokens"] > 100


@pytest.mark.slow
def test_calls_are_measured_beside_the_bare_sdk(tmp_path: Path) -> None:
    measured, _ = run(tmp_path, "calls")

    rows = measured["calls"]["rows"]
    assert [(row["transport"], row["row"]) for row in rows] == [
        (kind, name) for kind in ("stdio", "http") for name in ("SDK", "driver", "driver and guard")
    ]
    assert all(row["call_us"] > 0 < row["at_once_us"] for row in rows)


def test_rules_of_public_queries_take_some_of_them(tmp_path: Path) -> None:
    corpus = public(queries(tmp_path / "data.json.gz"))(50)
    book = router.load(corpus.write(tmp_path / "project"))

    assert len(book.rules) == 50
    assert len({book.decide(query).kind for query in corpus.asked}) > 1


def test_too_few_queries_for_so_many_rules_are_an_error() -> None:
    with pytest.raises(ValueError, match="2 queries do not make 10 rules"):
        clinc150.made_rules([("tell me my balance", "balance")] * 2, 10)


@pytest.mark.parametrize("name", CASES)
def test_hostile_rules_load_and_decide(name: str, tmp_path: Path) -> None:
    hostile = CASES[name].make(20)
    write_rules(tmp_path, hostile.rules(), hostile.vocabulary)
    book = router.load(tmp_path)

    assert {book.decide(query).kind for query in hostile.queries} <= {"rule", "tie", "none"}


def test_an_engine_that_is_not_installed_is_skipped_and_says_what_to_install() -> None:
    rules = made_rules(10)

    assert peers.reason(Engine("it", "no-such-engine", patterns), 10).startswith(
        "it: `no-such-engine` is not"
    )
    assert peers.reason(ENGINES[0], 10) == ""
    assert patterns(rules)(rules[3].queries[0]) == rules[3].name


@pytest.mark.parametrize("arguments", [("decision",), ("--draw", "decisions"), ("--clinc150", "nowhere")])
def test_what_cannot_be_meant_is_refused(arguments: tuple[str, ...]) -> None:
    command = [sys.executable, "-m", "benchmarks.run", *arguments]
    done = subprocess.run(command, cwd=results.ROOT, capture_output=True, timeout=60, check=False)

    assert done.returncode == 2


@pytest.mark.slow
def test_every_part_measures(tmp_path: Path) -> None:
    others = [name for name in PARTS if name != "decisions"]

    measured, _ = run(tmp_path, *others, TS_LIVEMCPBENCH=str(tools(tmp_path)))

    assert sorted(measured) == sorted(others)
    assert all(part["rows"] for part in measured.values())
