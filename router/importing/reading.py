"""Reads a file of another tool into plain tables, whatever it is written in; it does not look at them."""

from __future__ import annotations

import re
from collections.abc import Hashable, Mapping
from pathlib import PurePath
from typing import Final

import yaml

from router.core.findings import Findings
from router.core.plan import JSON
from router.errors import Problem, SettingsRefused
from router.importing.jsonc import parse_json
from router.toml.read import parse_toml

LARGEST: Final = 2_000_000
"""Characters of a file; settings are smaller, and a larger one is taken for a mistake."""
_FORMATS: Final = {".toml": "TOML", ".yaml": "YAML", ".yml": "YAML", ".json": "JSON", ".jsonc": "JSON"}
_JSON_BEGINS: Final = ("{", "[", "/", "")
"""What is left of the first character of JSON, with comments or not."""

_TOML_BEGINS: Final = re.compile(r"(?:\s|#[^\n]*\n)*(?:\[\[?[A-Za-z_]|[\w.-]+[ \t]*=)")


def read_tables(text: str, shown: str) -> Mapping[str, JSON]:
    """Return the tables of a file, its keys as text.

    Raises SettingsRefused where it cannot be read, or where one key stands twice.
    """
    findings = Findings()
    if len(text) > LARGEST:
        findings.add(shown, (), f"is larger than {LARGEST:,} characters", code="unreadable")
        raise SettingsRefused(tuple(findings.problems))
    written = _FORMATS.get(PurePath(shown).suffix.lower()) or _guessed(text)
    value = _parsed(text, shown, written, findings)
    if not findings.problems and not isinstance(value, dict):
        findings.add(shown, (), "holds no tables")
    if findings.problems:
        raise SettingsRefused(tuple(findings.problems))
    return {str(key): each for key, each in value.items()}


def _guessed(text: str) -> str:
    if _TOML_BEGINS.match(text):
        return "TOML"
    return "JSON" if text.lstrip()[:1] in _JSON_BEGINS else "YAML"


def _parsed(text: str, shown: str, written: str, findings: Findings) -> JSON:
    if written == "TOML":
        return parse_toml(text, shown, findings)
    if written == "JSON":
        return parse_json(text, shown, findings.problems)
    return _parsed_yaml(text, shown, findings.problems)


def _parsed_yaml(text: str, shown: str, problems: list[Problem]) -> JSON:
    try:
        return _Loader(text).get_single_data()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (0, 0)
        message = f"is not YAML: {error.problem or error.context}"
        problems.append(Problem(shown, message, line=line, column=column))
    except (yaml.YAMLError, ValueError, RecursionError) as error:  # a character, a 13th month, 1,000 brackets
        problems.append(Problem(shown, f"is not YAML: {type(error).__name__}"))
    return None


class _Loader(yaml.SafeLoader):
    """Makes plain values alone, and refuses a key that stands twice, which YAML forbids."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, JSON]:
        """Return the table of a node."""
        seen: set[tuple[str, str]] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode):
                if (key.tag, key.value) in seen:
                    message = f'"{key.value}" stands twice in one table'
                    raise yaml.constructor.ConstructorError(None, None, message, key.start_mark)
                seen.add((key.tag, key.value))
        return super().construct_mapping(node, deep=deep)
