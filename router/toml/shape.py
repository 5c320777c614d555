"""Checks the shape of tables with pydantic, and says what is wrong in the words of the file."""

from __future__ import annotations

from typing import Final, get_args

from pydantic import BaseModel, ConfigDict, ValidationError

from router.core.findings import Findings, Path, nearest_or_all

_SENTENCES: Final = {
    "missing": "is missing",
    "string_type": "must be text",
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "bool_type": "must be true or false",
    "list_type": "must be a list",
    "dict_type": "must be a table",
    "model_type": "must be a table",
    "string_pattern_mismatch": "must have letters, digits, - and _ only",
}
"""What is wrong, by pydantic's name for it, in the words of TOML."""


class Table(BaseModel):
    """What every table obeys: no key that is not known, no value of another type."""

    model_config = ConfigDict(extra="forbid", strict=True)


def report(
    error: ValidationError, file: str, above: Path, model: type[BaseModel], findings: Findings
) -> None:
    """Turn pydantic's errors into problems with the nearest valid word."""
    for each in error.errors():
        path = _written(each["loc"])
        if each["type"] == "extra_forbidden":
            key = str(path[-1])
            hint = nearest_or_all(key, _keys_at(model, path[:-1]))
            findings.add(file, (*above, *path), f'unknown key "{key}"', hint, code="unknown-key", key=True)
        else:
            findings.add(file, (*above, *path), _sentence((*above, *path), each["type"], each["msg"]))


def _written(loc: tuple[str | int, ...]) -> Path:
    """Leave out what pydantic adds for keys of tables."""
    return tuple(each for each in loc if each != "[key]")


def _keys_at(model: type[BaseModel], path: Path) -> tuple[str, ...]:
    """Return the keys of the table to which a path leads, by way of lists and tables with free names."""
    here: object = model
    for step in path:
        here = _below(here, step)
    return tuple(here.model_fields) if isinstance(here, type) and issubclass(here, BaseModel) else ()


def _below(annotation: object, step: str | int) -> object:
    """Return what stands under a key or index of what an annotation names."""
    if inner := get_args(annotation):
        return inner[-1]  # of list[X] and dict[str, X]
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation.model_fields[str(step)].annotation
    return None


def _sentence(path: Path, kind: str, message: str) -> str:
    name = next((each for each in reversed(path) if isinstance(each, str)), "")
    plain = _SENTENCES.get(kind) or message.removeprefix("Value error, ").replace(
        "Input should be", "must be"
    )
    return f'"{name}" {plain}'
