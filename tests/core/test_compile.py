"""Compiling: everything that is refused and what is said of it, and what the revision is made of."""

from __future__ import annotations

from dataclasses import replace

import pytest

from router.core.compile import compile
from router.core.settings import Server, Settings, ToolFilter
from router.core.source import Sources
from router.errors import Problem, RulebookRefused
from tests.core.making import SETTINGS, book, problems, sources

USE = 'use = "mcp:ledger/get"'
FINE = f'[r]\nwhen.all = "x"\n{USE}'


def said(
    rules: str | dict[str, str], *, vocabulary: str = "", prompts: dict[str, str] | None = None
) -> list[str]:
    return [shown(each) for each in problems(rules, vocabulary=vocabulary, prompts=prompts)]


NOTHING = "the rule asks for nothing, so it would match everything"
TYPES = "the types are int, number, word, path, date, rest and @list"
SCHEMES = "it starts with mcp:, a2a: or workflow:"
NAMES = "attached, cwd, facts, modes, n, repository, steps, text, time, words"
FIRST = "rules/guard/x.toml:1"
STEPS = 'when.all = "y"\nsteps = '
T = "rules/team/t.toml"
V = "rules/vocab.toml"


@pytest.mark.parametrize(
    ("rule", "problem"),
    [
        # conditions
        (
            USE,
            f"r (key): {NOTHING} | give it `when` or `say`; a catch-all says {{rest}}",
        ),
        (
            f'when.none = "x"\n{USE}',
            f"r (key): {NOTHING} | give it `when` or `say`; a catch-all says {{rest}}",
        ),
        (
            f'when.all = ["y", "@statsu"]\n{USE}',
            'r.when.all.1: unknown list "@statsu" | did you mean "@status"?',
        ),
        (
            f'when.all = ["y", ["a", "@zzz"]]\n{USE}',
            'r.when.all.1.1: unknown list "@zzz" | there are @places, @status',
        ),
        (f'when.all = ["y", "!!"]\n{USE}', 'r.when.all.1: "!!" has no letter or digit | '),
        (f'when.any = ["y", ["a", "?"]]\n{USE}', 'r.when.any.1.1: "?" has no letter or digit | '),
        (
            f'when = {{ all = "y", none = "@x" }}\n{USE}',
            'r.when.none.0: unknown list "@x" | there are @places, @status',
        ),
        (
            f'when = {{ all = "y", looks = "oder" }}\n{USE}',
            'r.when.looks.0: unknown shape "oder" | did you mean "order"?',
        ),
        (f'when.modes = "usefull"\n{USE}', 'r.when.modes.0: unknown mode "usefull" | did you mean "useful"?'),
        (
            f'when.attached = "png"\n{USE}',
            'r.when.attached.0: "png" is not a media type | such as image/png, image/* or */*',
        ),
        (
            f'when.attached = ["a/b", "image/p?g"]\n{USE}',
            'r.when.attached.1: "image/p?g" is not a media type | such as image/png, image/* or */*',
        ),
        (f'say = ["a", "show (b"]\n{USE}', 'r.say.1: a ")" is missing | '),
        (f'say = "go {{x:@place}}"\n{USE}', 'r.say.0: unknown list "@place" | did you mean "@places"?'),
        (
            f'say = "go {{x:thing}}"\n{USE}',
            f'r.say.0: unknown slot type "thing" | {TYPES}',
        ),
        # slots
        (
            f'say = ["a {{x:int}}", "b {{x:word}}"]\n{USE}',
            'r.say: slot "x" has two types, {x:int} and {x:word} | ',
        ),
        (
            f'say = "a {{order:int}}"\nwhen.looks = "order"\n{USE}',
            'r (key): slot "order" is filled twice, by two conditions | ',
        ),
        (
            f'say = "a {{cwd:path}}"\n{USE}',
            'r (key): slot "cwd" hides the value of that name | rename the slot',
        ),
        (
            f'say = "a {{result:word}}"\n{USE}',
            'r (key): slot "result" hides the value of that name | rename the slot',
        ),
        (f'say = "a {{none:word}}"\n{USE}', 'r (key): slot "none" is a word of templates | rename the slot'),
        # targets
        ('when.all = "y"', "r (key): the rule has no target | give it `use`, `steps` or `add`"),
        (
            'when.all = "y"\nuse = "mpc:ledger/get"',
            f'r.use: "mpc:ledger/get" is not a target: {SCHEMES} | did you mean "mcp"?',
        ),
        (
            'when.all = "y"\nuse = ["mcp:ledger/get", "mcp:"]',
            'r.use.1: "mcp:" is not a target such as mcp:server/tool or a2a:agent | did you mean "mcp"?',
        ),
        (
            'when.all = "y"\nuse = "workflow:x"',
            "r.use: workflows are not part of this version | use an mcp: or a2a: target",
        ),
        ('when.all = "y"\nuse = "mcp:ledgre/get"', 'r.use: unknown server "ledgre" | did you mean "ledger"?'),
        (
            'when.all = "y"\nuse = "mcp:zzz"',
            'r.use: unknown server "zzz" | configure it as [mcp.zzz] in ts.toml',
        ),
        (
            'when.all = "y"\nuse = "a2a:zzz"',
            'r.use: unknown agent "zzz" | configure it as [a2a.zzz] in ts.toml',
        ),
        (
            'when.all = "y"\nuse = "mcp:release"',
            'r.use: unknown server "release" | [a2a.release] exists: check the scheme',
        ),
        (
            'when.all = "y"\nadd = "a2a:git"',
            'r.add: unknown agent "git" | [mcp.git] exists: check the scheme',
        ),
        (
            'when.all = "y"\nuse = "mcp:git/git_push"',
            'r.use: tool "git_push" of git is not allowed by ts.toml | see tools.allow and deny',
        ),
        (
            'when.all = "y"\nuse = "mcp:renamed/own"',
            'r.use: tool "own" of renamed is renamed | did you mean "shown"?',
        ),
        # steps
        (
            STEPS + '[{ id = "a", use = "mcp:git/log" }, { id = "a", use = "mcp:git/x" }]',
            "r.steps: more than one step is called a | ",
        ),
        (
            'when.all = "y"\nsteps = [{ id = "a", use = "mcp:git/log", needs = "b" }]',
            "r.steps: step a needs b, which is not a step | ",
        ),
        (
            STEPS
            + """[
                { id = "a", use = "mcp:git/log", args = { x = "{{ steps.b.text }}" } },
                { id = "b", use = "mcp:git/log", needs = "a" },
            ]""",
            "r.steps: the steps a, b need each other | ",
        ),
        (
            STEPS
            + """[
                { id = "log", use = "mcp:git/log" },
                { id = "b", use = "mcp:git/log", args = { x = "{{ steps.lgo.text }}" } },
            ]""",
            'r.steps.1: no step is called "lgo" | did you mean "log"?',
        ),
        (
            'when.all = "y"\nuse = "mcp:git/log"\nask = "hello"',
            "r.ask: mcp:git/log takes args, not ask | ask is for agents (a2a:…)",
        ),
        # templates
        (
            'say = "last {n:int}"\nuse = "mcp:git/log"\nargs = { max = "{{ m }}" }',
            f'r.args.max: unknown variable "m" | there are {NAMES}',
        ),
        (
            'when.all = "y"\nuse = "mcp:git/log"\nargs = { q = ["{{ txt }}"] }',
            'r.args.q: unknown variable "txt" | did you mean "text"?',
        ),
        (
            'when.all = "y"\nuse = "mcp:git/log"\nargs = { q = "{{ 1 + }}" }',
            "r.args.q: the template does not parse: unexpected 'end of print statement' | ",
        ),
        (
            'when.all = "y"\nuse = "a2a:release"\nask = "hllo.j2"',
            'r.ask: no prompt is called "hllo.j2" | did you mean "hello.j2"?',
        ),
        (
            'when.all = "y"\nuse = "mcp:git/log"\nanswer = "zzz.md.j2"',
            'r.answer: no prompt is called "zzz.md.j2" | prompts live under prompts/',
        ),
        (
            'when.all = "y"\nuse = "mcp:git/log"\nanswer = "{{ steps.b.text }}"',
            'r.answer: no step is called "b" | ',
        ),
        (
            'when.all = "y"\nuse = "mcp:git/log"\nanswer = "{{ x | nofilter }}"',
            "r.answer: the template does not parse: No filter named 'nofilter'. | ",
        ),
        # stages
        (f'when.all = "y"\n{USE}\nstage = "lvie"', 'r.stage: unknown stage "lvie" | did you mean "live"?'),
        (
            f'when.all = "y"\n{USE}\nstage = "canary"',
            "r.stage: a canary needs a share | such as `share = 10`, in per cent",
        ),
        (
            f'when.all = "y"\n{USE}\nshare = 10',
            'r.share (key): only a canary has a share | add `stage = "canary"`',
        ),
        (
            f'when.all = "y"\n{USE}\nstage = "canary"\nshare = 101',
            "r.share: 101 is not a share of 0 to 100 per cent | ",
        ),
        (
            f'when.all = "y"\n{USE}\nuntil = "2027-13-01"',
            'r.until: "2027-13-01" is not a date such as 2027-06-30 | ',
        ),
        # other rules
        (f'when.all = "y"\n{USE}\nbeats = "zz.other"', 'r.beats.0: unknown rule "zz.other" in beats | '),
        (f'when.all = "y"\n{USE}\nbeats = ["t.r"]', "r.beats.0: a rule cannot beat itself | "),
        (
            f'when.all = "y"\n{USE}\nwas = "t.r"',
            'r.was.0: "t.r" is an earlier id of this rule and also t.r | ',
        ),
    ],
)
def test_what_is_wrong_in_a_rule_is_said_with_its_place_and_what_would_do(rule: str, problem: str) -> None:
    servers = {**SETTINGS.servers, "renamed": Server("renamed", tools=ToolFilter(rename={"own": "shown"}))}
    vocabulary = '[words]\nstatus = ["where"]\nplaces = ["oslo"]\n[shapes]\norder = "o(?P<order>\\\\d+)"'
    made = sources(f"[r]\n{rule}", vocabulary=vocabulary, prompts={"hello.j2": "hello"})
    assert told(made, replace(SETTINGS, servers=servers)) == [f"{T} {problem}"]


def test_what_several_rules_write_alike_is_wrong_in_each_of_them() -> None:
    rule = f'when.all = ["x", "@statsu"]\n{USE}'
    wrong = 'when.all.1: unknown list "@statsu" | there are none'
    assert said(f"[r]\n{rule}\n[s]\n{rule}") == [f"{T} r.{wrong}", f"{T} s.{wrong}"]


def test_templates_are_not_blamed_for_slots_of_a_sentence_that_cannot_be_read() -> None:
    assert said('[r]\nsay = "last {n:imt}"\nuse = "mcp:git/log"\nargs = { max = "{{ n }}" }') == [
        f'{T} r.say.0: unknown slot type "imt" | the types are int, number, word, path, date, rest and @list'
    ]


def told(made: Sources, settings: Settings) -> list[str]:
    with pytest.raises(RulebookRefused) as refused:
        compile(made, settings)
    return [shown(each) for each in refused.value.problems]


def shown(each: Problem) -> str:
    """Return a problem as file, path, message and hint."""
    path = ".".join(map(str, each.path))
    return f"{each.file} {path}{' (key)' * each.key}: {each.message} | {each.hint}"


@pytest.mark.parametrize(
    ("vocabulary", "problem"),
    [
        ("[words]\na = []", 'words.a: list "a" is empty | '),
        ('[words]\na = ["x", "!"]', 'words.a.1: "!" has no letter or digit | '),
        ('[words]\nab = ["x"]\nb = ["@abc"]', 'words.b.0: unknown list "@abc" | did you mean "ab"?'),
        ('[words]\na = ["x", "!"]\nb = ["y", "@a"]', 'words.a.1: "!" has no letter or digit | '),
        ('[words]\na = ["x", "@zz"]\nb = ["y", "@a"]', 'words.a.1: unknown list "@zz" | there are a, b'),
        ('[words]\na = ["x", "@a"]\nb = ["y", "@a"]', "words.a.1: list @a contains itself | "),
        ('[words]\na = ["x", "@a"]', "words.a.1: list @a contains itself | "),
        ('[shapes]\na = "("', 'shapes.a: shape "a": missing ): ( | '),
        (
            '[shapes]\na = "x*"',
            'shapes.a: shape "a": the pattern fits the empty text, so it fits everything | ',
        ),
    ],
)
def test_what_is_wrong_in_the_vocabulary_is_said(vocabulary: str, problem: str) -> None:
    assert said(FINE, vocabulary=vocabulary) == [f"{V} {problem}"]


def test_lists_that_contain_each_other_are_refused() -> None:
    vocabulary = '[words]\na = ["x", "@b"]\nb = ["y", "@c"]\nc = ["@a"]\nd = ["z", "@a"]'
    found = said(FINE, vocabulary=vocabulary)
    assert len(found) == 3
    assert all("contains itself" in each for each in found)


def test_a_list_of_lists_has_the_entries_of_all_the_longest_first() -> None:
    made = book(
        '[r]\nsay = "go {x:@all}"',
        vocabulary="""
        [words]
        all = ["@north", "rome"]
        north = ["oslo", "The North", "@west"]
        west = ["dublin", "Oslo"]
        """,
    )
    slot = made.rules["t.r"].slots["x"]
    assert slot is not None
    assert [entry.shown for entry in slot.entries] == ["The North", "dublin", "oslo", "rome"]


@pytest.mark.parametrize(
    ("prompt", "line", "message"),
    [
        ("ok\n{{ 1 + }}", 2, "unexpected 'end of print statement'"),
        ("{% include 'none.j2' %}", 1, 'no prompt is called "none.j2"'),
    ],
)
def test_what_is_wrong_in_a_prompt_is_said_of_the_prompt_alone(prompt: str, line: int, message: str) -> None:
    rule = '[r]\nwhen.all = "y"\nuse = "a2a:release"\nask = "a.j2"'
    found = problems(rule, prompts={"a.j2": prompt})
    assert (found[0].file, found[0].line, found[0].message) == ("prompts/a.j2", line, message)
    assert [each.file for each in found[1:]] == ([T] if "none" in prompt else [])


RULES = {
    "guard/g": f'[g]\nwhen.all = "x"\n{USE}',
    "team/t": f'[a]\nwhen.all = "x"\n{USE}\n[b]\nwhen.all = "y"\nadd = "mcp:git/log"',
}


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        (
            '[c]\nwhen.all = "z"\nbeats = "g.g"\n' + USE,
            'c.beats.0: "g.g" is in layer guard, not team | the order of layers decides between them already',
        ),
        (
            '[c]\nwhen.all = "z"\nbeats = "t.b"\n' + USE,
            "c.beats.0: an `add` rule never competes | leave it out of beats",
        ),
        (
            '[c]\nwhen.all = "z"\nbeats = "t.a"\nadd = "mcp:git/log"',
            "c.beats.0: an `add` rule never competes | leave it out of beats",
        ),
        (
            '[c]\nwhen.all = "z"\nbeats = ["t.a", "t.aa"]\n' + USE,
            'c.beats.1: unknown rule "t.aa" in beats | did you mean "t.a"?',
        ),
        (
            '[c]\nwhen.all = "z"\nwas = ["t.a"]\n' + USE,
            'c.was.0: "t.a" is an earlier id of this rule and also t.a | ',
        ),
    ],
)
def test_what_is_wrong_between_rules_is_said(more: str, problem: str) -> None:
    assert said({**RULES, "team/t": RULES["team/t"] + "\n" + more}) == [f"{T} {problem}"]


def test_one_id_is_one_rule_wherever_it_is_written() -> None:
    assert said({"team/x": FINE, "guard/x": FINE}) == [
        f'rules/team/x.toml r (key): rule "x.r" exists already, in {FIRST} | rename the table or the file'
    ]


def test_one_earlier_id_belongs_to_one_rule() -> None:
    rules = f'[a]\nwhen.all = "x"\nwas = "o.o"\n{USE}\n[b]\nwhen.all = "y"\nwas = "o.o"\n{USE}'
    assert said(rules) == [f'{T} b.was.0: "o.o" is an earlier id of this rule and also t.a | ']


RING = "a ring in which no rule can win: "


@pytest.mark.parametrize(
    ("beats", "problem"),
    [
        ({"a": "t.b", "b": "t.a"}, f"{T} a.beats: {RING}t.a beats t.b beats t.a"),
        ({"a": "t.b", "b": "t.c", "c": "t.a"}, f"{T} a.beats: {RING}t.a beats t.b beats t.c beats t.a"),
        ({"b": "t.d", "d": "t.c", "c": "t.b"}, f"{T} b.beats: {RING}t.b beats t.d beats t.c beats t.b"),
        (
            {"a": "t.wide", "wide": "t.narrow"},
            f"{T} narrow.beats: {RING}t.narrow beats t.wide beats t.narrow",
        ),
        ({"wide": "t.narrow"}, f"{T} narrow.beats: {RING}t.narrow beats t.wide beats t.narrow"),
    ],
)
def test_rules_that_lose_to_each_other_in_a_ring_are_refused(beats: dict[str, str], problem: str) -> None:
    words = {"a": '"a"', "b": '"b"', "c": '"c"', "d": '"d"', "wide": '"w"', "narrow": '["w", "n"]'}
    rules = "".join(
        f"[{name}]\nwhen.all = {asks}\n{USE}\n" + (f'beats = "{beats[name]}"\n' if name in beats else "")
        for name, asks in words.items()
    )
    assert said(rules) == [problem + " | a rule that asks for more wins already"]


def test_everything_that_is_wrong_is_said_at_once() -> None:
    rules = f'[a]\nwhen.all = "@x"\nuse = "mcp:zzz"\n[b]\nsay = "("\n{USE}\nstage = "x"\nbeats = "t.q"'
    found = said(rules, vocabulary='[shapes]\ns = "("', prompts={"p.j2": "{{"})
    assert len(found) >= 7
    assert {each.split()[0] for each in found} == {V, T, "prompts/p.j2"}


def test_a_target_may_be_a_whole_server_or_an_agents_skill() -> None:
    made = book('[r]\nwhen.all = "y"\nuse = ["mcp:ledger", "a2a:release/notes", "mcp:git/git_log"]')
    assert [str(step.use) for step in made.rules["t.r"].steps] == [
        "mcp:ledger",
        "a2a:release/notes",
        "mcp:git/git_log",
    ]


def test_a_tool_is_named_as_the_settings_rename_it() -> None:
    tools = ToolFilter(allow=("own",), rename={"own": "shown"})
    settings = replace(SETTINGS, servers={"s": Server("s", tools=tools)})
    made = book('[r]\nwhen.all = "y"\nuse = "mcp:s/shown"', settings=settings)
    assert [str(step.use) for step in made.rules["t.r"].steps] == ["mcp:s/shown"]


def test_steps_may_be_read_as_a_whole() -> None:
    rules = """
    [r]
    when.all = "y"
    steps = [{ id = "get", use = "mcp:git/log" }]
    answer = "{% for id, step in steps.items() %}{{ id }}{% endfor %}{{ steps.get.text }}"
    """
    assert book(rules).rules["t.r"].answer


def test_steps_stand_after_those_they_need() -> None:
    rules = """
    [r]
    when.all = "y"
    steps = [
      { id = "b", use = "mcp:git/log", args = { q = "{{ steps.a.text }}" } },
      { id = "a", use = "mcp:git/log" },
    ]
    """
    steps = book(rules).rules["t.r"].steps
    assert [(step.id, step.needs) for step in steps] == [("a", ()), ("b", ("a",))]


def test_a_rule_keeps_what_people_wrote_about_it() -> None:
    rules = """
    [r]
    owner = "@a"
    why = "because"
    when.all = "x"
    until = "2027-01-31"
    yes = "x"
    no = ["y"]
    was = "o.r"
    """
    rule = book(rules).rules["t.r"]
    assert (rule.owner, rule.why, rule.until, rule.yes, rule.no, rule.was, rule.at) == (
        "@a",
        "because",
        "2027-01-31",
        ("x",),
        ("y",),
        ("o.r",),
        "rules/team/t.toml:1",
    )
