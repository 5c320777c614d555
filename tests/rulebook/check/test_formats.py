"""Reports as text, JSON, SARIF, workflow commands and a table: each as its reader parses it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest

from router.core.plan import JSON
from router.rulebook.check import Report
from router.rulebook.check.finding import ERRORS, KINDS, Finding, Related
from router.rulebook.check.formats import FORMATS
from tests.rulebook.check.small import checked, pairs

ODD = 'takes "a|b\\|c, 50 % off: <b>\r\nnow"'
REPORT = Report(
    rules=3,
    findings=(
        Finding("no-taken", "rules/team/a b,c:100%.toml", 7, ODD, "narrow it", 3),
        Finding("tie", "rules/team/é.toml", 9, "x", "", related=(Related("rules/guard/g.toml", 2, "y"),)),
        Finding("no-rules", "", 0, "there are no rules", "write one"),
    ),
)
COMMAND = re.compile(r"::(error|warning) ([^\n]*?)::(.*)")
"""As the runner reads it: properties end at the first `::`."""


def github(report: Report, above: str = "") -> list[tuple[str, dict[str, str], str]]:
    """Read workflow commands as GitHub's runner does: severity, properties and message."""
    read: list[tuple[str, dict[str, str], str]] = []
    for line in FORMATS["github"](report, above).split("\n")[:-1]:
        found = COMMAND.fullmatch(line)
        assert found, line
        pairs_ = (each.partition("=") for each in found[2].split(","))
        properties = {name: _unescaped(value, {"%3A": ":", "%2C": ","}) for name, _, value in pairs_}
        read.append((found[1], properties, _unescaped(found[3], {})))
    return read


def _unescaped(value: str, further: dict[str, str]) -> str:
    known = {"%0D": "\r", "%0A": "\n", **further, "%25": "%"}
    return re.sub("|".join(known), lambda found: known[found[0]], value)


def rows(report: Report, above: str = "") -> list[list[str]]:
    """Split the rows of the table as GFM does: at each pipe without a backslash of its own before."""
    lines = [line for line in FORMATS["md"](report, above).split("\n") if line.startswith("|")]
    return [[re.sub(r"\\(.)", r"\1", each) for each in _cells(line)] for line in lines[2:]]


def _cells(line: str) -> list[str]:
    return [each.strip() for each in re.findall(r"((?:\\.|[^\\|])*)\|", line)[1:]]


def sarif(report: Report, above: str = "") -> Any:
    return json.loads(FORMATS["sarif"](report, above))


def test_a_workflow_command_says_severity_place_and_all_that_is_said() -> None:
    assert github(REPORT, "routing/") == [
        (
            "error",
            {
                "file": "routing/rules/team/a b,c:100%.toml",
                "line": "7",
                "col": "3",
                "title": "ts rules check: no-taken",
            },
            f"{ODD}; narrow it",
        ),
        (
            "warning",
            {"file": "routing/rules/team/é.toml", "line": "9", "title": "ts rules check: tie"},
            "x; y",
        ),
        (
            "error",
            {"file": "routing/ts.toml", "title": "ts rules check: no-rules"},
            "there are no rules; write one",
        ),
    ]


def test_a_workflow_command_escapes_what_would_end_it() -> None:
    first, *_, last = FORMATS["github"](REPORT, "").split("\n")

    assert first == (
        "::error file=rules/team/a b%2Cc%3A100%25.toml,line=7,col=3,title=ts rules check%3A no-taken::"
        'takes "a|b\\|c, 50 %25 off: <b>%0D%0Anow"; narrow it'
    )
    assert last == str(REPORT)


def test_a_table_escapes_pipes_backslashes_line_ends_and_tags() -> None:
    first, second, third = rows(REPORT, "routing/")

    assert first == [
        "error",
        "routing/rules/team/a b,c:100%.toml:7:3",
        'takes "a|b\\|c, 50 % off: &lt;b> now"; narrow it',
        "`no-taken`",
    ]
    assert second == ["warning", "routing/rules/team/é.toml:9", "x; y", "`tie`"]
    assert third == ["error", "", "there are no rules; write one", "`no-rules`"]
    assert all(line.count("\r") == 0 for line in FORMATS["md"](REPORT, "").split("\n"))


def test_a_table_ends_with_the_denominators_and_without_findings_is_left_out() -> None:
    lines = FORMATS["md"](REPORT, "").split("\n")

    assert lines[0] == "**ts rules check**"
    assert lines[-2:] == ["", str(REPORT)]
    assert FORMATS["md"](Report(rules=1), "") == f"**ts rules check**\n\n{Report(rules=1)}"


def test_json_has_the_same_keys_whatever_is_found() -> None:
    empty, full = (json.loads(FORMATS["json"](each, "routing/")) for each in (Report(), REPORT))

    assert list(empty) == list(full) == [
        "rules", "examples", "held", "queries", "none", "exercised", "targets", "errors", "warnings",
        "loaded", "findings",
    ]  # fmt: skip
    for each in full["findings"]:
        assert list(each) == [
            "id", "severity", "at", "file", "line", "column", "message", "hint", "related", "documentation",
        ]  # fmt: skip
    assert full["findings"][0]["file"] == "rules/team/a b,c:100%.toml"
    assert full["findings"][1]["related"] == [{"file": "rules/guard/g.toml", "line": 2, "message": "y"}]


def test_sarif_names_the_tool_and_every_kind_of_finding_once() -> None:
    log = sarif(Report())
    (run,) = log["runs"]
    driver = run["tool"]["driver"]

    assert log["version"] == "2.1.0"
    assert log["$schema"].endswith("sarif-schema-2.1.0.json")
    assert (driver["name"], run["results"]) == ("ts", [])
    assert [each["id"] for each in driver["rules"]] == list(KINDS)
    for each in driver["rules"]:
        assert each["defaultConfiguration"]["level"] == ("error" if each["id"] in ERRORS else "warning")
        assert each["shortDescription"]["text"] == each["fullDescription"]["text"] == KINDS[each["id"]]
        assert f"docs/findings.md#{each['id']} " in each["help"]["text"]


def test_sarif_places_each_result_relative_to_the_root_of_the_repository() -> None:
    first, second, third = sarif(REPORT, "routing/")["runs"][0]["results"]

    assert (first["ruleId"], first["level"]) == ("no-taken", "error")
    assert first["message"]["text"] == f"{ODD}; narrow it"
    assert place(first["locations"][0]) == (
        "routing/rules/team/a b,c:100%.toml",
        {"startLine": 7, "startColumn": 3},
    )
    assert place(second["locations"][0]) == ("routing/rules/team/é.toml", {"startLine": 9})
    (related,) = second["relatedLocations"]
    assert place(related) == ("routing/rules/guard/g.toml", {"startLine": 2})
    assert related["message"] == {"text": "y"}
    assert place(third["locations"][0]) == ("routing/ts.toml", {"startLine": 1})


def place(location: JSON) -> tuple[str, JSON]:
    """Read a place as a consumer does; a URI is relative and says so by what it is relative to."""
    artifact = location["physicalLocation"]["artifactLocation"]
    parts = urlsplit(artifact["uri"])
    assert (parts.scheme, parts.netloc, artifact["uriBaseId"]) == ("", "", "%SRCROOT%")
    assert not parts.path.startswith("/")
    assert artifact["uri"].isascii()
    return unquote(parts.path), location["physicalLocation"]["region"]


PAGES = {
    name: each
    for page in ("loading.md", "judging.md")
    for name, each in pairs(Path(__file__).parent / page).items()
    if "," not in name or page == "judging.md"
}


@pytest.mark.parametrize("name", PAGES)
def test_what_github_asks_of_sarif_holds_for_every_finding(tmp_path: Path, name: str) -> None:
    """See "SARIF support for code scanning" in the documentation of GitHub."""
    log = sarif(checked(tmp_path, PAGES[name][0]), "")
    (run,) = log["runs"]
    known = {each["id"] for each in run["tool"]["driver"]["rules"]}

    assert run["results"]
    assert len(known) == len(run["tool"]["driver"]["rules"])
    for result in run["results"]:
        assert result["ruleId"] in known
        assert result["level"] in ("error", "warning")
        assert result["message"]["text"].strip()
        for location in (*result["locations"], *result.get("relatedLocations", ())):
            file, region = place(location)
            assert (tmp_path / file).is_file() or name.startswith("no-")
            assert region["startLine"] >= 1
            assert region.get("startColumn", 1) >= 1


@pytest.mark.parametrize("name", ["sarif", "json"])
def test_what_is_no_ascii_stays_as_it_is(name: str) -> None:
    written = FORMATS[name](Report(findings=(Finding("tie", "f", 1, "où 退款"),)), "")

    assert "où 退款" in written


def test_text_is_a_line_for_each_finding_and_the_denominators() -> None:
    assert FORMATS["text"](REPORT, "routing/").split("\n") == [
        ('rules/team/a b,c:100%.toml:7:3: error: takes "a|b\\|c, 50 % off: <b> now"; narrow it [no-taken]'),
        "rules/team/é.toml:9: warning: x [tie]",
        "  rules/guard/g.toml:2: y",
        "error: there are no rules; write one [no-rules]",
        str(REPORT),
    ]
