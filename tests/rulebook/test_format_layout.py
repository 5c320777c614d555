"""The one layout of rule files: pairs of what was written and what it becomes."""

from __future__ import annotations

import textwrap

import pytest

from router.rulebook.format import format_rules, format_vocabulary

PAIRS = {
    "tables are sorted by name, with one blank line between them": (
        """
        [b]
        use = "x"
        [a-2]


        use = "x"
        [a]

        """,
        """
        [a]

        [a-2]
        use = "x"

        [b]
        use = "x"
        """,
    ),
    "keys of a rule have one order, and unknown ones come last as they were written": (
        """
        [a]
        zebra = 1
        no = "n"
        yes = "y"
        apple = 2
        steps = []
        answer = "a"
        ask = "a"
        args = {}
        add = "x"
        use = "x"
        say = "s"
        when = {}
        beats = []
        was = []
        until = 2027-01-31
        share = 10
        stage = "live"
        why = "w"
        owner = "o"
        """,
        """
        [a]
        owner = "o"
        why = "w"
        stage = "live"
        share = 10
        until = 2027-01-31
        was = []
        beats = []
        when = {}
        say = "s"
        use = "x"
        add = "x"
        args = {}
        ask = "a"
        answer = "a"
        steps = []
        yes = "y"
        no = "n"
        zebra = 1
        apple = 2
        """,
    ),
    "conditions have one order, inline, dotted or in a table of their own; facts stay as written": (
        """
        [inline]
        when = { attached = [], facts = { z = 1, a = 2 }, odd = 1, looks = [], any = [], all = [] }
        [dotted]
        when.none = "n"
        when.facts.z = 1
        when . all = "a"
        when.facts.a = 2
        owner = "o"
        [table.when.facts]
        z = 1
        a = 2
        [table]
        use = "x"
        [table.when]
        none = "n"
        any = "a"
        """,
        """
        [dotted]
        owner = "o"
        when.all = "a"
        when.none = "n"
        when.facts.z = 1
        when.facts.a = 2

        [inline]
        when = { all = [], any = [], looks = [], facts = { z = 1, a = 2 }, attached = [], odd = 1 }

        [table]
        use = "x"

        [table.when.facts]
        z = 1
        a = 2

        [table.when]
        any = "a"
        none = "n"
        """,
    ),
    "steps keep their order, and their keys have one; arguments stay as written": (
        """
        [b]
        args.z.y = 1
        args.a = 2
        args.z.b = 3
        [[a.steps]]
        needs = []
        args = { z = 1, a = 2 }
        use = "x"
        id = "2"
        [c]
        steps = [ {use="x",id="2"} , {args={b=1,a=2},use="x",id="1"} ]
        [[a.steps]]
        id = "1"
        [a.steps.args]
        z = 1
        a = 2
        [a.when]
        all = "x"
        [a]
        why = "w"
        """,
        """
        [a]
        why = "w"

        [a.when]
        all = "x"

        [[a.steps]]
        id = "2"
        use = "x"
        args = { z = 1, a = 2 }
        needs = []

        [[a.steps]]
        id = "1"

        [a.steps.args]
        z = 1
        a = 2

        [b]
        args.z.y = 1
        args.a = 2
        args.z.b = 3

        [c]
        steps = [{ id = "2", use = "x" }, { id = "1", use = "x", args = { b = 1, a = 2 } }]
        """,
    ),
    "rules before the first header stay there, sorted among themselves": (
        """
        c.use = "x"
        # about a
        a = {use="x",owner="o"}
        c.owner = "o"  # behind
        # end

        [b]
        [c.when]
        """,
        """
        # about a
        a = { owner = "o", use = "x" }

        c.owner = "o" # behind
        c.use = "x"
        # end

        [b]

        [c.when]
        """,
    ),
    "below an element of a list of tables nothing moves": (
        """
        [[b]]
        [b.when]
        all = "x"
        [[b]]
        [b.args]
        [a]
        """,
        """
        [a]

        [[b]]

        [b.when]
        all = "x"

        [[b]]

        [b.args]
        """,
    ),
    "strings and keys stay as they are written, and lose the spaces around them": (
        """
        ["a" . 'when']
        "all"='x'
        any   =   \"\"\"
          x # none \\
          y  \"\"\"
        none\t=\t"\\u0041"
        """,
        """
        ["a".'when']
        "all" = 'x'
        any = \"\"\"
          x # none \\
          y  \"\"\"
        none = "\\u0041"
        """,
    ),
    "two entries of yes, no and say have a line each, and one has none": (
        """
        [a]
        yes = ["b", "a"]
        no = [ "c" , ]
        say = [["d", "e"], "f"]
        use = ["g", "h"]
        args = { yes = ["i", "j"] }
        when.yes = ["k", "l"]
        """,
        """
        [a]
        when.yes = ["k", "l"]
        say = [
            ["d", "e"],
            "f",
        ]
        use = ["g", "h"]
        args = { yes = ["i", "j"] }
        yes = [
            "b",
            "a",
        ]
        no = ["c"]
        """,
    ),
    "a list with comments has an entry a line and keeps them where they are": (
        """
        [a]
        use = [ # opening
          # above
          "b", # behind b

          "c" # behind c
          , # above d
          "d", "e" ] # behind all
        beats = [
            # nothing yet
          ]
        when = { all = ["f", [ "g", # behind g
          "h" ]], none = ["i"] }
        """,
        """
        [a]
        beats = [
            # nothing yet
        ]
        when = { all = [
            "f",
            [
                "g", # behind g
                "h",
            ],
        ], none = ["i"] }
        use = [ # opening
            # above
            "b", # behind b
            "c", # behind c
            # above d
            "d",
            "e",
        ] # behind all
        """,
    ),
}  # fmt: skip


def plain(text: str) -> str:
    return textwrap.dedent(text).removeprefix("\n")


@pytest.mark.parametrize(("before", "after"), PAIRS.values(), ids=PAIRS)
def test_the_layout_of_rules(before: str, after: str) -> None:
    assert format_rules(plain(before)) == plain(after)
    assert format_rules(plain(after)) == plain(after)


def test_the_layout_of_a_vocabulary() -> None:
    before = """
        # Shared words.
        [shapes]
        # Of a shop.
        order = 'order (\\d+)' # a number
        client = 'c'

        [words]
        b = ["x",
            "y"]
        a = ["long phrase number one", "long phrase number two", "long phrase number 3", "long phrase number"]
        """
    after = """
        [words]
        a = [
            "long phrase number one",
            "long phrase number two",
            "long phrase number 3",
            "long phrase number",
        ]
        b = ["x", "y"]

        # Shared words.
        [shapes]
        client = 'c'
        # Of a shop.
        order = 'order (\\d+)' # a number
        """

    assert format_vocabulary(plain(before)) == plain(after)


@pytest.mark.parametrize(("width", "lines"), [(100, 1), (101, 4)])
def test_a_list_stays_on_its_line_up_to_a_hundred_characters(width: int, lines: int) -> None:
    for behind in ("", " # é"):
        start, end = 'use = ["é", "', f'"]{behind}\n'
        text = f"[a]\n{start}{'x' * (width + 1 - len(start + end))}{end}"

        assert len(format_rules(text).removeprefix("[a]\n").splitlines()) == lines
