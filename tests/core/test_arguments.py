"""Arguments held against input schemas: tables of schema, arguments and what is told."""

from __future__ import annotations

import socket

import pytest

from router.core.arguments import faults, nearest
from router.core.plan import JSON

LOG: JSON = {
    "type": "object",
    "properties": {
        "repo_path": {"type": "string"},
        "max_count": {"type": "integer", "default": 10},
        "since": {"anyOf": [{"type": "string"}, {"type": "null"}]},
        "order": {"enum": ["newest", "oldest"]},
        "filter": {
            "type": "object",
            "properties": {
                "author": {"type": "string"},
                "paths": {"type": "array", "items": {"type": "string"}},
            },
            "required": ["author"],
            "additionalProperties": False,
        },
    },
    "required": ["repo_path"],
}


def of(properties: JSON, **more: JSON) -> JSON:
    return {"type": "object", "properties": properties, **more}


@pytest.mark.parametrize(
    "given",
    [
        {"repo_path": "."},
        {"repo_path": ".", "max_count": 3, "since": None, "order": "newest"},
        {"repo_path": ".", "filter": {"author": "Ada", "paths": ["a", "b"]}},
    ],
)
def test_arguments_that_fit_have_no_faults(given: dict[str, JSON]) -> None:
    assert faults(LOG, given) == ()


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({}, '"repo_path" is missing'),
        ({"repo": "."}, '"repo_path" is missing; "repo" was given'),
        ({"max_count": "three"}, '"max_count" must be an integer, not "three"'),
        ({"max_count": True}, '"max_count" must be an integer, not true'),
        ({"since": 3}, '"since" must be a string or null, not 3'),
        (
            {"order": "newst"},
            '"order" must be one of "newest", "oldest", not "newst"; did you mean "newest"?',
        ),
        ({"order": 1}, '"order" must be one of "newest", "oldest", not 1'),
        ({"max_cuont": 3}, '"max_cuont" is not an argument of this tool; did you mean "max_count"?'),
        ({"maxCount": 3}, '"maxCount" is not an argument of this tool; did you mean "max_count"?'),
        (
            {"zzz": 3},
            '"zzz" is not an argument of this tool; there are repo_path, max_count, since, order, filter',
        ),
        ({"filter": {}}, '"filter.author" is missing'),
        ({"filter": {"auhtor": "Ada"}}, '"filter.author" is missing; "filter.auhtor" was given'),
        (
            {"filter": {"pahts": []}},
            '"filter.pahts" is not an argument of this tool; did you mean "filter.paths"?',
        ),
        ({"filter": {"paths": ["a", 1]}}, '"filter.paths[1]" must be a string, not 1'),
        ({"filter": []}, '"filter" must be an object, not []'),
    ],
)
def test_each_fault_names_the_argument_and_what_would_do(given: dict[str, JSON], told: str) -> None:
    assert told in faults(LOG, given)


def test_all_faults_are_told_at_once() -> None:
    assert faults(LOG, {"max_cuont": 3, "order": 1}) == (
        '"repo_path" is missing',
        '"order" must be one of "newest", "oldest", not 1',
        '"max_cuont" is not an argument of this tool; did you mean "max_count"?',
    )


@pytest.mark.parametrize(
    ("value_schema", "value", "told"),
    [
        ({"const": 1}, 2, '"a" must be 1, not 2'),
        ({"type": ["integer", "boolean"]}, "x", '"a" must be an integer or true or false, not "x"'),
        ({"minimum": 3}, 1, '"a": 1 is less than the minimum of 3'),
        ({"pattern": r"^\p{Lu}"}, "x", r'"a": "x" does not match ^\p{Lu}'),
        ({"oneOf": [{"type": "string", "minLength": 3}, {"type": "object"}]}, "x", "\"a\": 'x' is too short"),
        ({"oneOf": [{"minLength": 1}, {"minLength": 0}]}, "x", "\"a\": 'x' is valid under each of"),
        ({"anyOf": [{"type": ["string", "null"]}, {"type": "array"}]}, 1, "a string or null or a list"),
        ({"additionalProperties": {"type": "string"}}, {"b": 1}, '"a.b" must be a string, not 1'),
        ({"patternProperties": {"^x": {}}, "additionalProperties": False}, {"xb": 1, "y": 2},
         '"a.y" is not an argument of this tool; none is taken here'),
        ({"additionalProperties": False, "patternProperties": {"^x": {}}, "properties": {"yy": {}}}, {"y": 2},
         '"a.y" is not an argument of this tool; did you mean "a.yy"?'),
        ({"enum": list(range(20))}, 99, "10, 11, …, not 99"),
        (False, 1, "the arguments: False schema does not allow 1"),
        ({"type": "integer"}, "x" * 100, f'must be an integer, not "{"x" * 59}…'),
        ({"maxLength": 9}, "x" * 1000, "xxx' is too long"),
    ],
)  # fmt: skip
def test_each_condition_is_told_in_words(value_schema: JSON, value: JSON, told: str) -> None:
    (fault,) = faults(of({"a": value_schema}), {"a": value})

    assert told in fault
    assert len(fault) < 300


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object"},
        of({}, additionalProperties=True),
        of({}, additionalProperties={}),
        of({}, patternProperties={"^x": {}}),
        of({}, unevaluatedProperties={}),
        of({}, allOf=[{"additionalProperties": True}]),
        of({}, **{"$dynamicRef": "#/$defs/any", "$defs": {"any": {}}}),
    ],
)
def test_a_name_that_the_schema_speaks_of_otherwise_is_let_through(schema: JSON) -> None:
    assert faults(schema, {"xyz": 1}) == ()


@pytest.mark.parametrize(
    "part",
    [
        {"allOf": [{"properties": {"b": {}}}]},
        {"anyOf": [True, {"properties": {"b": {}}}]},
        {"oneOf": [{"properties": {"b": {}}}]},
        {"if": {"properties": {"b": {"const": 1}}}},
        {"then": {"properties": {"b": {}}}},
        {"dependentSchemas": {"a": {"properties": {"b": {}}}}},
        {"$ref": "#/$defs/more", "$defs": {"more": {"properties": {"b": {}}}}},
    ],
    ids=lambda part: str(next(iter(part))),
)
def test_a_name_that_a_part_of_the_schema_lists_is_known(part: JSON) -> None:
    schema = of({"a": {}}, **part)

    assert faults(schema, {"a": 1, "b": 1}) == ()
    assert faults(schema, {"c": 1}) == ('"c" is not an argument of this tool; there are a, b',)


def test_a_tool_without_arguments_takes_none() -> None:
    assert faults(of({}), {"a": 1}) == ('"a" is not an argument of this tool; none is taken here',)


def test_unevaluated_properties_are_checked_where_the_schema_says_so() -> None:
    schema = of({"a": {}}, unevaluatedProperties=False)

    (fault,) = faults(schema, {"b": 1})

    assert fault == "the arguments: Unevaluated properties are not allowed ('b' was unexpected)"


@pytest.mark.parametrize(
    ("schema", "told"),
    [
        (
            {"type": "objct"},
            "the tool's input schema is invalid at $.type: 'objct' is not valid under any of",
        ),
        (
            {"properties": []},
            "the tool's input schema is invalid at $.properties: [] is not of type 'object'",
        ),
        (
            of({"a": {"$ref": "#/$defs/none"}}),
            "the tool's input schema refers to /$defs/none, which it does not hold",
        ),
        (
            of({"a": {"$ref": "http://127.0.0.1:9/a.json"}}),
            "refers to http://127.0.0.1:9/a.json, which it does not",
        ),
        ({"$ref": "gone.json"}, "the tool's input schema refers to gone.json, which it does not hold"),
        ({"$ref": "#"}, "the tool's input schema refers to itself without end"),
        (
            {"patternProperties": {"(?<a>b)": {}}},
            "the tool's input schema holds a pattern that cannot be read",
        ),
        ({"$schema": 7}, "the tool's input schema is not a JSON Schema object"),
        (True, "the tool's input schema is not a JSON Schema object"),
    ],
)
def test_a_schema_that_cannot_be_used_is_a_fault_and_nothing_is_fetched(
    monkeypatch: pytest.MonkeyPatch, schema: JSON, told: str
) -> None:
    monkeypatch.setattr(socket, "socket", None)

    (fault,) = faults(schema, {"a": 1})

    assert told in fault


def test_no_schema_is_no_fault() -> None:
    assert faults(None, {"a": 1}) == ()


@pytest.mark.parametrize(
    ("dialect", "given", "told"),
    [
        ("http://json-schema.org/draft-03/schema#", {}, ("\"a\": 'a' is a required property",)),
        (
            "http://json-schema.org/draft-04/schema#",
            {"a": 1},
            ('"a": 1 is less than or equal to the minimum of 1',),
        ),
        ("http://json-schema.org/draft-07/schema#", {"a": 1}, ()),
        ("https://json-schema.org/draft/2020-12/schema", {"a": 1}, ()),
        ("urn:nobody:knows", {"a": 1}, ()),
    ],
)
def test_the_draft_is_the_one_that_the_schema_names(dialect: str, given: JSON, told: tuple[str, ...]) -> None:
    old: JSON = {
        "http://json-schema.org/draft-03/schema#": {"a": {"required": True}},
        "http://json-schema.org/draft-04/schema#": {"a": {"minimum": 1, "exclusiveMinimum": True}},
    }
    schema = of(old.get(dialect, {"a": {"minimum": 1}}), **{"$schema": dialect})

    assert faults(schema, given) == told


@pytest.mark.parametrize("pattern", ["^(?=x)", r"(a)\1", "("])
def test_a_pattern_that_re2_does_not_know_is_left_to_the_server(pattern: str) -> None:
    assert faults(of({"a": {"pattern": pattern}}), {"a": "b"}) == ()


def test_a_pattern_says_nothing_of_what_is_no_text() -> None:
    assert faults(of({"a": {"pattern": "x"}}), {"a": 1}) == ()


@pytest.mark.parametrize(
    ("name", "names", "near"),
    [
        ("git_lgo", ["git_log", "git_status"], "git_log"),
        ("GitLog", ["git_log"], "git_log"),
        ("x", ["git_log"], ""),
    ],
)
def test_the_nearest_name_is_found_case_aside(name: str, names: list[str], near: str) -> None:
    assert nearest(name, names) == near


def test_a_text_that_fits_its_pattern_is_no_fault() -> None:
    schema = {"type": "object", "properties": {"code": {"type": "string", "pattern": "^[A-Z]{3}$"}}}

    assert faults(schema, {"code": "ABC"}) == ()
    assert len(faults(schema, {"code": "abc"})) == 1


def test_only_the_missing_ones_of_the_required_arguments_are_told() -> None:
    schema = {"type": "object", "properties": {"a": {}, "b": {}}, "required": ["a", "b"]}

    assert faults(schema, {"a": 1}) == ('"b" is missing',)
