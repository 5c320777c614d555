"""The action that comments on pull requests: its own steps, against a server of comments."""

from __future__ import annotations

import runpy
from collections.abc import Iterator
from pathlib import Path

import pytest

from router.rulebook.compare_formats import MARK
from tests import reviews
from tests.pull_requests import AUTHORISED, NUMBER, REPOSITORY, pull_request
from tests.reviews import BILLING, CHANGED, FOLDER, HEAD, OTHER_SERVER, PAYMENT, PROJECT, REFUND, Review

pytestmark = pytest.mark.slow


@pytest.fixture
def review(tmp_path: Path) -> Iterator[Review]:
    """Set a job up, beside a server of comments."""
    with pull_request() as asked:
        yield reviews.review(tmp_path, asked)


# What is said on a pull request.


def test_the_first_run_comments_and_the_next_updates_that_comment(review: Review) -> None:
    review.repository.propose(CHANGED)

    assert review.run() == 0, review.action.log

    assert review.asked.written == [f"POST /repos/{REPOSITORY}/issues/{NUMBER}/comments"]
    [body] = review.asked.bodies
    assert body.startswith(HEAD)
    assert "where is my refund" in body
    assert "find_refund" in body
    assert review.action.output("changed") == "true"
    told = Path(review.action.output("comment")).read_text(encoding="utf-8")
    assert body == told.replace(f"{MARK}\n", HEAD)
    assert review.action.summary == told

    review.repository.propose({BILLING: OTHER_SERVER + PAYMENT.replace("[", "[new-", 1)})
    assert review.run() == 0, review.action.log

    assert review.asked.written[1:] == [f"PATCH /repos/{REPOSITORY}/issues/comments/1"]
    [body] = review.asked.bodies
    assert "where is my payment" in body


def test_a_comparison_without_change_begins_no_comment(review: Review) -> None:
    review.repository.propose({"README.md": "new"})

    assert review.run() == 0, review.action.log

    assert review.asked.bodies == []
    assert review.action.output("changed") == "false"
    assert "0 changed" in review.action.summary


def test_what_changed_no_longer_is_told_in_the_comment_that_there_is(review: Review) -> None:
    review.repository.propose(CHANGED)
    review.run()
    review.repository.propose({BILLING: REFUND})

    assert review.run() == 0, review.action.log

    [body] = review.asked.bodies
    assert "0 changed" in body
    assert "find_refund" not in body


def test_a_comment_that_says_so_already_is_left_alone(review: Review) -> None:
    review.repository.propose(CHANGED)
    review.run()
    review.asked.comments[0]["body"] = review.asked.bodies[0].replace("\n", "\r\n").rstrip()

    assert review.run() == 0, review.action.log

    assert len(review.asked.written) == 1
    assert "the comment says so already" in review.action.log


def test_the_comment_is_found_behind_a_page_of_others(review: Review) -> None:
    review.repository.propose(CHANGED)
    review.asked.page = 2
    for number in range(5):
        review.asked.add(f"remark {number}", {"login": "ann", "type": "User"}, "MEMBER")
    review.run()

    review.repository.propose({BILLING: REFUND})
    assert review.run() == 0, review.action.log

    assert len(review.asked.bodies) == 6
    assert "0 changed" in review.asked.bodies[5]


def test_a_mark_in_somebodys_own_comment_is_no_comment_of_ours(review: Review) -> None:
    review.repository.propose(CHANGED)
    stranger = {"login": "eve", "type": "User"}
    review.asked.add(f"{HEAD}all is well", stranger, "FIRST_TIME_CONTRIBUTOR")
    review.asked.add(f"look: {HEAD}")

    assert review.run() == 0, review.action.log

    assert review.asked.bodies[0] == f"{HEAD}all is well"
    assert review.asked.bodies[2].startswith(HEAD)


def test_each_project_of_a_repository_has_a_comment_of_its_own(review: Review) -> None:
    routing = {f"routing/{name}": text for name, text in PROJECT.items()}
    review.repository.propose({**routing, BILLING: OTHER_SERVER})

    assert review.run() == 0, review.action.log
    assert review.run(directory="routing") == 0, review.action.log
    assert review.run(directory="./routing/") == 0, review.action.log

    assert len(review.asked.written) == 2
    assert review.asked.bodies[0].startswith(HEAD)
    assert review.asked.bodies[1].startswith(f"{MARK}\n<!-- project: routing -->\n")
    assert "added" in review.asked.bodies[1], "the base has no such project yet"


def test_a_comparison_too_long_for_a_comment_is_cut_at_a_line(review: Review) -> None:
    rules = [REFUND.replace("refund", f"w{number}") for number in range(90)]
    words = "🂡" * 600
    queries = "".join(f"where is my w{number} {words}\n" for number in range(90))
    review.repository.propose({"rules/team/more.toml": "".join(rules), "corpus/queries.txt": queries})

    assert review.run() == 0, review.action.log

    [body] = review.asked.bodies
    assert 60_000 < len(body.encode("utf-16-le")) / 2 <= 65_536
    *_, last, note = body.rstrip("\n").split("\n")
    assert last == ""
    run = f"https://github.com/{REPOSITORY}/actions/runs/11"
    assert note == f"The rest is left out here: it is in the [summary of the run]({run})."
    told = Path(review.action.output("comment")).read_text(encoding="utf-8")
    assert set(body.split("\n")[2:-3]) <= set(told.split("\n"))
    assert review.action.summary == told


def test_a_comparison_too_long_for_a_summary_is_cut_at_a_line() -> None:
    script = runpy.run_path(str(FOLDER / "comment.py"))
    lines = "".join(f"{number}: é🂡\n" for number in range(100_000))

    told = script["cut"](lines, script["SUMMARY_LIMIT"], script["utf_8"], "\nthe rest\n")

    kept = told.removesuffix("\nthe rest\n")
    assert lines.startswith(kept)
    assert kept.endswith("🂡\n")
    assert 1_048_576 - 20 < len(told.encode()) <= 1_048_576
    assert script["cut"](kept, len(kept.encode()), script["utf_8"], "x") == kept


# Where it may not comment, or need not.


def test_a_token_that_may_only_read_leaves_the_summary(review: Review) -> None:
    review.repository.propose(CHANGED)
    review.asked.read_only = True

    assert review.run() == 0, review.action.log

    assert review.asked.bodies == []
    assert "find_refund" in review.action.summary
    assert "::notice title=ts rules diff::The comparison is in the summary of this run." in review.action.log
    assert "403 Resource not accessible by integration" in review.action.log


def test_without_a_pull_request_only_the_summary_is_written(review: Review) -> None:
    review.repository.propose(CHANGED)
    review.action.github = {"token": AUTHORISED}

    assert review.run(base="main") == 0, review.action.log

    assert review.asked.calls == []
    assert "find_refund" in review.action.summary


def test_without_a_pull_request_and_without_a_base_there_is_nothing_to_compare_with(review: Review) -> None:
    review.repository.propose({})
    review.action.github = {"token": AUTHORISED}
    review.run(base="main")
    review.known_as(GITHUB_REF="refs/heads/main")

    assert review.action.run() == 2

    assert "::error title=ts rules diff::this is no pull request" in review.action.log


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ({"broken": "<html>"}, "Expecting value"),
        ({"moved": "/elsewhere"}, "301 Moved Permanently"),
        ({"api": "http://127.0.0.1:1"}, "refused"),
    ],
)
def test_what_goes_wrong_on_the_way_is_told_and_fails(
    review: Review, fault: dict[str, str], told: str
) -> None:
    review.repository.propose(CHANGED)
    for name, value in fault.items():
        setattr(review.asked, name, value)
    review.known_as(GITHUB_API_URL=review.asked.api)

    assert review.run() == 1

    assert "::error title=ts rules diff::the comparison could not be commented" in review.action.log
    assert told in review.action.log
    assert "find_refund" in review.action.summary
    assert len(review.asked.calls) <= 1, "no redirection is followed"


def test_a_token_that_is_none_fails(review: Review) -> None:
    review.repository.propose(CHANGED)

    review.action.github = {**review.action.github, "token": "unknown"}

    assert review.run() == 1

    assert f"GET {review.asked.api}/repos/{REPOSITORY}/issues/7/comments" in review.action.log
    assert "401 Bad credentials" in review.action.log


# What fails a build.


def test_a_change_fails_where_that_is_wanted_once_it_is_told(review: Review) -> None:
    review.repository.propose(CHANGED)

    assert review.run(fail_on_change="true") == 5

    assert len(review.asked.bodies) == 1
    assert "::error title=ts rules diff::questions go another way" in review.action.log

    review.repository.propose({BILLING: REFUND})
    assert review.run(fail_on_change="true") == 0


def test_errors_in_the_rules_fail_where_they_are_checked_once_the_comparison_is_told(review: Review) -> None:
    wrong = OTHER_SERVER.replace("where is my refund", "where is it")
    review.repository.propose({BILLING: wrong})

    assert review.run(check="true") == 1

    assert "::error file=rules/team/billing.toml,line=" in review.action.log
    assert len(review.asked.bodies) == 1
    assert review.run() == 0, "they are not checked without being asked"


@pytest.mark.parametrize("check", ["true", "false"])
def test_rules_that_do_not_load_fail(review: Review, check: str) -> None:
    review.repository.propose({BILLING: "[refund\n"})

    assert review.run(check=check) == 2

    assert "rules/team/billing.toml" in review.action.log
    assert review.asked.calls == []


@pytest.mark.parametrize("name", ["check", "fail_on_change"])
def test_a_switch_is_true_or_false(review: Review, name: str) -> None:
    assert review.action.run(**{name: "yes"}) == 2

    flag = name.replace("_", "-")
    assert f"::error title=ts rules diff::the input {flag} is neither true nor false" in review.action.log
