"""Rules are proposed of what was taught: general where the text names a value, and proved on the record."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from router.config import Project
from router.core.query import Query
from router.errors import QueryRefused, RulebookRefused
from router.learn.proposing import Proposed
from router.learn.taught import Answered, Taught, answered, taught, told_call
from router.rulebook.corpus import Recorded, shown
from tests import projects
from tests.learn.learning import DAY, LOG, git, learned

STATUS = '[status]\nsay = "status"\nuse = "mcp:git/git_status"\n'


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return projects.project(tmp_path, {"rules/team/git.toml": STATUS})


def tables(made: Proposed) -> dict[str, Any]:
    """Return the tables of the proposals that hold, by id."""
    return {each.id: tomllib.loads(each.table)[each.name] for each in made.proposals if each.holds}


def only(made: Proposed) -> dict[str, Any]:
    (table,) = tables(made).values()
    found: dict[str, Any] = table
    return found


def test_what_people_say_for_one_call_becomes_one_rule(project: Project) -> None:
    made = learned(
        project,
        [
            git("what changed in the last 3 commits?", max_count=3),
            git("What changed in the last 12 commits", max_count=12),
            Taught("last 7 commits please", LOG, {"max_count": 7}, None, "local:gpt-oss", "2026-11-22"),
        ],
    )

    assert tables(made) == {
        "git.last-commits-please": {
            "owner": "",
            "why": "Learned from 3 answers of hf:openai/gpt-oss-20b and local:gpt-oss,"
            " 2026-11-20 to 2026-11-22",
            "stage": "shadow",
            "say": [
                "last {max_count:int} commits please",
                "what changed in the last {max_count:int} commits",
            ],
            "use": LOG,
            "args": {"max_count": "{{ max_count }}"},
            "yes": [
                "last 7 commits please",
                "what changed in the last 3 commits?",
                "What changed in the last 12 commits",
            ],
        }
    }
    (proposal,) = made.proposals
    assert proposal.file == "rules/learned/git.toml"
    assert len(proposal.proof.right) == 3
    assert proposal.to_dict()["answers"] == 3


@pytest.mark.parametrize(
    ("text", "args", "say", "written"),
    [
        ("show src/app.py", {"file": "src/app.py"}, "show {file:path}", {"file": "{{ file }}"}),
        ("weather in Berlin?", {"city": "Berlin"}, "weather in {city:word}", {"city": "{{ city }}"}),
        ("order 0042", {"orderId": "0042"}, "order {order_id:word}", {"orderId": "{{ order_id }}"}),
        ("add 2.5", {"x": 2.5}, "add {x:number}", {"x": "{{ x }}"}),
        ("find two words", {"q": "two words"}, "find {q:rest}", {"q": "{{ q }}"}),
        ('find "two words"?', {"q": "two words"}, "find {q:path}", {"q": "{{ q }}"}),
        ("since yesterday", {"day": "2026-11-19"}, "since {day:date}", {"day": "{{ day }}"}),
        ("log since today", {"at": f"{DAY}T00:00:00"}, "log since {day:date}", {"at": "{{ day }}T00:00:00"}),
        ("say it", {"text": "it"}, "say {text_value:word}", {"text": "{{ text_value }}"}),
        ("page 2 of 3", {"a": [3, {"b": 2}]}, "page {b:int} of {a:int}",
         {"a": ["{{ a }}", {"b": "{{ b }}"}]}),
        ("last 5", {"from": 5, "to": 5}, "last {from:int}", {"from": "{{ from }}", "to": "{{ from }}"}),
        ("issue 12 of main", {"q": "is:open 12 {"}, "issue {n:int} of main",
         {"q": 'is:open {{ n }}{{ " \\x7b" }}'}),
        ("last commits", {"n": 10, "all": True, "x": None}, "last commits",
         {"n": 10, "all": True, "x": "{{ none }}"}),
        ("last 5 of x", {"n": 5.0}, "last 5 of x", {"n": 5.0}),
        ("copy a b to a b c", {"x": "a b", "y": "b c"}, "copy a b to a {y:rest}",
         {"x": "a b", "y": "{{ y }}"}),
        ("find a b of c d", {"x": "a b", "y": "c d"}, "find {x:rest} of c d", {"x": "{{ x }}", "y": "c d"}),
        ("read a/b today", {"x": "a/b today", "y": "today"}, "read a/b today",
         {"x": "a/b today", "y": "today"}),
        ("find a b c", {"text": "a b", "where": "b c"}, "find a b c", {"text": "a b", "where": "b c"}),
        ("find a b c of 3", {"n": 3, "text": "a b", "where": "b c"}, "find a b c of {n:int}",
         {"n": "{{ n }}", "text": "a b", "where": "b c"}),
        ("at 5", {"a": 5, "b": "5"}, "at 5", {"a": 5, "b": "5"}),
        ("time in Europe/Berlin", {"timezone": "Europe/Berlin"}, "time in {timezone:word}",
         {"timezone": "{{ timezone }}"}),
        ("show Europe/Nowhere", {"x": "Europe/Nowhere"}, "show {x:path}", {"x": "{{ x }}"}),
        ("show America/Argentina", {"x": "America/Argentina"}, "show {x:path}", {"x": "{{ x }}"}),
        ("go to it", {"x": "it"}, "go to {x:word}", {"x": "{{ x }}"}),
        ("weather in Rome", {"city": "Rome", "q": "weather Rome"}, "weather in Rome",
         {"city": "Rome", "q": "weather Rome"}),
        ("weather in Rome by 3", {"city": "Rome", "n": 3, "q": "weather Rome"}, "weather in Rome by {n:int}",
         {"city": "Rome", "n": "{{ n }}", "q": "weather Rome"}),
        ("what is Rome", {"x": "Rome"}, "what is Rome", {"x": "Rome"}),
        ("tell Anna", {"to": "Anna"}, "tell {to:word}", {"to": "{{ to }}"}),
        ("read a.md of b", {"x": "a.md", "y": "see a.md"}, "read {x:path} of b",
         {"x": "{{ x }}", "y": "see {{ x }}"}),
        ("use {{ x }} (now)", {"t": "{{ x }}"}, "use x now", {"t": '{{ "\\x7b\\x7b x \\x7d\\x7d" }}'}),
        ("3", {"n": 3}, "3", {"n": 3}),
        ("3 of 3", {"n": 3}, "3 of 3", {"n": 3}),
        ("at 7", {"n": "v7"}, "at 7", {"n": "v7"}),
    ],
)  # fmt: skip
def test_values_that_the_text_names_become_slots(
    project: Project, text: str, args: dict[str, Any], say: str, written: dict[str, Any]
) -> None:
    table = only(learned(project, [git(text, **args)]))

    assert (table["say"], table["args"]) == ([say], written)


def test_a_value_that_one_text_cannot_tell_apart_is_told_by_another(project: Project) -> None:
    made = learned(project, [git("diff 3 with 3", a=3, b=3), git("diff 3 with 4", a=3, b=4)])

    assert only(made)["say"] == ["diff {a:int} with {b:int}"]


def test_slots_of_two_types_become_the_wider(project: Project) -> None:
    made = learned(project, [git("add 3", x=3), git("add 2.5", x=2.5), git("plus 1", x=1)])

    assert only(made)["say"] == ["add {x:number}", "plus {x:number}"]


def test_slots_that_cannot_both_be_the_wider_make_two_rules(project: Project) -> None:
    made = learned(
        project,
        [
            git("copy two words to x", source="two words", to="x"),
            git("copy x to two words", source="x", to="two words"),
        ],
    )

    assert [each["say"] for each in tables(made).values()] == [
        ["copy {source:rest} to {to:word}"],
        ["copy {source:word} to {to:rest}"],
    ]


def test_constants_that_differ_make_two_rules(project: Project) -> None:
    made = learned(project, [git("the log", n=10), git("the whole log", n=1000)])

    assert sorted(tables(made)) == ["git.the-log", "git.the-whole-log"]


def test_agents_are_asked_with_the_text_or_with_a_message(project: Project) -> None:
    made = learned(
        project,
        [
            Taught("write a poem", "a2a:writer", None, "write a poem"),
            Taught("write a song", "a2a:writer"),
            Taught("notes for 2026-11-01", "a2a:writer", None, "Write notes for 2026-11-01."),
        ],
    )

    by_ask = {each.get("ask", ""): each["say"] for each in tables(made).values()}
    assert by_ask == {
        "": ["write a poem", "write a song"],
        "Write notes for {{ day }}.": ["notes for {day:date}"],
    }


def test_the_directory_in_which_it_was_asked_is_that_of_the_question(project: Project) -> None:
    team = (
        '[log]\nsay = "git log"\nuse = "mcp:git/git_log"\nargs = { repo_path = "{{ repository or cwd }}" }\n'
    )
    projects.write(project.directory, {"rules/team/log.toml": team})
    args = {"repo_path": "/srv"}

    made = learned(
        project,
        [
            Taught("the log", LOG, args, cwd="/srv"),
            Taught("the tree", "mcp:git/git_status", args, cwd="/srv"),
        ],
    )

    assert {each["use"]: each["args"]["repo_path"] for each in tables(made).values()} == {
        LOG: "{{ repository or cwd }}",
        "mcp:git/git_status": "{{ cwd }}",
    }


def test_where_it_was_asked_and_where_its_repository_begins_are_not_mixed_up(project: Project) -> None:
    sub, root = "/srv/sub", "/srv"

    made = learned(
        project,
        [
            Taught("the log", LOG, {"at": root}, cwd=sub, repository=root),
            Taught("the tree", LOG, {"at": sub}, cwd=sub, repository=root),
            Taught("the file", LOG, {"at": f"{sub}/a.py"}, cwd=sub, repository=root),
            Taught("the top", LOG, {"at": f"{root}/b.py"}, cwd=sub, repository=root),
            Taught("the other", LOG, {"at": "/srvshop/sub"}, cwd=sub, repository=root),
            Taught("show c.py now", LOG, {"at": f"{sub}/c.py"}, cwd=sub, repository=root),
            Taught("show sub of it", LOG, {"at": sub}, cwd=sub, repository=""),
            Taught("show work there", LOG, {"at": "/srv 7"}, cwd="/", repository=""),
            Taught("list the sub 5 times", LOG, {"at": f"{sub} 5"}, cwd=sub, repository=""),
        ],
    )

    assert {
        one.text: each.draft.first.args["at"] for each in made.proposals for one in each.draft.taught
    } == {
        "the log": "{{ repository or cwd }}",
        "the tree": "{{ cwd }}",
        "the file": "{{ cwd }}/a.py",
        "the top": "{{ repository or cwd }}/b.py",
        "the other": "/srvshop/sub",
        "show c.py now": "{{ cwd }}/{{ path }}",
        "show sub of it": "{{ cwd }}",
        "show work there": "/srv 7",
        "list the sub 5 times": "/srv/sub {{ n }}",
    }
    for each in made.proposals:
        assert {*each.proof.right} == {one.text for one in each.draft.taught}


def test_the_same_call_from_two_places_is_one_rule_that_gives_both(project: Project) -> None:
    made = learned(
        project,
        [
            Taught("the log", LOG, {"at": "/srv"}, cwd="/srv", repository="/srv"),
            Taught("the log", LOG, {"at": "/srv"}, cwd="/srv/sub", repository="/srv"),
        ],
    )

    holding = [each for each in made.proposals if each.holds]
    assert [each.draft.first.args for each in holding] == [{"at": "{{ repository or cwd }}"}]
    assert len(holding[0].draft.taught) == 1


def test_a_day_in_the_name_of_the_directory_is_a_slot_where_the_text_names_it(project: Project) -> None:
    cwd = f"/srv/{DAY}/x"
    taught = Taught(f"log of {DAY}", LOG, {"at": f"{cwd}/y"}, seen=DAY, cwd=cwd)

    assert only(learned(project, [taught]))["args"] == {"at": "/srv/{{ day }}/x/y"}


def test_a_path_that_the_text_names_is_a_slot_and_no_directory(project: Project) -> None:
    taught = Taught("look into /srv/sub now", LOG, {"at": "/srv/sub"}, cwd="/srv/sub")

    assert only(learned(project, [taught]))["args"] == {"at": "{{ at }}"}


@pytest.mark.parametrize("place", ["/srv", "/srv/a.py", "file:///srv/a.py"])
def test_an_old_record_teaches_no_path_of_its_project(project: Project, place: str) -> None:
    left = Taught("the log here", LOG, {"at": [place]}, project="/srv")

    made = learned(project, [left, Taught("the log", LOG, {"at": "/srvshop"}, project="/srv")])

    assert [each.because for each in made.left_out] == [
        "its call holds a path of the project, and the record does not say where it was asked"
    ]
    assert len(made.proposals) == 1


SECRET = "ghp_" + "Ab1" * 12


@pytest.mark.parametrize(
    ("text", "args"),
    [
        (f"clone with {SECRET}", {"token": SECRET}),
        ("clone it", {"a": [{"token": f"\n{SECRET}"}]}),
        ("clone it", {SECRET: 1}),
        ("fetch https://ann:hunter2@example.com/", {}),
    ],
)
def test_what_looks_like_a_secret_is_learned_and_shown_nowhere(
    project: Project, text: str, args: dict[str, Any]
) -> None:
    query = Query(f"clone the log with {SECRET}")
    asked = Answered(Recorded(query, shown(query), "ledger"))

    made = learned(project, [git(text, **args), git("clone the log with it")], [asked])

    (left_out,) = made.left_out
    assert left_out.because == "it holds what looks like a secret"
    told = f"{left_out.to_dict()} {[each.to_dict() for each in made.proposals]}"
    assert (SECRET in told, "hunter2" in told) == (False, False)
    assert len(made.proposals) == 1


def test_a_secret_in_a_question_that_a_rule_takes_is_masked(project: Project) -> None:
    query = Query(f"clone {SECRET} now")
    asked = [
        Answered(Recorded(query, shown(query), "ledger"), calls)
        for calls in ((), (told_call("mcp:time/a", {"x": SECRET}, None),))
    ]

    (unknown,) = learned(project, [git("clone it now", x="it")], asked[:1]).proposals
    (wrong,) = learned(project, [git("clone it now", x="it")], asked[1:]).proposals

    assert unknown.proof.unknown == ("clone … now",)
    told = str(wrong.to_dict()["against"]) + "".join(map(str, wrong.proof.against))
    assert (SECRET in told, "clone … now" in told, len(wrong.proof.against)) == (False, True, 1)


@pytest.mark.parametrize("odd", ["\u202e", "\x9b31m", "\u2028", "\ue000", "\U000e0041", "\u200b"])
def test_what_nobody_sees_is_written_as_an_escape(project: Project, odd: str) -> None:
    (proposal,) = learned(project, [git(f"show {odd}it to all", x=f"a{odd}b")]).proposals

    assert odd not in proposal.table
    assert tomllib.loads(proposal.table)[proposal.name]["yes"] == [" ".join(f"show {odd}it to all".split())]
    assert proposal.holds


@pytest.mark.parametrize(
    ("day", "said"),
    [
        ("16.11.2026", "16.11.2026"),
        ("20261116", "20261116"),
        (1794787200, "1794787200"),
        ({"2026-11-16": 1}, "2026-11-16"),
        ("Nov 16, 2026", "Nov 16, 2026"),
    ],
)
def test_a_day_that_was_counted_is_found_however_it_is_written(
    project: Project, day: object, said: str
) -> None:
    (left_out,) = learned(project, [git("log of last week", since=day), git("the log")]).left_out

    assert left_out.because == f"its call holds the day {said}, which the text does not name"


def test_a_line_without_a_day_is_told_what_a_day_would_do(project: Project) -> None:
    line = Taught("log since yesterday", LOG, {"since": "2026-11-19"}, file="t.jsonl")

    (left_out,) = learned(project, [line]).left_out

    assert left_out.because.endswith('does not name; a line with "seen" says what day yesterday was')


def test_where_nobody_says_who_taught_it_the_file_is_named(project: Project) -> None:
    line = Taught("the log", LOG, file="t.jsonl")
    seen = replace(line, text="our tree", seen=DAY)

    made = learned(project, [line, replace(seen, use="mcp:git/tree")])

    assert sorted(each["why"] for each in tables(made).values()) == [
        "Learned from 1 answer of t.jsonl",
        f"Learned from 1 answer, {DAY}",
    ]


@pytest.mark.parametrize(
    ("taught", "because"),
    [
        (git("???"), "it has no letter or digit"),
        (git("a " * 201), "it has 201 words; a rule is made of at most 200"),
        (git("log of last week", since="2026-11-13"),
         "its call holds the day 2026-11-13, which the text does not name"),
        (git("go ./ there"), "it cannot be written as a sentence of a rule"),
        (Taught("a", "mcp:gti/x", {}), 'unknown server "gti"'),
        (git("status"), "git.status takes it and calls something else"),
    ],
)  # fmt: skip
def test_what_can_be_no_rule_is_left_out_with_the_reason(
    project: Project, taught: Taught, because: str
) -> None:
    made = learned(project, [taught, git("the log")])

    (left_out,) = made.left_out
    assert left_out.because.startswith(because)
    assert left_out.to_dict()["text"] == taught.text
    assert len(made.proposals) == 1


def test_what_rules_tie_over_is_left_out(project: Project) -> None:
    tie = '[a]\nwhen.all = ["red"]\nuse = "mcp:time/a"\n[b]\nwhen.all = ["blue"]\nuse = "mcp:time/b"\n'
    projects.write(project.directory, {"rules/team/tie.toml": tie})

    (left_out,) = learned(project, [git("red and blue")]).left_out

    assert left_out.because == "tie.a and tie.b tie over it"


def test_a_mode_that_the_target_wants_is_missing_from_a_sentence(tmp_path: Path) -> None:
    made = learned(
        projects.project(tmp_path, {}, '[mcp.git]\ncommand = "x"\nmodes = ["useful"]\n'), [git("the log")]
    )

    assert [each.because for each in made.left_out] == [
        "a rule made of it would not give its call (filtered)"
    ]


@pytest.mark.parametrize("layer", ["team", "learned"])
@pytest.mark.parametrize("stage", ["live", "shadow"])
def test_what_a_rule_gives_already_is_not_proposed_again(project: Project, layer: str, stage: str) -> None:
    rule = f"""[new]
was = ["git.the-log"]
stage = "{stage}"
say = "the log [of] [{{n:int}}]"
use = "{LOG}"
args = {{ n = "{{{{ n or 10 }}}}" }}
"""
    projects.write(project.directory, {f"rules/{layer}/log.toml": rule})

    made = learned(project, [git("the log", n=10), git("the log of 3", n=3), git("our log", n=10)])

    assert [each.because for each in made.covered] == ["log.new gives it", "log.new gives it"]
    assert sorted(tables(made)) == ["git.our-log"]


def test_a_name_that_a_rule_has_or_had_is_not_given_again(project: Project) -> None:
    old = f'[other]\nwas = ["git.the-log"]\nsay = "x"\nuse = "{LOG}"\n'
    projects.write(project.directory, {"rules/team/log.toml": old})

    made = learned(project, [git("the log", n=1), git("the log?", n=2), git("THE LOG!", n=2)])

    assert [each.id for each in made.proposals] == ["git.the-log-2", "git.the-log-3"]


def test_a_contradiction_of_each_kind_is_told(project: Project) -> None:
    projects.write(
        project.directory,
        {
            "corpus/none.txt": "# no\nweather in Hell\n",
            "corpus/queries.txt": "weather in Rome\nweather in Oslo\nstatus\n",
            "rules/learned/w.toml": '[w]\nsay = "weather in Rome"\nuse = "mcp:time/rome"\n'
            '[v]\nwhen.all = ["Bonn"]\nuse = "mcp:time/bonn"\n',
        },
    )
    use = "mcp:time/weather"
    elsewhere = Query("weather in Ulm")
    other = Answered(Recorded(elsewhere, shown(elsewhere), "ledger"), (told_call("mcp:time/now", {}, None),))
    tie = Query("weather in Bonn")
    taught = [
        Taught("weather in Berlin", use, {"city": "Berlin"}),
        Taught("weather in Bern", use, {"city": "CH"}),
    ]

    made = learned(project, taught, [other, Answered(Recorded(tie, shown(tie), "ledger"))])

    wrong = next(each for each in made.proposals if not each.holds)
    assert wrong.proof.right == ("weather in Berlin",)
    assert wrong.proof.unknown == ("weather in Oslo",)
    assert [str(each) for each in wrong.proof.against] == [
        '"weather in Bern" (taught): it was called with other arguments: mcp:time/weather {"city": "CH"}',
        '"weather in Hell" (corpus/none.txt:2): no rule may take it',
        '"weather in Ulm" (ledger): it went elsewhere: mcp:time/now {}',
        '"weather in Bonn" (ledger): it would tie with w.v',
    ]
    assert wrong.to_dict()["against"][0]["where"] == "taught"
    assert [each.id for each in made.proposals if each.holds] == ["time.weather-in-bern"]


def test_answers_that_contradict_each_other_are_both_told(project: Project) -> None:
    made = learned(project, [git("the log", n=1), git("The log!", n=2)])

    assert [len(each.proof.against) for each in made.proposals] == [1, 1]


def test_rules_that_would_tie_once_both_are_live_are_not_both_written(project: Project) -> None:
    made = learned(
        project,
        [
            git("k 5 red 5 blue", a="red", b=5),
            git("k 7 blue 5 blue", a="blue", b=7),
            git("k 5 blue 5 blue", a="blue", b=5),
        ],
    )

    (wrong,) = (each for each in made.proposals if not each.holds)
    (one,) = (each for each in made.proposals if each.holds)
    assert wrong.draft.first.say == "k {b:int} blue 5 blue"
    assert [each.because for each in wrong.proof.against] == [
        f"it would go to {one.id}, which is proposed too"
    ]


def test_the_nearest_questions_that_it_does_not_take_become_its_no(project: Project) -> None:
    projects.write(
        project.directory,
        {"corpus/queries.txt": "the last order\nlast 3 commits of Rome\nshow the clock\nlast commits\n"},
    )

    made = learned(project, [git("last 3 commits", n=3)])

    assert only(made)["no"] == ["last commits", "last 3 commits of Rome"]


def test_no_layer_of_that_name_is_an_error_that_says_what_would_do(tmp_path: Path) -> None:
    project = projects.project(tmp_path, {}, 'layers = ["team"]\n[mcp.git]\ncommand = "x"\n')

    with pytest.raises(QueryRefused) as refused:
        learned(project, [git("the log")])

    assert str(refused.value) == (
        'there is no layer "learned": write layers = ["team", "learned"] in ts.toml'
    )


def test_nothing_taught_is_an_error(project: Project) -> None:
    with pytest.raises(QueryRefused, match="nothing is taught"):
        learned(project, [])


def test_rules_that_do_not_load_are_told(project: Project) -> None:
    projects.write(project.directory, {"rules/team/odd.toml": "[odd]\n"})

    with pytest.raises(RulebookRefused, match=r"rules/team/odd\.toml:1:2"):
        learned(project, [git("the log")])


def test_a_question_that_the_settings_refuse_says_nothing(project: Project) -> None:
    query = Query("the log", facts={"team": "ops"})
    asked = Answered(Recorded(query, shown(query), "ledger"))
    projects.write(project.directory, {"ts.toml": f'{projects.SETTINGS}\n[facts]\nenv = ["prod"]\n'})
    project = projects.project(project.directory, {}, f'{projects.SETTINGS}\n[facts]\nenv = ["prod"]\n')

    (proposal,) = learned(project, [git("the log")], [asked]).proposals

    assert (proposal.holds, proposal.proof.unknown) == (True, ())


def test_steps_that_add_rules_attach_are_not_counted(project: Project) -> None:
    projects.write(
        project.directory, {"rules/guard/trace.toml": '[t]\nwhen.all = ["log"]\nadd = "mcp:time/trace"\n'}
    )

    assert len(tables(learned(project, [git("the log")]))) == 1


def test_a_record_does_not_contradict_what_was_learned_of_it(project: Project) -> None:
    def asked(day: str, call: str) -> dict[str, Any]:
        args = {"repo_path": "/srv", "since": call}
        steps = [{"id": "1", "use": LOG, "args": args, "needs": []}]
        return {
            "time": f"{day}T23:59:59+00:00",
            "project": "/srv",
            "cwd": "/srv",
            "query": {"text": "log since yesterday", "modes": ["useful"]},
            "plan": {"from": "planner", "steps": steps},
            "state": "done",
        }

    records = [asked("2026-11-20", "2026-11-19"), asked("2026-11-21", "2026-11-20")]

    (proposal,) = learned(project, taught(records), answered(records)).proposals

    assert proposal.draft.first.args == {"repo_path": "{{ cwd }}", "since": "{{ since }}"}
    assert (proposal.proof.right, proposal.proof.against) == (
        ("log since yesterday", "[useful] log since yesterday"),
        (),
    )


def test_a_day_without_a_time_to_count_from_is_no_slot(project: Project) -> None:
    team = f'[log]\nsay = "log of {{day:date}}"\nuse = "{LOG}"\nargs = {{ day = "{{{{ day }}}}" }}\n'
    projects.write(project.directory, {"rules/team/log.toml": team})
    late = Query("since today")
    calls = (told_call(LOG, {"day": "2026-11-20"}, None),)

    made = learned(
        project,
        [Taught("log of today", LOG, {"day": DAY}), git("since 2026-01-31", day="2026-01-31")],
        [Answered(Recorded(late, shown(late), "ledger"), calls)],
    )

    assert [each.because for each in made.left_out] == ["log.log takes it and calls something else"]
    (proposal,) = made.proposals
    assert [each.because for each in proposal.proof.against] == ["its arguments cannot be made of it"]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(st.integers(1, 999), st.sampled_from(("src/a.py", "READ.md", "./b", "c/d")), st.booleans()),
        min_size=1, max_size=6, unique_by=lambda each: each[0],
    )
)  # fmt: skip
def test_texts_of_one_shape_become_one_rule_whatever_their_values(
    project: Project, values: list[tuple[int, str, bool]]
) -> None:
    made = learned(
        project,
        [
            git(f"show the last {n} commits in {path}{'?' if asks else ''}", n=n, path=path, all=False)
            for n, path, asks in values
        ],
    )

    table = only(made)
    assert table["say"] == ["show the last {n:int} commits in {path:path}"]
    assert table["args"] == {"n": "{{ n }}", "path": "{{ path }}", "all": False}
