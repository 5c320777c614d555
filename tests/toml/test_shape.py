"""The shape of tables: unknown keys with the nearest known one, and types in the words of TOML."""

from __future__ import annotations

from typing import Annotated, Any

import pytest
from pydantic import AfterValidator, Field, ValidationError

from router.core.findings import Findings
from router.errors import Problem
from router.toml.shape import Table, report


def _never(value: str) -> str:
    raise ValueError(f"never does, not even {value}")


class Inner(Table):
    """A table inside of others."""

    url: str = ""
    count: int = 0


class Outer(Table):
    """A table with one of every kind."""

    name: Annotated[str, Field(pattern="^[a-z]+$")] = "x"
    share: int | None = None
    ratio: float = 0.5
    on: bool = False
    never: Annotated[str, AfterValidator(_never)] = ""
    low: Annotated[int, Field(ge=3)] = 3
    names: list[str] = Field(default_factory=list)
    inner: Inner = Field(default_factory=Inner)
    inners: list[Inner] = Field(default_factory=list)
    named: dict[str, Inner] = Field(default_factory=dict)
    words: dict[str, list[str]] = Field(default_factory=dict)
    needed: str


def said(raw: dict[str, Any]) -> list[tuple[str, str, str]]:
    findings = Findings()
    with pytest.raises(ValidationError) as error:
        Outer.model_validate({"needed": "x"} | raw)
    report(error.value, "f", ("t",), Outer, findings)
    return [(shown(each), each.message, each.hint) for each in findings.problems]


def shown(problem: Problem) -> str:
    return ".".join(map(str, problem.path)) + " (key)" * problem.key


ALL = "there are inner, inners, low, name, named, names, needed, never, on, ratio, share, words"


@pytest.mark.parametrize(
    ("raw", "path", "message", "hint"),
    [
        ({"nmae": 1}, "t.nmae (key)", 'unknown key "nmae"', 'did you mean "name"?'),
        ({"zzz": 1}, "t.zzz (key)", 'unknown key "zzz"', ALL),
        ({"inner": {"ulr": 1}}, "t.inner.ulr (key)", 'unknown key "ulr"', 'did you mean "url"?'),
        ({"inners": [{}, {"zz": 1}]}, "t.inners.1.zz (key)", 'unknown key "zz"', "there are count, url"),
        (
            {"named": {"name": {"cuont": 1}}},
            "t.named.name.cuont (key)",
            'unknown key "cuont"',
            'did you mean "count"?',
        ),
        ({"share": "x"}, "t.share", '"share" must be a whole number', ""),
        ({"share": 2.5}, "t.share", '"share" must be a whole number', ""),
        ({"share": True}, "t.share", '"share" must be a whole number', ""),
        ({"ratio": "x"}, "t.ratio", '"ratio" must be a number', ""),
        ({"on": 1}, "t.on", '"on" must be true or false', ""),
        ({"names": "x"}, "t.names", '"names" must be a list', ""),
        ({"names": ["x", 3]}, "t.names.1", '"names" must be text', ""),
        ({"inner": 3}, "t.inner", '"inner" must be a table', ""),
        ({"named": 3}, "t.named", '"named" must be a table', ""),
        ({"words": {"a": ["x", 3]}}, "t.words.a.1", '"a" must be text', ""),
        ({"named": {"a": {"count": "x"}}}, "t.named.a.count", '"count" must be a whole number', ""),
        ({"name": "X1"}, "t.name", '"name" must have letters, digits, - and _ only', ""),
        ({"never": "a"}, "t.never", '"never" never does, not even a', ""),
        ({"low": 1}, "t.low", '"low" must be greater than or equal to 3', ""),
        ({"needed": None}, "t.needed", '"needed" must be text', ""),
        ({1: 2}, "t.1", '"t" Keys should be strings', ""),
    ],
)
def test_what_is_wrong_is_said_in_the_words_of_the_file(
    raw: dict[str, Any], path: str, message: str, hint: str
) -> None:
    assert said(raw) == [(path, message, hint)]


def test_what_is_missing_is_said_of_the_table() -> None:
    findings = Findings()
    with pytest.raises(ValidationError) as error:
        Outer.model_validate({})
    report(error.value, "f", ("t",), Outer, findings)
    assert [(each.path, each.message) for each in findings.problems] == [
        (("t", "needed"), '"needed" is missing')
    ]


def test_everything_is_said_at_once() -> None:
    assert len(said({"a": 1, "share": "x", "inner": {"b": 1}})) == 3
