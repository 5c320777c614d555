"""`ts rules check`: hold the rules against their examples and the catalogue."""

from __future__ import annotations

from router.cli import asking, show
from router.rulebook.check import check as check_book
from router.wiring import catalogue, loaded


def check(as_json: asking.AsJson = False) -> int:
    """Check that the rules load, that their examples hold, and that their targets exist."""
    project, book = loaded()
    report = check_book(book, catalogue(project).offers())
    if as_json:
        counts = {
            "rules": report.rules,
            "examples": report.examples,
            "held": report.held,
            "tools": report.tools,
        }
        show.document({**counts, "findings": [each.to_dict() for each in report.findings]})
    else:
        for finding in report.findings:
            show.data(str(finding))
        show.data(str(report))
    return show.EXIT_FAILED if report.findings else 0
