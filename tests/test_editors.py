"""What editors make of the schemas: files name them, and a real language server checks and completes."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from jsonschema import Draft7Validator

from router.cli.rules.schema import SCHEMAS
from router.rulebook.schema import RULE_LINE
from router.starting import write_starter
from router.toml.schema import DIALECT, rendered
from tests.language_server import editor, lint
from tests.rulebook.test_schema import as_json

ROOT: Final = Path(__file__).parent.parent
PROJECTS: Final = (ROOT, *sorted(path.parent for path in ROOT.glob("examples/*/ts.toml")))
FILES: Final = sorted(
    path
    for project in PROJECTS
    for pattern in ("ts.toml", "rules/**/*.toml")
    for path in project.glob(pattern)
)
RULE: Final = f"{RULE_LINE}\n\n[rule]\n"
TEAM: Final = "rules/team/new.toml"


def kind(path: Path) -> str:
    """Return the name of the schema that a file of a project has."""
    return {"ts.toml": "settings", "vocab.toml": "vocabulary"}.get(path.name, "rules")


def parts(schema: Any) -> Iterator[dict[str, Any]]:
    """Yield a schema and every schema in it."""
    if not isinstance(schema, dict):
        return
    yield schema
    for keyword, value in schema.items():
        inner = value if isinstance(value, list) else [value]
        if keyword in ("properties", "patternProperties", "definitions"):
            inner = [*value.values()]
        if keyword not in ("default", "enum"):
            for each in inner:
                yield from parts(each)


@pytest.fixture
def starter(tmp_path: Path) -> Path:
    """Write the starter, with a home beside it for what the language server keeps."""
    (tmp_path / "home").mkdir()
    write_starter(tmp_path / "project")
    return tmp_path / "project"


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_schema_that_is_committed_is_the_one_that_is_made(name: str) -> None:
    committed = (ROOT / "schemas" / f"{name}.json").read_text(encoding="utf-8")

    assert committed == rendered(SCHEMAS[name]()), "run: ts rules schema --write"


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_schema_is_draft_07_and_has_no_keyword_of_a_later_one(name: str) -> None:
    schema = SCHEMAS[name]()

    Draft7Validator.check_schema(schema)
    assert schema["$schema"] == DIALECT
    assert {keyword for part in parts(schema) for keyword in part} <= {
        *Draft7Validator.META_SCHEMA["properties"]
    }


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_table_has_a_title_and_every_key_a_description(name: str) -> None:
    schema = SCHEMAS[name]()
    tables = schema.get("definitions", {})
    for part in parts(schema):
        for key, each in part.get("properties", {}).items():
            told = tables[each["$ref"].rpartition("/")[2]] if "$ref" in each else each
            assert told.get("description"), key
            assert "$ref" not in each or each.keys() == {"$ref"}, "draft-07 reads nothing beside a reference"
    for table in (schema, *tables.values()):
        assert table["title"]
        assert table["description"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_file_names_its_schema_and_passes_it(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    named = re.match(r"#:schema (\S+)\n(#.*\n)*\n", text)
    assert named, "its first line names no schema, or no blank line ends the comment"
    schema = path.parent / named[1]
    assert schema.read_bytes() == (ROOT / "schemas" / f"{kind(path)}.json").read_bytes()

    problems = [*Draft7Validator(SCHEMAS[kind(path)]()).iter_errors(as_json(tomllib.loads(text)))]

    assert not problems


def test_the_language_server_has_nothing_to_say_of_the_starter(starter: Path) -> None:
    names = [path.relative_to(starter).as_posix() for path in starter.rglob("*.toml")]

    assert len(names) > 5
    assert lint(starter, starter.parent / "home", *names) == []


def test_the_language_server_has_nothing_to_say_of_the_examples(tmp_path: Path) -> None:
    names = [path.relative_to(ROOT).as_posix() for path in FILES if "examples" in path.parts]

    assert names
    assert lint(ROOT, tmp_path, *names) == []


@pytest.mark.parametrize(
    ("name", "text", "message", "place"),
    [
        (TEAM, RULE + 'ownr = "@a"\n', '"ownr" is not allowed', (4, 1)),
        (TEAM, RULE + "owner = 3\n", "expected a value of type String, but found Integer", (4, 9)),
        (TEAM, RULE + "owner = 2027-06-30\n", "expected a value of type String, but found LocalDate", (4, 9)),
        (TEAM, RULE + 'stage = "lve"\n', 'must be one of ["shadow", "canary", "live"]', (4, 9)),
        (TEAM, RULE + 'when.modes = ["faves", "usefull"]\n', 'but found "usefull"', (4, 24)),
        (TEAM, RULE + 'use = "git/git_log"\n', "does not match the pattern", (4, 7)),
        (TEAM, RULE + 'steps = [{ id = "a" }]\n', '"use" is required', (4, 10)),
        (TEAM, RULE.replace("[rule]", '["a rule"]'), "key must match the pattern", (3, 2)),
        (
            "rules/vocab.toml",
            "#:schema ../schemas/vocabulary.json\n\n[words]\na = []\n",
            "at least 1",
            (4, 5),
        ),
        ("ts.toml", "#:schema ./schemas/settings.json\n\n[mcp.git]\ncomand = 1\n", '"comand" is not', (4, 1)),
        ("ts.toml", '#:schema ./schemas/settings.json\n\nlanguage = "klingon"\n', "must be one of", (3, 12)),
    ],
)
def test_the_language_server_names_the_place_of_a_mistake(
    starter: Path, name: str, text: str, message: str, place: tuple[int, int]
) -> None:
    (starter / name).write_text(text, encoding="utf-8")

    found = [each for each in lint(starter, starter.parent / "home", name) if message in each["message"]]

    assert [each["level"] for each in found] == ["error"]
    assert (found[0]["range"]["start"]["line"], found[0]["range"]["start"]["column"]) == place


def test_the_language_server_takes_days_facts_and_references_as_the_loader_does(starter: Path) -> None:
    conditions = 'when.facts = { a = 1, b = 2.5, c = true, d = "x" }\n'
    rule = f"{RULE}{conditions}until = 2027-06-30\nargs = {{ a = 07:30:00, b.c = [{{}}] }}\n"
    settings = '#:schema ./schemas/settings.json\n\n[mcp.git]\ntimeout = 3\ntransport = "${TRANSPORT}"\n'
    (starter / TEAM).write_text(rule, encoding="utf-8")
    (starter / "ts.toml").write_text(settings, encoding="utf-8")

    assert lint(starter, starter.parent / "home", TEAM, "ts.toml") == []


def test_an_editor_completes_and_explains_what_one_writes(starter: Path) -> None:
    written = iter(starter / f"rules/team/new-{number}.toml" for number in range(10))
    with editor(starter, starter.parent / "home") as tombi:

        def labels(text: str) -> list[str]:
            found = tombi.ask("textDocument/completion", **tombi.open(next(written), RULE + text))
            return [each["label"] for each in found]

        assert {"owner", "why", "when", "say", "use", "answer", "stage"} <= set(labels("█\n"))
        assert labels("st█\n") == ["steps", "stage"]
        assert labels("when = { █ }\n") == ["all", "any", "none", "looks", "modes", "facts", "attached"]
        assert labels('stage = "█"\n') == ['"shadow"', '"canary"', '"live"']
        hovered = tombi.ask("textDocument/hover", **tombi.open(next(written), f'{RULE}wh█y = "x"\n'))
        assert "Why it is as it is." in hovered["contents"]["value"]
