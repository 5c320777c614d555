"""The example company's rules hold, and its pull request is as harmless to the checks as its page says."""

from __future__ import annotations

import re
import shutil
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest

import router
from router.core.findings import Findings
from router.rulebook.corpus import NONE, QUERIES, Recorded, read_queries
from tests.command import Shell

TEAM = Path(__file__).parent.parent / "examples" / "team"
OCTOBER = "recorded/2026-10.txt"
INCIDENT = "the ledger replica is wedged again"


def recorded(name: str) -> tuple[Recorded, ...]:
    """Return the queries of one of its files, each once."""
    findings = Findings()
    queries = read_queries(name, (TEAM / name).read_text(encoding="utf-8"), findings)
    assert findings.problems == []
    return queries


def changed(before: router.Rulebook, after: router.Rulebook, queries: Iterable[router.Query]) -> list[str]:
    """Return the texts that do not go where they went."""
    return [each.text for each in queries if way(before, each) != way(after, each)]


def way(book: router.Rulebook, query: router.Query) -> tuple[str | None, tuple[str, ...], tuple[str, ...]]:
    """Return who takes a query: the rule, the rules that tie, those that add."""
    decision = book.decide(query)
    return decision.rule, decision.tied, decision.added


@pytest.fixture
def company(tmp_path: Path) -> Shell:
    """Lay the company's rules into a git repository of their own, as its page says."""
    shell = Shell(tmp_path / "repository", tmp_path / "home")
    shell.home.mkdir()
    shutil.copytree(TEAM, shell.directory)
    shell.git("init", "--initial-branch", "main")
    shell.git("add", ".")
    shell.git("commit", "--message", "Rules of Larkmoor")
    return shell


@pytest.fixture
def branch(company: Shell) -> Shell:
    """Check the pull request out."""
    company.git("switch", "--create", "tidy-vocabulary")
    company.git("apply", "--check", "pull-request.patch")
    company.git("am", "pull-request.patch")
    return company


@pytest.fixture(scope="module")
def book() -> router.Rulebook:
    """Load the company's rules; no server is started."""
    return router.load(TEAM)


def test_it_has_seventy_rules_in_five_layers_each_with_owner_reason_and_examples(
    book: router.Rulebook,
) -> None:
    assert len(book.rules) == 70
    assert {rule.layer for rule in book.rules.values()} == {"stop", "guard", "incident", "team", "learned"}
    for rule in book.rules.values():
        assert rule.owner, rule.id
        assert rule.why, rule.id
        assert rule.yes, rule.id
        assert rule.no, rule.id


def test_its_page_names_every_owner_and_says_where_rules_stand(book: router.Rulebook) -> None:
    page = (TEAM / "README.md").read_text(encoding="utf-8")

    assert set(re.findall(r"(?m)^\| `(@\w+)` \|", page)) == {rule.owner for rule in book.rules.values()}
    told = re.findall(r"(?m)^rule (\S+)  \((\S+), layer (\w+)\)$", page)
    assert told == [(id_, book.rules[id_].at, book.rules[id_].layer) for id_, _, _ in told]
    assert told


def test_its_rules_use_every_stage_and_every_kind_of_review(book: router.Rulebook) -> None:
    rules = book.rules.values()

    assert {rule.stage for rule in rules} == {"live", "shadow", "canary"}
    assert [rule.id for rule in rules if rule.adds] == ["incident.trace"]
    assert any(rule.was for rule in rules)
    assert any(rule.until for rule in rules)
    assert 0 < sum(bool(rule.beats) for rule in rules) < len(book.rules) / 10


def test_its_corpus_is_three_hundred_questions_and_no_other_file_repeats_them() -> None:
    queries, none, october = map(recorded, (QUERIES, NONE, OCTOBER))

    assert len(queries) == 300
    assert len(none) >= 25
    assert len(october) >= 60
    counted = Counter(each.shown.casefold() for each in (*queries, *none, *october))
    assert [shown for shown, times in counted.items() if times > 1] == []


def test_its_rules_hold(company: Shell) -> None:
    checked = company.ts("rules", "check", "--json")

    assert checked.code == 0, checked.out
    assert checked.json["findings"] == []


def test_most_of_the_corpus_has_a_rule_and_the_rest_has_none(book: router.Rulebook) -> None:
    kinds = Counter(book.decide(each.query).kind for each in recorded(QUERIES))

    assert kinds["tie"] == 0
    assert 225 <= kinds["rule"] <= 255


def test_the_incident_of_october_pages_the_engineer_on_call(book: router.Rulebook) -> None:
    decision = book.decide(INCIDENT)

    assert decision.rule == "incident.page-oncall"
    assert decision.added == ("incident.trace",)
    assert INCIDENT in {each.shown for each in recorded(OCTOBER)}


@pytest.mark.slow
def test_the_pull_request_passes_the_check_and_the_incident_has_no_rule_any_more(branch: Shell) -> None:
    checked = branch.ts("rules", "check")
    assert checked.code == 0, checked.out

    explained = branch.ts("explain", INCIDENT, "--json")

    assert explained.json["decision"]["kind"] == "none"
    near = {each["rule"] for each in explained.json["verdicts"] if each["verdict"] == "near"}
    assert "incident.page-oncall" in near


def test_the_pull_request_changes_no_decision_of_the_corpus_and_one_of_october(
    branch: Shell, book: router.Rulebook
) -> None:
    tidied = router.load(branch.directory)
    corpus = [each.query for name in (QUERIES, NONE) for each in recorded(name)]

    assert changed(book, tidied, corpus) == []
    assert changed(book, tidied, [each.query for each in recorded(OCTOBER)]) == [INCIDENT]


@pytest.mark.slow
def test_an_example_of_the_word_would_have_told(branch: Shell) -> None:
    file = branch.directory / "rules/incident/incident.toml"
    said = file.read_text(encoding="utf-8").replace(
        '    "checkout is down",\n    "the payments', f'    "{INCIDENT}",\n    "the payments'
    )
    file.write_text(said, encoding="utf-8")

    checked = branch.ts("rules", "check")

    assert checked.code == 1
    assert f'incident.page-oncall does not match its own example "{INCIDENT}"' in checked.out


@pytest.mark.slow
def test_the_page_shows_what_the_commands_print(company: Shell) -> None:
    page = (TEAM / "README.md").read_text(encoding="utf-8")
    for arguments in (("rules", "check"), ("snapshot", "check")):
        assert f"$ ts {' '.join(arguments)}\n{company.ts(*arguments).out}" in page
    covered = company.ts("rules", "test", "--coverage").out
    assert covered.splitlines()[0] in page
    assert covered[covered.index("coverage ") :] in page


@pytest.mark.slow
def test_only_the_comparison_with_october_tells_what_the_pull_request_does(branch: Shell) -> None:
    page = (TEAM / "README.md").read_text(encoding="utf-8")

    assert branch.ts("rules", "check", "--strict").code == 0
    assert branch.ts("rules", "test").code == 0
    assert branch.ts("snapshot", "check").code == 0
    assert branch.ts("rules", "diff", "main").code == 0
    compared = branch.ts("rules", "diff", "main", "--queries", "recorded/2026-10.txt")
    assert compared.code == 5
    assert f"$ ts rules diff main --queries recorded/2026-10.txt\n{compared.out}" in page
    assert "the ledger replica is wedged again" in compared.out

    vocabulary = branch.directory / "rules/vocab.toml"
    text = vocabulary.read_text(encoding="utf-8")
    vocabulary.write_text(text.replace("down = [\n", 'down = [\n    "wedged",\n', 1), encoding="utf-8")
    repaired = branch.ts("rules", "diff", "main", "--queries", "recorded/2026-10.txt")
    same = "main → the working tree: 388 queries, 388 the same, 0 changed\n"
    assert (repaired.code, repaired.out) == (0, same)
    assert repaired.out in page
