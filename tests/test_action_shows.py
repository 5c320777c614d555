"""What a comment looks like on GitHub: text that somebody wrote is shown as it is, and does nothing."""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Final

import pytest

from tests import reviews
from tests.packaged import run_with
from tests.pull_requests import pull_request
from tests.reviews import BILLING, OTHER_SERVER, REFUND, Review

pytestmark = pytest.mark.slow

QUERIES: Final = (
    "refund @octocat, please",
    "refund `code` and ``more`` @octocat",
    "`refund`",
    r"refund | a \| b \\| c |",
    "refund \\` backslash\\",
    "refund <img src=x onerror=alert(1)> <!-- ts rules diff -->",
    "refund &#64;octocat &lt;b&gt;",
    "refund #1 GH-1 octo/rules#2 https://evil.example www.evil.example eve@evil.example",
    "refund [click](https://evil.example) ![x](https://evil.example/x.png) **b** ~~s~~ :tada:",
    "refund ::error::x $(touch owned) ${{ github.token }}",
)
WORDS: Final = REFUND.replace('["refund"]', '[["refund", "ask @octocat", "`@hubot`", "a | b", "<b>"]]')
TARGET: Final = OTHER_SERVER.replace("ledger/find_refund", "ledger/@octocat`|<b>")
_RENDER: Final = (
    "import sys, cmarkgfm; from cmarkgfm.cmark import Options; "
    "print(cmarkgfm.github_flavored_markdown_to_html(sys.stdin.read(), options=Options.CMARK_OPT_UNSAFE))"
)
"""GitHub's own renderer, which is told to let raw HTML through, so that none of it is overlooked."""


class Page(HTMLParser):
    """A page as it is shown: its elements, the rows of its tables, the text that stands outside code."""

    def __init__(self, markdown: str) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.outside = ""
        self.elements: set[str] = set()
        self._open: list[str] = []
        self.feed(run_with("cmarkgfm", "-X", "utf8", "-c", _RENDER, stdin=markdown))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert not attrs
        self.elements.add(tag)
        self._open.append(tag)
        if tag == "tr":
            self.rows.append([])
        elif tag == "td":
            self.rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "td" in self._open:
            self.rows[-1][-1] += data
        if "code" not in self._open:
            self.outside += data


@pytest.fixture
def review(tmp_path: Path) -> Iterator[Review]:
    """Set a job up, beside a server of comments."""
    with pull_request() as asked:
        yield reviews.review(tmp_path, asked)


@pytest.mark.parametrize("rule", [WORDS, TARGET], ids=["words", "target"])
def test_text_in_questions_and_rules_is_shown_and_mentions_links_and_loads_nothing(
    review: Review, rule: str
) -> None:
    before = {BILLING: REFUND.replace("refund", "chargeback", 2)}
    review.repository.shell.git("switch", "main")
    review.repository.commit({**before, "corpus/queries.txt": "\n".join(QUERIES) + "\n"})
    review.repository.shell.git("branch", "--force", "branch", "main")
    review.repository.propose({BILLING: rule})

    assert review.run() == 0, review.action.log

    page = Page(review.asked.bodies[0])
    assert [row[0] for row in page.rows if row] == [*QUERIES]
    assert {len(row) for row in page.rows if row} == {3}
    assert page.elements == {"h3", "p", "code", "table", "thead", "tbody", "tr", "th", "td"}
    assert [mark for mark in ("@", "#", "<", "&", "`", "|", "http", "www") if mark in page.outside] == []
    assert "owned" not in {path.name for path in review.clone.directory.iterdir()}
