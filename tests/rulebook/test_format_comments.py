"""Which comment belongs to what: pairs of what was written and what it becomes."""

from __future__ import annotations

import pytest

from router.rulebook.format import format_rules
from tests.rulebook.test_format_layout import plain

PAIRS = {
    "comments above a header or key move with it, also with a blank line between": (
        """
        # The file.

        # About b.
        [b] # behind b
        # about use
        use = "x" # behind use
          # about owner

          # and more
        owner = "o"


        # Apart.



        # Still of a.

        [a]
        """,
        """
        # The file.

        # Apart.

        # Still of a.

        [a]

        # About b.
        [b] # behind b
        # about owner

        # and more
        owner = "o"
        # about use
        use = "x" # behind use
        """,
    ),
    "comments at the end of a table stay at its end, and those of the file at its end": (
        """
        [b]
        use = "x"
        owner = "o"
        # end of b

        # about a
        [a]
        # of a, with nothing in it

        # end of the file

        # the very end""",
        """
        # about a
        [a]
        # of a, with nothing in it

        [b]
        owner = "o"
        use = "x"
        # end of b

        # end of the file

        # the very end
        """,
    ),
    "comments below a header and apart from the first key stay below the header": (
        """
        [a]
        # about the rule

        use = "x"
        owner = "o"
        """,
        """
        [a]
        # about the rule

        owner = "o"
        use = "x"
        """,
    ),
    "the line that names a schema comes first": (
        """
        # about b
        #:schema ../../schemas/rules.json
        [b]

        #:schema other.json
        # apart from b, so of a

        [a]
        """,
        """
        #:schema ../../schemas/rules.json
        #:schema other.json

        # apart from b, so of a

        [a]

        # about b
        [b]
        """,
    ),
}  # fmt: skip


@pytest.mark.parametrize(("before", "after"), PAIRS.values(), ids=PAIRS)
def test_comments_move_with_what_they_belong_to(before: str, after: str) -> None:
    assert format_rules(plain(before)) == plain(after)
    assert format_rules(plain(after)) == plain(after)
