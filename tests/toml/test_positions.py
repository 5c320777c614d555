"""Places in TOML files: every way to write a key, and characters inside strings."""

from __future__ import annotations

import tomllib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from router.errors import Problem
from router.toml.positions import Path, Positions

FILE = """\
top = 1
"quoted key" = "x"
'lit.eral' = 2
"esc\\u0061ped" = 3
dotted.a.b = [1,  # comment, with a comma
  "zwei",
  { inner = 'é', 'other' = [[5]] },
]
"ü" = "x"

[table]  # comment
when.all = ["a", "b"]
say = "x"

[table.sub."d.e"]
x = true

[[list]]
n = 1
[list.below]
m = 1
[[list]]
n = 2
[list.below]
m = 2
[[list.deep]]
k = 1
[ spaced . 'out' ]
date = 2027-01-31
empty = []
[late.when]
all = "x"
[late]
owner = "x"
"""


def at(path: Path, *, key: bool = False, text: str = FILE) -> tuple[int, int]:
    found = Positions(text).put(Problem("f", "m", path=path, key=key))
    return found.line, found.column


@pytest.mark.parametrize(
    ("path", "key", "value"),
    [
        (("top",), (1, 1), (1, 7)),
        (("quoted key",), (2, 1), (2, 16)),
        (("lit.eral",), (3, 1), (3, 14)),
        (("escaped",), (4, 1), (4, 18)),
        (("dotted",), (5, 1), (5, 1)),
        (("dotted", "a"), (5, 8), (5, 8)),
        (("dotted", "a", "b"), (5, 10), (5, 14)),
        (("dotted", "a", "b", 0), (5, 15), (5, 15)),
        (("dotted", "a", "b", 1), (6, 3), (6, 3)),
        (("dotted", "a", "b", 2), (7, 3), (7, 3)),
        (("dotted", "a", "b", 2, "inner"), (7, 5), (7, 13)),
        (("dotted", "a", "b", 2, "other"), (7, 18), (7, 28)),
        (("dotted", "a", "b", 2, "other", 0, 0), (7, 30), (7, 30)),
        (("ü",), (9, 1), (9, 7)),
        (("table",), (11, 2), (11, 2)),
        (("table", "when"), (12, 1), (12, 1)),
        (("table", "when", "all", 1), (12, 18), (12, 18)),
        (("table", "say", 0), (13, 1), (13, 7)),
        (("table", "sub", "d.e"), (15, 2), (15, 2)),
        (("table", "sub", "d.e", "x"), (16, 1), (16, 5)),
        (("list",), (18, 3), (18, 3)),
        (("list", 0), (18, 3), (18, 3)),
        (("list", 0, "n"), (19, 1), (19, 5)),
        (("list", 0, "below", "m"), (21, 1), (21, 5)),
        (("list", 1), (22, 3), (22, 3)),
        (("list", 1, "n"), (23, 1), (23, 5)),
        (("list", 1, "below", "m"), (25, 1), (25, 5)),
        (("list", 1, "deep", 0, "k"), (27, 1), (27, 5)),
        (("spaced", "out", "date"), (29, 1), (29, 8)),
        (("spaced", "out", "empty"), (30, 1), (30, 9)),
        (("late",), (33, 2), (33, 2)),
        (("late", "when"), (31, 2), (31, 2)),
    ],
)
def test_a_value_and_its_key_are_found(path: Path, key: tuple[int, int], value: tuple[int, int]) -> None:
    assert at(path, key=True) == key
    assert at(path) == value


@pytest.mark.parametrize(
    ("path", "place"),
    [
        (("table", "missing"), (11, 2)),
        (("table", "when", "all", 7), (12, 12)),
        (("table", "say", 3), (13, 7)),
        (("dotted", "a", "b", 2, "none", 4), (7, 3)),
        (("nothing",), (0, 0)),
        ((), (0, 0)),
    ],
)
def test_what_is_not_there_is_placed_at_what_is_around_it(path: Path, place: tuple[int, int]) -> None:
    assert at(path) == place
    assert at(path, key=True) == place


def test_a_line_that_is_known_stays() -> None:
    problem = Problem("f", "m", path=("top",), line=9, column=9)
    assert Positions(FILE).put(problem) is problem


@pytest.mark.parametrize(
    ("written", "offset", "place"),
    [
        ('x = "abc"', 0, (1, 5)),
        ('x = "abc"', 1, (1, 7)),
        ('x = "abc"', 3, (1, 9)),
        ('x = "abc"', 99, (1, 10)),
        ("x = 'a\\bc'", 2, (1, 8)),
        ('x = "a\\nbc"', 2, (1, 9)),
        ('x = "\\u00e9bc"', 1, (1, 12)),
        ('x = "\\U0001F600bc"', 1, (1, 16)),
        ('x = "äöü{"', 3, (1, 9)),
        ('x = """abc"""', 1, (1, 9)),
        ('x = """\nabc"""', 1, (2, 2)),
        ('x = """\r\nabc"""', 1, (2, 2)),
        ("x = '''\nabc\ndef'''", 5, (3, 2)),
        ("x = '''\r\nabc\r\ndef'''", 5, (3, 2)),
        ('x = """ab\\\n     cd"""', 3, (2, 7)),
        ('x = ["a", "bcd"]', 0, (1, 5)),
        ("x = 12345", 3, (1, 5)),
    ],
)
def test_a_character_of_a_string_is_found_however_the_string_is_written(
    written: str, offset: int, place: tuple[int, int]
) -> None:
    found = Positions(written).put(Problem("f", "m", path=("x",), offset=offset))
    assert (found.line, found.column) == place


def test_one_value_stands_for_a_list_of_one() -> None:
    found = Positions('say = "ab("').put(Problem("f", "m", path=("say", 0), offset=2))
    assert (found.line, found.column) == (1, 10)


def test_lines_that_end_as_on_windows_are_counted_alike() -> None:
    assert at(("table", "when", "all", 1), text=FILE.replace("\n", "\r\n")) == (12, 18)


@pytest.mark.parametrize(
    "text", ["", "[", "x", "x =", "= 3", "[a\nb = 1", 'x = "', "[[a]", "\0", "x = [1,, 2]"]
)
def test_a_file_that_is_no_toml_has_the_places_that_can_be_found(text: str) -> None:
    assert isinstance(Positions(text).places, dict)


values = st.recursive(
    st.integers(0, 9) | st.booleans() | st.sampled_from(('"a"', "'é'", '"""\nx"""')),
    lambda inner: st.lists(inner, max_size=3).map(lambda each: f"[{', '.join(map(str, each))}]"),
    max_leaves=5,
)
keys = st.sampled_from(("a", "b", '"c d"', "'é'", "a.b", 'x."y.z"'))


@settings(max_examples=150)
@given(st.lists(st.tuples(st.sampled_from(("[t]", "[t.u]", "[[l]]", "[l.m]", "")), keys, values), max_size=5))
def test_every_value_of_a_file_has_a_place_in_it(lines: list[tuple[str, str, object]]) -> None:
    text = "\n".join(f"{header}\n{key} = {str(value).lower()}" for header, key, value in lines)
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return
    positions = Positions(text)
    for path in leaves(tables, ()):
        place = positions.places[path]
        assert text.splitlines()[place.value[0] - 1][place.value[1] - 1 :]


def leaves(value: object, path: Path) -> list[Path]:
    if isinstance(value, dict):
        return [each for key, inner in value.items() for each in leaves(inner, (*path, key))]
    if isinstance(value, list):
        return [each for number, inner in enumerate(value) for each in leaves(inner, (*path, number))]
    return [path]


headers = st.sampled_from(
    (
        "[a]",
        "[a.b]",
        "[[a]]",
        "[a]  # [b]",
        "  [a]",
        "[ a ]",
        '["a"]',
        "[b]",
        "[b.a]",
        "[true]",
        "[1]",
        "[inf.b]",
    )
)
bodies = st.sampled_from(
    (
        "k = [\n[1],\n[true], # [a]\n[inf]\n]",
        "k = [\n  ['a'],\n[\"b\"],\n]",
        "# [a]",
        "k = '[a]'",
        'k = """\n[a]\n"""',
        "k = '''\n[b]\n'''",
        "k = { a = [\n[1]\n] }",
        "a.k = 1",
        "",
    )
)


@settings(max_examples=300)
@given(st.lists(st.tuples(headers, bodies), max_size=4), bodies, st.sampled_from(("\n", "\r\n")))
def test_the_line_of_a_table_is_the_same_whether_it_is_found_with_a_parser_or_without(
    tables: list[tuple[str, str]], first: str, end: str
) -> None:
    text = "\n".join((first, *(f"{header}\n{body}" for header, body in tables))).replace("\n", end)
    try:
        names = tuple(tomllib.loads(text))
    except tomllib.TOMLDecodeError:
        return
    parsed = Positions(text)
    assert {name: Positions(text).table_line(name) for name in names} == {
        name: parsed._table_lines[name] for name in names
    }


@pytest.mark.parametrize(("text", "line"), [("[b]\n[a]", 2), ("[b]\n['a']", 2), ("b = 1\na.b = 2\n[c]", 2)])
def test_the_line_of_a_table_is_found_however_its_name_is_written(text: str, line: int) -> None:
    assert Positions(text).table_line("a") == line


def test_a_plain_header_is_found_without_a_parser(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Positions, "_table_lines", {})
    assert Positions("# words\n\n[a]\nb = 1").table_line("a") == 3
    assert Positions('[b]\nc = """\n"""\n[a]').table_line("a") == 1
