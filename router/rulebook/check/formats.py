"""Writes a report for people, programs, pull requests and code scanning; it finds nothing."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Final
from urllib.parse import quote

from router.core.plan import JSON
from router.rulebook.check import Report
from router.rulebook.check.finding import KINDS, WARNINGS, Finding
from router.rulebook.formats import cell, command

SARIF_SCHEMA: Final = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
SETTINGS_FILE: Final = "ts.toml"
"""Where a finding without a place is shown by formats that need one."""


def text(report: Report, _above: str) -> str:
    """Return a line for each finding, and the denominators last."""
    return "\n".join((*map(str, report.findings), str(report)))


def as_json(report: Report, _above: str) -> str:
    """Return one JSON document."""
    return json.dumps(report.to_dict(), indent=2, ensure_ascii=False)


def github(report: Report, above: str) -> str:
    """Return a workflow command for each finding, which GitHub shows at its line, and the denominators."""
    lines = (
        command(
            each.severity,
            above + (each.file or SETTINGS_FILE),
            each.line,
            each.column,
            f"ts rules check: {each.id}",
            _said(each),
        )
        for each in report.findings
    )
    return "\n".join((*lines, str(report)))


def markdown(report: Report, above: str) -> str:
    """Return a table for a comment on a pull request."""
    rows = [
        f"| {each.severity} | {cell(_place(each, above))} | {cell(_on_one_line(_said(each)))} | `{each.id}` |"
        for each in report.findings
    ]
    head = ["| | where | what | |", "|---|---|---|---|"]
    return "\n".join(("**ts rules check**", "", *((*head, *rows, "") if rows else ()), str(report)))


def sarif(report: Report, above: str) -> str:
    """Return a log of SARIF 2.1.0, as code scanning reads it."""
    log = {
        "$schema": SARIF_SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": {"name": "ts", "rules": list(_sarif_rules())}},
                "columnKind": "unicodeCodePoints",
                "results": [_result(each, above) for each in report.findings],
            }
        ],
    }
    return json.dumps(log, indent=2, ensure_ascii=False)


FORMATS: Final[Mapping[str, Callable[[Report, str], str]]] = {
    "text": text,
    "json": as_json,
    "sarif": sarif,
    "github": github,
    "md": markdown,
}
"""By the name that `--format` takes; the second argument leads from the repository's root to the project."""


def _said(finding: Finding) -> str:
    parts = (finding.message, finding.hint, *(each.message for each in finding.related))
    return "; ".join(part for part in parts if part)


def _on_one_line(text: str) -> str:
    return " ".join(text.splitlines())


def _place(finding: Finding, above: str) -> str:
    return f"{above}{finding.at}" if finding.at else ""


def _sarif_rules() -> Iterator[dict[str, JSON]]:
    for id_, sentence in KINDS.items():
        yield {
            "id": id_,
            "shortDescription": {"text": sentence},
            "fullDescription": {"text": sentence},
            "help": {"text": f"{sentence} See docs/findings.md#{id_} of ts."},
            "defaultConfiguration": {"level": "warning" if id_ in WARNINGS else "error"},
        }


def _result(finding: Finding, above: str) -> dict[str, JSON]:
    result: dict[str, JSON] = {
        "ruleId": finding.id,
        "level": finding.severity,
        "message": {"text": "; ".join(part for part in (finding.message, finding.hint) if part)},
        "locations": [_location(above + (finding.file or SETTINGS_FILE), finding.line, finding.column)],
    }
    if finding.related:
        result["relatedLocations"] = [
            _location(above + each.file, each.line, 0) | {"message": {"text": each.message}}
            for each in finding.related
        ]
    return result


def _location(file: str, line: int, column: int) -> dict[str, JSON]:
    region = {"startLine": max(line, 1)} | ({"startColumn": column} if column else {})
    artifact = {"uri": quote(file), "uriBaseId": "%SRCROOT%"}
    return {"physicalLocation": {"artifactLocation": artifact, "region": region}}
