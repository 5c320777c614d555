"""Files of other tools as text: JSON with comments, YAML and TOML."""

from __future__ import annotations

import pytest

from router.core.plan import JSON
from router.errors import SettingsRefused
from router.importing.reading import LARGEST, read_tables


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a": 1, // one\n "b": [1, 2,], /* two\n */ }', {"a": 1, "b": [1, 2]}),
        ('{"a//b": "/* no */ ,}", "c": "\\"//"}', {"a//b": "/* no */ ,}", "c": '"//'}),
        ('// first\n{"a": {}}\n/* open', {"a": {}}),
        ('\n {"a": "\\u00e9"}', {"a": "é"}),
    ],
)
def test_json_may_have_comments_and_trailing_commas(text: str, value: JSON) -> None:
    assert read_tables(text, "mcp.json") == value
    assert read_tables(text, "standard input") == value


def test_yaml_may_have_anchors_and_keys_that_are_no_text() -> None:
    text = "a: &a {b: 1, c: 2}\nd:\n  <<: *a\n  b: 3\n5: x\n"

    assert read_tables(text, "x.yml") == {"a": {"b": 1, "c": 2}, "d": {"b": 3, "c": 2}, "5": "x"}
    assert read_tables(text, "standard input") == read_tables(text, "x.yaml")


def test_toml_is_read() -> None:
    assert read_tables("[a]\nb = 1", "config.toml") == {"a": {"b": 1}}
    assert read_tables("# ours\n\n[[a]]\nb = 1", "standard input") == {"a": [{"b": 1}]}
    assert read_tables("model = 'x'\n[a]", "standard input") == {"model": "x", "a": {}}


@pytest.mark.parametrize(
    ("shown", "text", "problem"),
    [
        ("x.json", '{"a": 1\n "b"}', "x.json:2:2: is not JSON: Expecting ',' delimiter"),
        ("x.json", '{"a": NaN}', "x.json: is not JSON: NaN is no number of JSON"),
        ("x.json", "[" * 200_000, "x.json: is not JSON: too many tables in tables"),
        ("x.json", f'{{"a": {"9" * 5000}}}', "x.json: is not JSON: Exceeds the limit"),
        ("x.json", '{"a": {"b": 1, "b": 2, "c": 3}}', 'x.json: "b" stands more than once in one table'),
        ("x.json", "[1,,]", "x.json:1:5: is not JSON: "),
        ("x.json", '["a"]', "x.json: holds no tables"),
        ("x", "", "x:1:1: is not JSON: Expecting value"),
        ("x.yaml", "a: 1\nb: 2\na: 3", 'x.yaml:3:1: is not YAML: "a" stands twice in one table'),
        ("x.yaml", "a: [", "x.yaml:1:5: is not YAML: expected the node content"),
        ("x.yaml", "? [1]\n: 2", "x.yaml:1:3: is not YAML: found unhashable key"),
        (
            "x.yaml",
            "a: !!python/name:os.system",
            "x.yaml:1:4: is not YAML: could not determine a constructor",
        ),
        ("x.yaml", "a: 2026-13-01", "x.yaml: is not YAML: ValueError"),
        ("x.yaml", "a: \x00", "x.yaml: is not YAML: ReaderError"),
        ("x.yaml", "[" * 20_000, "x.yaml: is not YAML: RecursionError"),
        ("x.yaml", "", "x.yaml: holds no tables"),
        ("x.toml", "a = ", "x.toml:1:5: is not TOML: Invalid value"),
        ("x.json", " " * (LARGEST + 1), "x.json: is larger than 2,000,000 characters"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_place(shown: str, text: str, problem: str) -> None:
    with pytest.raises(SettingsRefused) as refused:
        read_tables(text, shown)

    assert str(refused.value).startswith(problem)


@pytest.mark.timeout(20)
def test_a_text_without_an_end_takes_no_longer_than_one_with() -> None:
    with pytest.raises(SettingsRefused):
        read_tables('{"a": "' + '\\"' * 500_000, "mcp.json")
