"""Each finding of the check: a smallest project that has it and nothing else, and the same one repaired."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from router.core.findings import Findings
from router.errors import Problem
from router.rulebook.check import Report
from router.rulebook.check.finding import KINDS, Finding
from tests.rulebook.check.small import PLAIN, checked, ids, pair, pairs, project_of, report, sections

HERE: Final = Path(__file__).parent
ROOT: Final = HERE.parents[2]
LOADING, JUDGING = (pairs(HERE / name) for name in ("loading.md", "judging.md"))
PAIRS: Final = {**LOADING, **JUDGING}
DOCUMENTED: Final = sections((ROOT / "docs/findings.md").read_text(encoding="utf-8"))
MAKERS: Final = ("Finding", "of_rule", "Fault")
"""What takes an id first; elsewhere it is the argument `code` or a variable of that name."""


@pytest.mark.parametrize("name", PAIRS)
def test_a_fault_is_found_and_nothing_else_and_its_repair_is_clean(tmp_path: Path, name: str) -> None:
    broken, repaired = PAIRS[name]
    found = checked(tmp_path / "broken", broken)

    assert set(ids(found)) == {name.partition(",")[0]}, found.findings
    assert ids(checked(tmp_path / "repaired", repaired)) == []
    assert found.loaded == (name in JUDGING)


@pytest.mark.parametrize("name", DOCUMENTED)
def test_a_documented_example_is_what_the_check_finds(tmp_path: Path, name: str) -> None:
    broken, repaired = pair(DOCUMENTED[name])

    assert set(ids(checked(tmp_path / "broken", broken))) == {name}
    assert ids(checked(tmp_path / "repaired", repaired)) == []


def test_the_plain_project_has_nothing_to_find(tmp_path: Path) -> None:
    found = report(tmp_path, PLAIN)

    assert (found.loaded, found.findings) == (True, ())
    assert project_of("") == PLAIN


def test_there_is_a_pair_for_every_finding_and_no_other() -> None:
    assert {name.partition(",")[0] for name in PAIRS} == set(KINDS)


def test_every_finding_is_documented_in_order_and_no_other() -> None:
    assert list(DOCUMENTED) == sorted(KINDS)
    assert not {name for name, text in DOCUMENTED.items() if not 4 <= len(text.strip().splitlines()) <= 30}


def test_the_documented_line_of_denominators_is_one_that_a_report_gives() -> None:
    findings = (Finding("tie", "", 0, ""), Finding("unused", "", 0, ""), Finding("no-taken", "", 0, ""))
    shown = Report(36, 251, 250, 120, 7, 34, 42, findings)

    assert f"```text\n{shown}\n```" in (ROOT / "docs/findings.md").read_text(encoding="utf-8")


def used() -> Iterator[str]:
    """Yield every id that the source gives to a problem or a finding; `yes-` for all that begin so."""
    for path in sorted((ROOT / "router").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                yield from _of_call(node)
            elif isinstance(node, ast.Assign):
                yield from _of_variable(node)
            elif isinstance(node, ast.Return) and isinstance(node.value, ast.Tuple):
                yield from (each for each in map(_text, node.value.elts[:1]) if each.startswith("unknown-"))


def _of_call(node: ast.Call) -> Iterator[str]:
    name = node.func.id if isinstance(node.func, ast.Name) else ""
    given = [each.value for each in node.keywords if each.arg == "code"]
    yield from map(_text, [*given, *(node.args[:1] if name in MAKERS else ())])


def _of_variable(node: ast.Assign) -> Iterator[str]:
    for target in node.targets:
        names, values = (
            each.elts if isinstance(each, ast.Tuple) else [each] for each in (target, node.value)
        )
        for one, value in zip(names, values, strict=False):
            if isinstance(one, ast.Name) and one.id == "code":
                yield _text(value)


def _text(node: ast.expr) -> str:
    if isinstance(node, ast.JoinedStr):
        return _text(node.values[0])
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def test_every_id_in_the_source_is_one_of_the_kinds_and_every_kind_is_there() -> None:
    findings = Findings()
    findings.add("f", (), "m")
    found = {*used(), findings.problems[0].code, Problem("f", "m").code} - {""}
    together = {name for name in KINDS if name.startswith("yes-")}

    assert found - set(KINDS) == {"yes-"}
    assert found | together == {*KINDS, "yes-"}


@pytest.mark.parametrize("kind", KINDS)
def test_a_finding_leads_to_its_section(kind: str) -> None:
    page, _, anchor = Finding(kind, "", 0, "").anchor.partition("#")

    assert (ROOT / page).is_file()
    assert anchor in DOCUMENTED
    assert KINDS[kind].endswith(".")
