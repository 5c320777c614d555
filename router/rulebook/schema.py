"""JSON Schemas of rule files and of the vocabulary, for editors; the loader is what decides.

What the loader accepts, these accept; and they refuse unknown keys, wrong types, and words outside a closed
list. They cannot know what lies outside the value: whether a list, shape, rule, server, tool or prompt of
that name exists; whether a sentence, template or shape parses; whether a day is one; that a rule has a
condition, and one of `use`, `add` and `steps`; that steps do not need each other in a ring; that a share
belongs to a canary; and that JSON knows no nan.
"""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import Field, RootModel
from pydantic.json_schema import JsonSchemaValue

from router.rulebook.read import RULE_NAME
from router.rulebook.tables import RuleTable, VocabularyTable
from router.toml.schema import schema_of

RULE_LINE: Final = "#:schema ../../schemas/rules.json"
"""The first line of `rules/<layer>/<topic>.toml`: a path from where the file is."""


class _RuleFile(
    RootModel[dict[Annotated[str, Field(pattern=f"^{RULE_NAME.pattern}$")], RuleTable]], title="Rules"
):
    """rules/<layer>/<topic>.toml: a table for each rule, whose id is topic.table."""


def rule_schema() -> JsonSchemaValue:
    """Return the schema of a file of rules."""
    return schema_of(_RuleFile)


def vocabulary_schema() -> JsonSchemaValue:
    """Return the schema of `rules/vocab.toml`."""
    return schema_of(VocabularyTable)
