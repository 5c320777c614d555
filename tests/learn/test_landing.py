"""Rules are written at their place, and a rule on trial is made live with everything else as it was."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path

import pytest

from router.config import Project
from router.core.query import Query
from router.errors import QueryRefused, RulebookRefused
from router.learn.landing import Promotion, land, promote
from router.rulebook.corpus import Recorded, shown
from router.rulebook.format import format_rules
from tests import projects
from tests.learn.learning import LOG, git, landed, learned, reading

FILE = "rules/learned/git.toml"
TRIAL = f"""# Rules on trial.

[catch-up]
owner = "@platform"   # who asks
# On trial until June.
stage = "shadow"      # not yet
say = ["catch me up"]
use = "{LOG}"
yes = ["catch me up"]
no = ["catch the ball"]

[live]
say = ["log"]
use = "{LOG}"
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return projects.project(tmp_path)


def trial(project: Project, text: str = TRIAL, name: str = "git.catch-up", *asked: str) -> Promotion:
    projects.write(project.directory, {FILE: text})
    records = tuple(Recorded(query := Query(each), shown(query)) for each in asked)
    return promote(project.directory, reading(project), name, records)


def test_rules_come_to_their_place_in_a_formatted_file(project: Project) -> None:
    projects.write(project.directory, {FILE: format_rules(TRIAL), "schemas/rules.json": "{}"})

    landed(project, [git("the log", n=1), git("all branches", n=2), git("zen", n=3)])

    text = (project.directory / FILE).read_text()
    assert list(tomllib.loads(text)) == ["all-branches", "catch-up", "live", "the-log", "zen"]
    assert text == format_rules(text)
    assert "# On trial until June." in text


def test_a_new_file_names_its_schema_where_there_is_one(project: Project) -> None:
    projects.write(project.directory, {"schemas/rules.json": "{}"})

    landed(project, [git("the log")])

    assert (
        (project.directory / FILE).read_text().startswith("#:schema ../../schemas/rules.json\n\n[the-log]\n")
    )


def test_the_second_time_there_is_nothing_to_write(project: Project) -> None:
    landed(project, [git("last 3 commits", n=3)])
    before = (project.directory / FILE).read_bytes()

    made = landed(project, [git("last 3 commits", n=3), git("last 4 commits", n=4)])

    assert (made.proposals, len(made.covered)) == ((), 2)
    assert (project.directory / FILE).read_bytes() == before


def test_what_is_contradicted_is_not_written(project: Project) -> None:
    projects.write(project.directory, {"corpus/none.txt": "weather in Hell\n"})
    made = learned(project, [git("weather in Rome", city="Rome")])

    assert land(project.directory, made.proposals) == ()
    assert not (project.directory / FILE).exists()


def test_a_byte_order_mark_stays(project: Project) -> None:
    projects.write(project.directory, {FILE: "\ufeff" + TRIAL})

    landed(project, [git("the log")])

    assert (project.directory / FILE).read_bytes().startswith("\ufeff#".encode())


def test_a_file_that_cannot_be_written_is_told(project: Project) -> None:
    made = learned(project, [git("the log")])
    projects.write(project.directory, {"rules/learned": "no folder"})

    with pytest.raises(RulebookRefused, match=r"rules/learned/git\.toml: cannot be written"):
        land(project.directory, made.proposals)


def test_a_file_that_cannot_be_read_is_told(project: Project) -> None:
    made = learned(project, [git("the log")])
    (project.directory / FILE).mkdir(parents=True)

    with pytest.raises(RulebookRefused, match=r"rules/learned/git\.toml: cannot be read"):
        land(project.directory, made.proposals)


def test_a_rule_is_made_live_and_every_comment_stays(project: Project) -> None:
    made = trial(project, TRIAL, "git.catch-up", "catch me up", "log", "catch the train")

    made.write()

    text = (project.directory / FILE).read_text()
    wanted = tomllib.loads(TRIAL)
    del wanted["catch-up"]["stage"]
    assert tomllib.loads(text) == wanted
    for comment in ("# Rules on trial.", "# who asks", "# On trial until June.", "# not yet"):
        assert comment in text
    assert reading(project).book().decide("catch me up").rule == "git.catch-up"
    assert [each.query.shown for each in made.comparison.changes] == ["catch me up"]
    assert made.comparison.queries == 4


def test_a_formatted_file_stays_formatted(project: Project) -> None:
    made = trial(project, format_rules(TRIAL.replace("      # not yet", "")))

    made.write()

    text = (project.directory / FILE).read_text()
    assert (text, "shadow" in text) == (format_rules(text), False)


def test_what_was_learned_can_be_promoted(project: Project) -> None:
    (proposal,) = landed(project, [git("last 3 commits", n=3)]).proposals

    promote(project.directory, reading(project), proposal.id, ()).write()

    assert reading(project).book().decide("last 9 commits").rule == proposal.id


@pytest.mark.parametrize(
    "stage", ["stage = 'shadow'", '"stage" = "shadow"', "'stage'='shadow'# x", 'stage = "shadow"\r']
)
def test_a_stage_is_found_however_it_is_written(project: Project, stage: str) -> None:
    made = trial(project, f'[catch-up]\n{stage}\nsay = "a"\nuse = "{LOG}"\n')

    made.write()

    text = (project.directory / FILE).read_bytes().decode()
    assert "shadow" not in text
    assert ("# x" in text) == ("# x" in stage)


@pytest.mark.parametrize(
    "text",
    [
        f'[catch-up]\nstage = """shadow"""\nsay = "a"\nuse = "{LOG}"\n',
        f'catch-up = {{ stage = "shadow", say = "a", use = "{LOG}" }}\n',
    ],
)
def test_a_stage_that_stands_on_no_line_of_its_own_is_left_to_a_person(project: Project, text: str) -> None:
    with pytest.raises(
        RulebookRefused, match="does not stand on a line of its own; take it out of the table"
    ):
        trial(project, text)

    assert (project.directory / FILE).read_text() == text


def test_a_stage_beside_dotted_keys_is_found(project: Project) -> None:
    made = trial(project, f'catch-up.say = "a"\ncatch-up.stage = "shadow"\ncatch-up.use = "{LOG}"\n')

    made.write()

    assert reading(project).book().decide("a").rule == "git.catch-up"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("git.catch-upp", 'no rule "git.catch-upp" is in shadow; did you mean "git.catch-up"?'),
        ("nowhere", 'no rule "nowhere" is in shadow; there are git.catch-up'),
        ("git.live", "git.live is live and not in shadow; there are git.catch-up"),
    ],
)
def test_a_rule_that_is_not_on_trial_is_refused_with_those_that_are(
    project: Project, name: str, said: str
) -> None:
    with pytest.raises(QueryRefused) as refused:
        trial(project, TRIAL, name)

    assert str(refused.value) == said


def test_an_earlier_id_leads_to_the_rule(project: Project) -> None:
    made = trial(project, TRIAL.replace("[catch-up]\n", '[catch-up]\nwas = ["git.miss"]\n'), "git.miss")

    assert made.rule.id == "git.catch-up"


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="anything can be written here")
def test_a_folder_that_is_closed_is_told(project: Project) -> None:
    made = trial(project)
    (project.directory / "rules/learned").chmod(0o500)
    try:
        with pytest.raises(RulebookRefused, match="cannot be written"):
            made.write()
    finally:
        (project.directory / "rules/learned").chmod(0o700)
