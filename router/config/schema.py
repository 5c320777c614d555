"""JSON Schema of `ts.toml` and of the person's settings, for editors; the loader is what decides.

Settings are checked when all files are merged, and an editor sees one. So no key is required, which another
file or the environment may give, and a text out of a closed list may be `${NAME}` as well. The schema cannot
know that a server has a command or a url and not both, that a transport goes with it, that a list names
nothing twice, nor what a variable holds.
"""

from __future__ import annotations

from typing import Final

from pydantic.json_schema import JsonSchemaValue

from router.config.project import REFERENCE
from router.config.tables import SettingsTable
from router.toml.schema import schema_of

_NAMED: Final = ("properties", "patternProperties", "definitions")
"""Keywords that hold schemas by name."""
_BELOW: Final = ("items", "additionalProperties")
"""Keywords that hold a schema, or true or false; not `propertyNames`, for in keys no variable is replaced."""


def settings_schema() -> JsonSchemaValue:
    """Return the schema of one file of settings."""
    return _referring(schema_of(SettingsTable))


def _referring(schema: JsonSchemaValue) -> JsonSchemaValue:
    """Require no key, and let a text that must be one of some be a reference to the environment."""
    made: JsonSchemaValue = {}
    for key, value in schema.items():
        if key in _NAMED:
            made[key] = {name: _referring(each) for name, each in value.items()}
        elif key in _BELOW and isinstance(value, dict):
            made[key] = _referring(value)
        elif key != "required":
            made[key] = value
    if not {"enum", "pattern"} & made.keys():
        return made
    closed = {key: made.pop(key) for key in ("type", "enum", "pattern") if key in made}
    return made | {"anyOf": [closed, {"type": "string", "pattern": REFERENCE.pattern}]}
