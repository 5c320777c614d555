"""JSON Schemas (draft-07) of tables, for editors: made of the models that check them. It checks nothing."""

from __future__ import annotations

import json
from typing import Final

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

DIALECT: Final = "http://json-schema.org/draft-07/schema#"
"""What editors of TOML understand best; later drafts have keywords that some of them ignore."""


class Draft7(GenerateJsonSchema):
    """Writes draft-07, and nothing that TOML cannot hold."""

    def generate(self, schema: CoreSchema, mode: JsonSchemaMode = "validation") -> JsonSchemaValue:
        """Name the dialect, and call the definitions as it does; what a reader looks for comes first."""
        made = super().generate(schema, mode)
        first = {"$schema": DIALECT} | {key: made.pop(key) for key in ("title", "description") if key in made}
        definitions = made.pop("$defs", None)
        return first | made | ({"definitions": definitions} if definitions else {})

    def dict_schema(self, schema: core_schema.DictSchema) -> JsonSchemaValue:
        """Refuse a key that is none of the names that are allowed."""
        made = super().dict_schema(schema)
        return made | {"additionalProperties": False} if "patternProperties" in made else made

    def float_schema(self, schema: core_schema.FloatSchema) -> JsonSchemaValue:
        """Name whole numbers too: to editors of TOML, 3 and 3.0 are of two types."""
        return super().float_schema(schema) | {"type": ["integer", "number"]}

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        """Leave out null, which TOML does not know."""
        return self.generate_inner(schema["schema"])

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        """Leave out a default that stands for nothing."""
        made = super().default_schema(schema)
        if made.get("default") in (None, ""):
            made.pop("default", None)
        return made

    def field_title_should_be_set(self, _schema: object) -> bool:
        """Give no key a title: it is its own."""
        return False


def schema_of(model: type[BaseModel]) -> JsonSchemaValue:
    """Return the schema of what a model reads; the model's title and docstring name it."""
    return model.model_json_schema(ref_template="#/definitions/{model}", schema_generator=Draft7)


def rendered(schema: JsonSchemaValue) -> str:
    """Return a schema as its file holds it."""
    return json.dumps(schema, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
