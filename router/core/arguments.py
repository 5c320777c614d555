"""Arguments held against a tool's input schema, told as sentences; it fetches no schema and sends nothing.

JSON Schema leaves names that `properties` does not list open unless a schema closes itself, and most tools'
schemas do not. A misspelt argument would then be ignored in silence, so an unlisted name is a fault here
wherever the schema lists names and says nothing about others.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from typing import Any, Final

import re2
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError, best_match
from jsonschema.protocols import Validator
from jsonschema.validators import extend, validator_for
from referencing import Registry
from referencing.exceptions import Unresolvable
from referencing.jsonschema import DRAFT202012, specification_with

from router.core.plan import JSON

_SAY_OF_OTHERS: Final = ("additionalProperties", "patternProperties", "unevaluatedProperties")
_OPAQUE: Final = ("$dynamicRef", "$recursiveRef")
_LISTS_OF_PARTS: Final = ("allOf", "anyOf", "oneOf")
_PARTS: Final = ("if", "then", "else")
_TYPES: Final = {
    "array": "a list",
    "boolean": "true or false",
    "integer": "an integer",
    "null": "null",
    "number": "a number",
    "object": "an object",
    "string": "a string",
}
_LONGEST_VALUE: Final = 60
_LONGEST_MESSAGE: Final = 240
_MOST_NAMES: Final = 12


def faults(schema: JSON, given: Mapping[str, JSON]) -> tuple[str, ...]:
    """Return what is wrong with the arguments, a sentence each without a full stop; empty where they fit.

    The draft is the one that `$schema` names, else 2020-12. References are resolved inside the schema only; a
    schema that is itself invalid gives one fault, and None gives none. Patterns run on RE2; one that RE2 does
    not know (look-around, back-references) is left for the server to check.
    """
    if schema is None:
        return ()
    try:
        fit = _fit(json.dumps(schema))
        if isinstance(fit, str):
            return (fit,)
        errors = sorted(fit.validator.iter_errors(dict(given)), key=lambda each: str(each.json_path))
    except Unresolvable as error:
        return (f"the tool's input schema refers to {error.ref}, which it does not hold",)
    except RecursionError:
        return ("the tool's input schema refers to itself without end",)
    except re.error as error:
        return (f"the tool's input schema holds a pattern that cannot be read: {error}",)
    told = [sentence for error in errors for sentence in _sentences(error)]
    if fit.names is not None:
        told += _of_unknown((), [name for name in given if name not in fit.names], fit.names)
    return tuple(dict.fromkeys(told))


def nearest(name: str, names: Iterable[str]) -> str:
    """Return the one of `names` that is most like `name`, case aside; empty where none is near."""
    by_folded = {each.casefold(): each for each in names}
    near = get_close_matches(name.casefold(), by_folded, n=1)
    return by_folded[near[0]] if near else ""


@dataclass(frozen=True, slots=True)
class _Fit:
    """A schema made ready, and the names of arguments that it lists; None where others are its own affair."""

    validator: Validator
    names: tuple[str, ...] | None


@lru_cache(maxsize=512)
def _fit(schema_json: str) -> _Fit | str:
    """Make a schema ready, or say what is wrong with it; kept, since this costs far more than one check."""
    schema = json.loads(schema_json)
    if not isinstance(schema, dict) or not isinstance(schema.get("$schema", ""), str):
        return "the tool's input schema is not a JSON Schema object"
    draft = validator_for(schema, default=Draft202012Validator)
    wrong = best_match(draft(draft.META_SCHEMA, registry=Registry()).iter_errors(schema))
    if wrong is not None:
        return f"the tool's input schema is invalid at {wrong.json_path}: {_shortened(wrong.message)}"
    extended: Callable[..., type[Validator]] = extend
    checking = extended(draft, {"pattern": _pattern})
    return _Fit(checking(schema, registry=Registry()), _listed_names(schema))


def _pattern(validator: Validator, pattern: str, instance: JSON, _schema: JSON) -> Iterator[ValidationError]:
    """Check the keyword `pattern` in linear time, since both pattern and text are foreign."""
    if not validator.is_type(instance, "string"):
        return
    options = re2.Options()
    options.log_errors = False
    try:
        fits = re2.search(pattern, instance, options)
    except re2.error:
        return
    if not fits:
        yield ValidationError(f"{_value(instance)} does not match {pattern}")


def _listed_names(schema: dict[str, Any]) -> tuple[str, ...] | None:
    """Return the names that the schema's parts list for the arguments; None where a part speaks of others."""
    dialect = specification_with(schema.get("$schema", ""), default=DRAFT202012)
    resolver = Registry().resolver_with_root(dialect.create_resource(schema))
    names: dict[str, None] = {}
    lists_names = False
    seen: list[JSON] = []
    waiting: list[JSON] = [schema]
    while waiting:
        part = waiting.pop()
        if not isinstance(part, dict) or any(part is each for each in seen):
            continue
        seen.append(part)
        if any(keyword in part for keyword in _SAY_OF_OTHERS + _OPAQUE):
            return None
        lists_names = lists_names or "properties" in part
        names |= dict.fromkeys(part.get("properties", ()))
        waiting += _parts(part)
        try:
            waiting += [resolver.lookup(part["$ref"]).contents] if "$ref" in part else []
        except Unresolvable:
            return None
    return tuple(names) if lists_names else None


def _parts(schema: dict[str, Any]) -> Iterator[JSON]:
    """Yield the schemas inside that apply to the same object."""
    for keyword in _LISTS_OF_PARTS:
        yield from schema.get(keyword, ())
    for keyword in ("dependentSchemas", "dependencies"):
        yield from schema.get(keyword, {}).values()
    yield from (schema[keyword] for keyword in _PARTS if keyword in schema)


def _sentences(error: ValidationError) -> Iterator[str]:
    telling = _TELLING.get(str(error.validator), _of_any)
    yield from telling(error)


def _of_missing(error: ValidationError) -> Iterator[str]:
    wanted, instance = _wanted(error), _instance(error)
    if not isinstance(wanted, list):
        yield from _of_any(error)
        return
    listed = _properties(error)
    unlisted = [name for name in instance if name not in listed]
    for name in wanted:
        if name not in instance:
            near = nearest(name, unlisted)
            hint = f'; "{_place((*error.absolute_path, near))}" was given' if near else ""
            yield f'"{_place((*error.absolute_path, name))}" is missing{hint}'


def _of_additional(error: ValidationError) -> Iterator[str]:
    listed = _properties(error)
    patterns = error.schema.get("patternProperties", {}) if isinstance(error.schema, dict) else {}
    taken = [name for name in _instance(error) if any(re.search(each, name) for each in patterns)]
    unlisted = [name for name in _instance(error) if name not in listed and name not in taken]
    yield from _of_unknown(tuple(error.absolute_path), unlisted, listed)


def _of_unknown(path: tuple[str | int, ...], unlisted: list[str], listed: Collection[str]) -> Iterator[str]:
    for name in unlisted:
        place = _place((*path, name))
        near = nearest(name, listed)
        if near:
            hint = f'did you mean "{_place((*path, near))}"?'
        elif listed:
            hint = f"there are {_some(listed)}"
        else:
            hint = "none is taken here"
        yield f'"{place}" is not an argument of this tool; {hint}'


def _of_type(error: ValidationError) -> Iterator[str]:
    yield f"{_subject(error)} must be {_either(_kinds(error))}, not {_value(_instance(error))}"


def _of_choice(error: ValidationError) -> Iterator[str]:
    choices = _wanted(error) if error.validator == "enum" else [_wanted(error)]
    instance = _instance(error)
    near = nearest(instance, filter(_is_text, choices)) if _is_text(instance) else ""
    one_of = "one of " if len(choices) > 1 else ""
    hint = f'; did you mean "{near}"?' if near else ""
    yield f"{_subject(error)} must be {one_of}{_some(map(_value, choices))}, not {_value(instance)}{hint}"


def _of_alternatives(error: ValidationError) -> Iterator[str]:
    """Tell `anyOf` and `oneOf` by the alternative that was probably meant."""
    context = error.context or []
    if context and all(each.validator == "type" and not each.relative_path for each in context):
        kinds = [kind for each in context for kind in _kinds(each)]
        yield f"{_subject(error)} must be {_either(kinds)}, not {_value(_instance(error))}"
        return
    meant = best_match([error])
    yield from _of_any(error) if meant is error else _sentences(meant)


def _of_any(error: ValidationError) -> Iterator[str]:
    yield f"{_subject(error)}: {_shortened(error.message)}"


_TELLING: Final[dict[str, Callable[[ValidationError], Iterator[str]]]] = {
    "additionalProperties": _of_additional,
    "anyOf": _of_alternatives,
    "const": _of_choice,
    "enum": _of_choice,
    "oneOf": _of_alternatives,
    "required": _of_missing,
    "type": _of_type,
}


def _wanted(error: ValidationError) -> JSON:
    return error.validator_value


def _instance(error: ValidationError) -> JSON:
    return error.instance


def _kinds(error: ValidationError) -> list[str]:
    wanted = _wanted(error)
    return wanted if isinstance(wanted, list) else [wanted]


def _properties(error: ValidationError) -> tuple[str, ...]:
    return tuple(error.schema.get("properties", ())) if isinstance(error.schema, dict) else ()


def _subject(error: ValidationError) -> str:
    return f'"{_place(error.absolute_path)}"' if error.absolute_path else "the arguments"


def _place(path: Iterable[str | int]) -> str:
    """Write a path as `filter.since` or `items[2]`."""
    joined = "".join(f"[{each}]" if isinstance(each, int) else f".{each}" for each in path)
    return joined.removeprefix(".")


def _is_text(value: JSON) -> bool:
    return isinstance(value, str)


def _some(names: Iterable[str]) -> str:
    """Join names, leaving out those past what a reader would take in."""
    all_names = list(names)
    return ", ".join(all_names[:_MOST_NAMES]) + (", …" if len(all_names) > _MOST_NAMES else "")


def _either(kinds: Iterable[str]) -> str:
    return " or ".join(dict.fromkeys(_TYPES.get(kind, kind) for kind in kinds))


def _value(value: JSON) -> str:
    told = json.dumps(value, ensure_ascii=False, default=str)
    return told if len(told) <= _LONGEST_VALUE else f"{told[:_LONGEST_VALUE]}…"


def _shortened(message: str) -> str:
    """Keep both ends of a message, which may quote the whole value in its middle."""
    if len(message) <= _LONGEST_MESSAGE:
        return message
    half = _LONGEST_MESSAGE // 2
    return f"{message[:half]} … {message[-half:]}"
