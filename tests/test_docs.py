"""What users can write, they can read about: an undocumented key, flag or code fails the build."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer

from router.cli.app import app
from router.config import A2aTable, McpTable, SettingsTable
from router.core.decision import VERDICTS
from router.core.slots import SLOT_TYPES
from router.core.values import ANSWER_VALUES
from router.errors import RouterError
from router.rulebook.check.finding import KINDS
from router.rulebook.check.formats import FORMATS
from router.rulebook.tables import RuleTable, StepTable, WhenTable

ROOT = Path(__file__).parent.parent
RULES = (ROOT / "docs/rules.md").read_text(encoding="utf-8")
SETTINGS = (ROOT / "docs/settings.md").read_text(encoding="utf-8")
COMMANDS = (ROOT / "docs/commands.md").read_text(encoding="utf-8")
ERRORS = (ROOT / "docs/errors.md").read_text(encoding="utf-8")
FINDINGS = (ROOT / "docs/findings.md").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")


def kinds(above: type[RouterError]) -> Iterator[type[RouterError]]:
    """Yield an error class and all below it, without private ones."""
    if not above.__name__.startswith("_"):
        yield above
    for kind in above.__subclasses__():
        yield from kinds(kind)


def flags() -> Iterator[str]:
    """Yield each flag of each command."""
    waiting = [typer.main.get_command(app)]
    while waiting:
        command = waiting.pop()
        for parameter in command.params:
            for flag in parameter.opts:
                if flag.startswith("--"):
                    yield flag
        waiting += getattr(command, "commands", {}).values()


@pytest.mark.parametrize("condition", [*(f"when.{name}" for name in WhenTable.model_fields), "say"])
def test_every_condition_is_documented(condition: str) -> None:
    assert f"| `{condition}` |" in RULES


@pytest.mark.parametrize("key", sorted({*RuleTable.model_fields, *StepTable.model_fields} - {"when"}))
def test_every_key_of_a_rule_is_documented(key: str) -> None:
    assert re.search(rf"`[^`]*\b{key}\b[^`]*`", RULES)


@pytest.mark.parametrize("word", sorted({*SLOT_TYPES, *ANSWER_VALUES, *VERDICTS}))
def test_every_slot_type_value_and_verdict_is_documented(word: str) -> None:
    assert re.search(rf"`{word}\b[^`]*`", RULES)


@pytest.mark.parametrize(
    "key", sorted({*SettingsTable.model_fields, *McpTable.model_fields, *A2aTable.model_fields})
)
def test_every_setting_is_documented(key: str) -> None:
    assert re.search(rf"`[^`]*\b{key}\b[^`]*`", SETTINGS)


@pytest.mark.parametrize("flag", sorted(set(flags())))
def test_every_flag_is_documented(flag: str) -> None:
    shown = COMMANDS.replace("/--", " --")
    assert re.search(rf"{re.escape(flag)}\b", shown) or flag == "--show-completion"


@pytest.mark.parametrize("kind", sorted(kinds(RouterError), key=str))
def test_every_error_is_documented(kind: type[RouterError]) -> None:
    assert f"`{kind.__name__}`" in ERRORS
    assert f"`{kind.code}`" in ERRORS


def test_every_finding_has_a_section_and_every_section_a_finding() -> None:
    assert re.findall(r"^## (.+)$", FINDINGS, re.MULTILINE) == sorted(KINDS)


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_of_the_check_is_documented(name: str) -> None:
    assert f"`{name}`" in FINDINGS.partition("## ")[0]


def test_the_readme_opens_with_one_command_that_answers_and_one_that_tests() -> None:
    blocks = re.findall(r"```\w*\n(.*?)```", README, re.DOTALL)

    assert blocks[0] == "python3 scripts/start\n"
    assert blocks[1] == "python3 scripts/test\n"
    assert blocks[1].strip() in (ROOT / ".ci/run").read_text()


@pytest.mark.parametrize(
    "page", ["README.md", *(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md"))]
)
def test_links_lead_somewhere(page: str) -> None:
    path = ROOT / page
    for link in re.findall(r"\]\(([^)#]+)", path.read_text(encoding="utf-8")):
        if not link.startswith("http"):
            assert (path.parent / link).exists(), link
