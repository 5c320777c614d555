"""What was learned is held against what servers offer: tools, arguments, and what changes things."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from router.config import Project
from router.core.plan import Target
from router.errors import QueryRefused
from router.learn.landing import promote
from router.learn.offered import Offered
from router.learn.proposing import Proposed, propose
from router.learn.taught import Taught
from router.ports import Offer, Tool
from tests import projects
from tests.learn.learning import LOG, git, reading

N = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
OFFERS = (
    Offer(
        "mcp",
        "git",
        (
            Tool("git_log", input_schema=N, read_only=True),
            Tool("wipe", input_schema={"type": "object", "properties": {"name": {"type": "string"}}}),
            Tool("free"),
        ),
    ),
    Offer("a2a", "writer", (Tool("poem"),)),
)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return projects.project(tmp_path)


def offered(project: Project, *taught: Taught) -> Proposed:
    return propose(reading(project), taught, (), OFFERS)


@pytest.mark.parametrize(
    ("taught", "because"),
    [
        (Taught("a", "mcp:git/git_lug", {"n": 1}), 'mcp:git has no tool "git_lug"; did you mean "git_log"?'),
        (Taught("a", "a2a:writer/song"), 'a2a:writer has no skill "song"; there are poem'),
        (git("a", n=1, m=2), f'{LOG} would refuse its arguments: "m" is not an argument of this tool;'),
        (git("a"), f'{LOG} would refuse its arguments: "n" is missing'),
        (git("a", n="1"), f'{LOG} would refuse its arguments: "n" must be an integer, not "1"'),
    ],
)
def test_what_the_catalogue_says_cannot_be_called_is_left_out(
    project: Project, taught: Taught, because: str
) -> None:
    made = offered(project, taught)

    (left_out,) = made.left_out
    assert left_out.because.startswith(because)
    assert made.proposals == ()


def test_what_fits_is_proposed(project: Project) -> None:
    made = offered(
        project, git("last 3", n=3), Taught("a poem", "a2a:writer/poem"), Taught("b", "a2a:writer")
    )

    assert (len(made.proposals), made.left_out) == (3, ())
    assert {each.changes for each in made.proposals} == {False}


def test_what_nobody_says_only_reads_takes_its_own_words_alone(project: Project) -> None:
    wipe = Taught("tidy up the backups", "mcp:git/wipe", {"name": "backups"})

    (proposal,) = offered(project, wipe).proposals

    table: dict[str, Any] = tomllib.loads(proposal.table)[proposal.name]
    assert (table["say"], table["args"]) == (["tidy up the backups"], {"name": "backups"})
    assert (proposal.changes, proposal.to_dict()["changes"]) == (True, True)


def test_what_is_known_of_a_target_is_what_its_server_says() -> None:
    known = Offered(OFFERS)

    targets = ("mcp:git/git_log", "mcp:git/wipe", "mcp:git/none", "mcp:time/now", "a2a:writer")
    assert [known.changes(Target.parse(each)) for each in targets] == [False, True, None, None, False]
    assert known.fault(Taught("a", "mcp:git/free", {"any": 1})) == ""


@pytest.mark.parametrize(
    ("use", "args", "said"),
    [
        ("mcp:git/git_lug", "{ n = 1 }", 'git.a stays in shadow: mcp:git has no tool "git_lug"'),
        (LOG, "{ n = 'x' }", f'git.a stays in shadow: {LOG} would refuse its arguments: "n" must be'),
    ],
)
def test_a_rule_that_cannot_be_carried_out_is_not_made_live(
    project: Project, use: str, args: str, said: str
) -> None:
    table = f'[a]\nstage = "shadow"\nsay = "a"\nuse = "{use}"\nargs = {args}\nyes = ["a"]\n'
    other = '[b]\nsay = "b"\nuse = "mcp:git/nowhere"\n'
    projects.write(project.directory, {"rules/learned/git.toml": f"{table}\n{other}"})

    with pytest.raises(QueryRefused) as refused:
        promote(project.directory, reading(project), "git.a", (), OFFERS)

    assert str(refused.value).startswith(said)
    assert "nowhere" not in str(refused.value)


@pytest.mark.parametrize(
    ("use", "changes"),
    [
        ('use = "mcp:git/wipe"', True),
        (f'use = "{LOG}"\nargs = {{ n = 1 }}', False),
        ('use = "mcp:time/now"', None),
        ('steps = [{ id = "x", use = "mcp:time/now" }, { id = "y", use = "mcp:git/wipe" }]', True),
    ],
)
def test_a_promotion_knows_whether_it_changes_things(
    project: Project, use: str, changes: bool | None
) -> None:
    table = f'[a]\nstage = "shadow"\nsay = "a"\n{use}\nyes = ["a"]\n'
    projects.write(project.directory, {"rules/learned/git.toml": table})

    assert promote(project.directory, reading(project), "git.a", (), OFFERS).changes is changes
