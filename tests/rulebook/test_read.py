"""Rules on disk: where each problem is, in which words, and all of them at once."""

from __future__ import annotations

import gc
import os
from pathlib import Path

import pytest

from router.errors import RulebookRefused
from router.rulebook.read import read_rulebook
from router.rulebook.tree import Directory
from tests.core.making import SETTINGS, refused, written

TYPES = "the types are int, number, word, path, date, rest and @list"
NAMES = "there are attached, cwd, facts, modes, repository, steps, text, time, words"
BOUNDARY = r"\b may stand only at the start or the end of a shape, outside brackets"
FINE = '[fine]\nwhen.all = "x"\nuse = "mcp:ledger/get"\n'
TEAM = "rules/team/t.toml"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        # the shape of a rule
        ('[r]\nwhne.all = "x"\nuse = "mcp:git/x"', '2:1: unknown key "whne"; did you mean "when"?'),
        (
            '[r]\nwhen.contains = "x"\nuse = "mcp:git/x"',
            '2:6: unknown key "contains"; there are all, any, attached, facts, looks, modes, none',
        ),
        (
            '[r]\nwhen = { all = "x", faxts = 1 }\nuse = "mcp:git/x"',
            '2:21: unknown key "faxts"; did you mean "facts"?',
        ),
        ('[r]\nwhen = "x"\nuse = "mcp:git/x"', '2:8: "when" must be a table'),
        (
            '[r]\nwhen.all = ["a", 3]\nuse = "mcp:git/x"',
            '2:18: "all" must be a word or phrase, or a list of them',
        ),
        (
            '[r]\nwhen.all = ["a", []]\nuse = "mcp:git/x"',
            '2:18: "all" must be a word or phrase, or a list of them',
        ),
        (
            '[r]\nwhen.all = ["a", ["b", 3]]\nuse = "mcp:git/x"',
            '2:18: "all" must be a word or phrase, or a list of them',
        ),
        (
            '[r]\nwhen.any = { a = 1 }\nuse = "mcp:git/x"',
            '2:12: "any" must be a word or phrase, or a list of them',
        ),
        ('[r]\nwhen.looks = 3\nuse = "mcp:git/x"', '2:14: "looks" must be text'),
        ('[r]\nwhen.facts = { a = 2027-01-31 }\nuse = "mcp:git/x"', '2:20: "a" must be text'),
        ('[r]\nwhen.facts = "a"\nuse = "mcp:git/x"', '2:14: "facts" must be a table'),
        ('[r]\nsay = ""\nuse = "mcp:git/x"', '2:7: "say" must not be empty'),
        ('[r]\nsay = ["a", "  "]\nuse = "mcp:git/x"', '2:13: "say" must not be empty'),
        ('[r]\nwhen.all = "x"\nuse = 3', '3:7: "use" must be text'),
        ('[r]\nwhen.all = "x"\nuse = "mcp:git/x"\nargs = "x"', '4:8: "args" must be a table'),
        (
            '[r]\nwhen.all = "x"\nuse = "mcp:git/x"\nargs = { a = [nan] }',
            '4:8: "args" must hold no nan or inf, which JSON does not know',
        ),
        ('[r]\nwhen.all = "x"\nuse = "mcp:git/x"\nshare = 2.5', '4:9: "share" must be a whole number'),
        (
            '[r]\nwhen.all = "x"\nuse = "mcp:git/x"\nuntil = 2027-01-31T10:00:00',
            '4:9: "2027-01-31T10:00:00" is not a date such as 2027-06-30',
        ),
        ('[r]\nwhen.all = "x"\nsteps = [{ use = "mcp:git/x" }]', '3:10: "id" is missing'),
        (
            '[r]\nwhen.all = "x"\nsteps = [{ id = "a b", use = "mcp:git/x" }]',
            '3:17: "id" must have letters, digits, - and _ only',
        ),
        (
            '[r]\nwhen.all = "x"\nsteps = [{ id = "a", use = "mcp:git/x", arsg = {} }]',
            '3:41: unknown key "arsg"; did you mean "args"?',
        ),
        (
            '[r]\nwhen.all = "x"\n[[r.steps]]\nid = "a"\nuse = "mcp:gti/x"',
            '5:7: unknown server "gti"; did you mean "git"?',
        ),
        # one key against another
        (
            '[r]\nwhen.all = "x"\nuse = "mcp:git/x"\nadd = "mcp:git/y"',
            "4:1: a rule has one of use, add and steps, not use and add",
        ),
        (
            '[r]\nwhen.all = "x"\nargs.a = 1\nsteps = [{ id = "a", use = "mcp:git/x" }]',
            "3:1: args belongs to each of the steps; write args into a step",
        ),
        (
            '[r]\nwhen.all = "x"\nask = "x"\nsteps = [{ id = "a", use = "a2a:release" }]',
            "3:1: ask belongs to each of the steps; write ask into a step",
        ),
        (
            '[r]\nwhen.all = "x"\nadd = "mcp:git/x"\nanswer = "x"',
            "4:1: an `add` rule has no answer of its own",
        ),
        # names and meanings, placed
        ("x = 1", '1:1: "x" is a value outside a table; a rule is a table: [x]'),
        (
            '["a.b"]\nwhen.all = "x"\nuse = "mcp:git/x"',
            '1:2: "t.a.b" is not a rule id; use letters, digits, - and _',
        ),
        (
            '[r]\nuse = "mcp:git/x"',
            (
                "1:2: the rule asks for nothing, so it would match everything; "
                "give it `when` or `say`; a catch-all says {rest}"
            ),
        ),
        (
            '# comment\n\n[r.when]\nall = "@zz"\n[r]\nuse = "mcp:git/x"',
            '4:7: unknown list "@zz"; there are none',
        ),
        (
            '[r]\nuse = "mcp:git/x"\n[r.when]\nall = ["y", ["a", "@zz"]]',
            '4:19: unknown list "@zz"; there are none',
        ),
        (
            'r.when.all = "x"\nr.use = ["mcp:git/x",\n  "mcp:gut/x"]',
            '3:3: unknown server "gut"; did you mean "git"?',
        ),
        ('[r]\nsay = "show (a"\nuse = "mcp:git/x"', '2:15: a ")" is missing'),
        ('[r]\nsay = ["ok", "go {x:thing}"]\nuse = "mcp:git/x"', f'2:18: unknown slot type "thing"; {TYPES}'),
        ('[r]\nsay = """\ngo\n{x}"""\nuse = "mcp:git/x"', f'4:1: slot "x" has no type; {TYPES}'),
        ('[r]\r\nsay = "ü {x}"\r\nuse = "mcp:git/x"\r\n', f'2:10: slot "x" has no type; {TYPES}'),
        (
            '[r]\nwhen.all = "x"\nuse = "mcp:git/x"\nargs = { a = { b = "{{ q }}" } }',
            f'4:14: unknown variable "q"; {NAMES}',
        ),
        (
            '[r]\nwhen.all = "x"\nuse = "mcp:git/x"\nshare = 5',
            '4:1: only a canary has a share; add `stage = "canary"`',
        ),
        ("[r\nx", "1:3: is not TOML: Expected ']' at the end of a table declaration"),
    ],
)
def test_a_problem_says_line_and_column_and_what_would_do(tmp_path: Path, text: str, problem: str) -> None:
    assert refused(tmp_path, {TEAM: text}) == [f"{TEAM}:{problem}"]


@pytest.mark.parametrize(
    ("files", "problem"),
    [
        (
            {"rules/vocab.toml": "[wrods]\n"},
            'rules/vocab.toml:1:2: unknown key "wrods"; did you mean "words"?',
        ),
        ({"rules/vocab.toml": '[words]\na = "x"'}, 'rules/vocab.toml:2:5: "a" must be a list'),
        ({"rules/vocab.toml": '[words]\na = ["x", 3]'}, 'rules/vocab.toml:2:11: "a" must be text'),
        (
            {"rules/vocab.toml": '[words]\na = ["x",\n"!"]'},
            'rules/vocab.toml:3:1: "!" has no letter or digit',
        ),
        ({"rules/vocab.toml": '[shapes]\na = ""'}, 'rules/vocab.toml:2:5: "a" must not be empty'),
        (
            {"rules/vocab.toml": "[shapes]\na = 'x\\by'"},
            f'rules/vocab.toml:2:7: shape "a": {BOUNDARY}; leave it out here',
        ),
        ({"rules/vocab.toml": "x ="}, "rules/vocab.toml:1:4: is not TOML: Invalid value"),
        (
            {"rules/tema/t.toml": FINE},
            ('rules/tema/t.toml: layer "tema" is not among the layers of ts.toml; did you mean "team"?'),
        ),
        (
            {"rules/t.toml": FINE},
            "rules/t.toml: no layer reads this file; rules live in rules/<layer>/<topic>.toml",
        ),
        (
            {"rules/team/sub/t.toml": FINE},
            ("rules/team/sub/t.toml: no layer reads this file; rules live in rules/<layer>/<topic>.toml"),
        ),
        (
            {"rules/team/a b.toml": FINE},
            ('rules/team/a b.toml:1:2: "a b.fine" is not a rule id; use letters, digits, - and _'),
        ),
        ({"prompts/a/b.j2": "x\n{{ 1 + }}"}, "prompts/a/b.j2:2:1: unexpected 'end of print statement'"),
        (
            {"rules/guard/t.toml": FINE, "rules/team/t.toml": "\n" + FINE},
            (
                'rules/team/t.toml:2:2: rule "t.fine" exists already, in rules/guard/t.toml:1; '
                "rename the table or the file"
            ),
        ),
    ],
)
def test_a_problem_of_another_file_is_said_of_that_file(
    tmp_path: Path, files: dict[str, str], problem: str
) -> None:
    assert refused(tmp_path, files) == [problem]


def test_files_that_are_no_text_are_refused(tmp_path: Path) -> None:
    written(tmp_path, {"rules/team/ok.toml": FINE, "prompts/ok.j2": ""})
    for name in ("rules/team/bad.toml", "rules/vocab.toml", "prompts/bad.j2"):
        (tmp_path / name).write_bytes(b"\xff")
    with pytest.raises(RulebookRefused) as error:
        read_rulebook(Directory(tmp_path), SETTINGS)
    assert [str(each) for each in error.value.problems] == [
        "prompts/bad.j2: is not UTF-8: byte 1 is 0xff",
        "rules/team/bad.toml: is not UTF-8: byte 1 is 0xff",
        "rules/vocab.toml: is not UTF-8: byte 1 is 0xff",
    ]


@pytest.mark.skipif(os.name == "nt", reason="a directory is read differently there")
def test_a_directory_named_as_a_rule_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "rules/team/x.toml").mkdir(parents=True)
    with pytest.raises(RulebookRefused, match=r"rules/team/x\.toml: cannot be read: it is no file"):
        read_rulebook(Directory(tmp_path), SETTINGS)


def test_everything_that_is_wrong_in_all_files_is_said_at_once_by_place(tmp_path: Path) -> None:
    found = refused(
        tmp_path,
        {
            "rules/vocab.toml": "[shapes]\ns = '('",
            TEAM: '[b]\nsay = "("\nuse = "mcp:zz"\n[a]\nwhen.all = "@x"\nuse = "mcp:git/x"\nbeats = "t.q"',
            "rules/guard/g.toml": "[r]\nwhne = 1\nuse = 3",
            "prompts/p.j2": "{{",
        },
    )
    assert [each.split(": ")[0] for each in found] == [
        "prompts/p.j2:1:1",
        "rules/guard/g.toml:2:1",
        "rules/guard/g.toml:3:7",
        "rules/team/t.toml:2:9",
        "rules/team/t.toml:3:7",
        "rules/team/t.toml:5:12",
        "rules/team/t.toml:7:9",
        "rules/vocab.toml:2:5",
    ]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('# a\n\n[r]\nwhen.all = "x"\nuse = "mcp:git/x"', 3),
        ('[r.when]\nall = "x"\n\n[r]\nuse = "mcp:git/x"', 4),
        ('[r]\nuse = "mcp:git/x"\n[r.when]\nall = "x"', 1),
        ('# a\n[r.when]\nall = "x"\n[[r.steps]]\nid = "a"\nuse = "mcp:git/x"', 2),
        ('\nr.when.all = "x"\nr.use = "mcp:git/x"', 2),
        ('\n\nr = { when = { all = "x" }, use = "mcp:git/x" }', 3),
        ('\ufeff[r]\nwhen.all = "x"\nuse = "mcp:git/x"', 1),
        ('\r\n["r"]\r\nwhen.all = "x"\r\nuse = "mcp:git/x"', 2),
        ('[q]\nwhen.all = "y"\nuse = "mcp:git/x"\n[ r ]  # here\nwhen.all = "x"\nuse = "mcp:git/x"', 4),
    ],
)
def test_a_rule_is_at_the_line_of_its_header(tmp_path: Path, text: str, line: int) -> None:
    book = read_rulebook(Directory(written(tmp_path, {TEAM: text})), SETTINGS)
    assert book.rules["t.r"].at == f"{TEAM}:{line}"
    assert book.decide("x").rule == "t.r"


def test_a_rule_may_be_written_in_any_way_that_toml_allows(tmp_path: Path) -> None:
    text = """
    [short]
    when = { all = "refund", any = "a", none = "b", looks = "s", modes = "useful", attached = "a/b" }
    say = "refund a 5"
    use = "mcp:git/x"
    args = { day = 2027-01-31, at = 10:00:00, deep = [{ when = 2027-01-31T10:00:00Z }], n = 1.5 }
    until = 2027-01-31
    yes = "one"
    no = "two"
    was = "o.one"
    beats = "t.long"

    [long]
    when.all = [["refund"]]
    when.facts = { yes = true, n = 3, half = 2.5, word = "x" }
    add = []
    use = ["mcp:git/x"]
    """
    files = {TEAM: text, "rules/vocab.toml": "shapes.s = '\\d'"}
    rules = read_rulebook(Directory(written(tmp_path, files)), SETTINGS).rules
    assert rules["t.short"].until == "2027-01-31"
    assert rules["t.short"].steps[0].args == {
        "day": "2027-01-31",
        "at": "10:00:00",
        "deep": [{"when": "2027-01-31T10:00:00+00:00"}],
        "n": 1.5,
    }
    assert [str(each) for each in rules["t.long"].condition.clauses] == [
        "refund",
        "fact half=2.5",
        "fact n=3",
        "fact word=x",
        "fact yes=true",
    ]


def test_a_project_without_rules_or_prompts_is_an_empty_rulebook(tmp_path: Path) -> None:
    book = read_rulebook(Directory(tmp_path), SETTINGS)
    assert (dict(book.rules), book.decide("x").kind) == ({}, "none")


def test_prompts_are_named_by_their_path(tmp_path: Path) -> None:
    files = {"prompts/a/b.md.j2": "x", "prompts/c.j2": "y", "prompts/README.md": "{{ not a prompt"}
    book = read_rulebook(Directory(written(tmp_path, files)), SETTINGS)
    assert set(book.templates.prompts) == {"a/b.md.j2", "c.j2"}


def test_comments_spaces_and_the_order_of_keys_leave_the_revision(tmp_path: Path) -> None:
    plain = '[r]\nwhen = { all = ["x", "y"], none = "z" }\nuse = "mcp:git/x"\nargs = { a = 1, b = 2 }\n'
    dressed = """# a comment

    [r] # the rule
    args.b = 2
    use = "mcp:git/x"
    args.a = 1
        [r.when]
        none = ['z']
        all  = [ "x",   # first
                 "y" ]
    """
    first = read_rulebook(Directory(written(tmp_path / "a", {TEAM: plain})), SETTINGS)
    second = read_rulebook(Directory(written(tmp_path / "b", {TEAM: dressed})), SETTINGS)
    assert first.revision == second.revision
    assert first.decide("x y").id == second.decide("x y").id


def test_a_vocabulary_that_does_not_load_is_told_alone(tmp_path: Path) -> None:
    files = {"rules/vocab.toml": '[words]\na = "\\d"', TEAM: '[a]\nwhen.all = "@a"\nuse = "mcp:git/x"'}
    assert [each.partition(":")[0] for each in refused(tmp_path, files)] == ["rules/vocab.toml"]


@pytest.mark.parametrize("text", [FINE, "[r"])
def test_reading_leaves_the_collection_of_garbage_as_it_was(tmp_path: Path, text: str) -> None:
    tree = Directory(written(tmp_path, {TEAM: text}))
    for before in (gc.disable, gc.enable, gc.freeze):
        before()
        state = gc.isenabled(), gc.get_freeze_count() > 0
        try:
            read_rulebook(tree, SETTINGS)
        except RulebookRefused:
            assert text != FINE
        assert (gc.isenabled(), gc.get_freeze_count() > 0) == state
    gc.unfreeze()
