"""Slots of sentences: what each type takes from awkward texts, and with which value."""

from __future__ import annotations

import pytest

from router.core.plan import JSON
from router.core.say import parse
from router.core.slots import Entry, resolved_day
from router.core.text import Normaliser

READER = Normaliser("english")
CITIES = tuple(Entry(READER.stems(each), each) for each in ("New York City", "New York", "Oslo", "東京"))

NOTHING = "nothing"


def taken(template: str, text: str) -> JSON:
    """Return the slots, the value of a single one, or `nothing` where the text is no such sentence."""
    found = parse(template, READER.stems, {"city": CITIES}.get).match(READER.read(text))
    if found is None:
        return NOTHING
    return found if len(found) != 1 else next(iter(found.values()))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("top 3", 3),
        ("top 3.", 3),
        ("top 3?", 3),
        ("top (3)", 3),
        ("top 3,", 3),
        ("top #3", 3),
        ("top $3", 3),
        ("top -3", -3),
        ("top +3", 3),
        ("top (-3)", -3),
        ("top 007", 7),
        ("top \N{FULLWIDTH DIGIT THREE}", 3),
        ("top ٣", 3),
        ("top 3%", 3),
        ("top=3", 3),
        ("top 999999999999999999", 10**18 - 1),
        ("top 3.5", NOTHING),
        ("top 1,000", NOTHING),
        ("top 3kg", NOTHING),
        ("top 3-4", NOTHING),
        ("top 3/4", NOTHING),
        ("top 3:30", NOTHING),
        ("top 3_000", NOTHING),
        ("top v3", NOTHING),
        ("top .3", NOTHING),
        ("top /3", NOTHING),
        ("top 1000000000000000000", NOTHING),
        ("top three", NOTHING),
        ("top 5\N{SOFT HYPHEN}0", NOTHING),
        ("top 3 4", NOTHING),
        ("top", NOTHING),
        ("top 3rd", NOTHING),
        ("top 1e5", NOTHING),
        ("top 3--4", 3),
    ],
)
def test_an_int_is_a_whole_number_that_is_not_part_of_another(text: str, value: JSON) -> None:
    found = taken("top {n:int}" if "--" not in text else "top {n:int} 4", text)
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("by 2.5", 2.5),
        ("by 3", 3),
        ("by -2.5%", -2.5),
        ("by .5", 0.5),
        ("by -.5", -0.5),
        ("by 1e3", 1000.0),
        ("by 1.5e-3", 0.0015),
        ("by 2.5.", 2.5),
        ("by (2.5)", 2.5),
        ("by 1e999", NOTHING),
        ("by 1.2.3", NOTHING),
        ("by 1,5", NOTHING),
        ("by 5e", NOTHING),
        ("by x", NOTHING),
        ("by 1000000000000000000", NOTHING),
        ("by 2.5kg", NOTHING),
    ],
)
def test_a_number_is_an_int_or_has_a_fraction_or_an_exponent(text: str, value: JSON) -> None:
    found = taken("by {n:number}", text)
    assert (found, type(found)) == (value, type(value))


def test_numbers_stand_beside_scripts_without_spaces() -> None:
    assert taken("最近 {n:int} 次提交", "最近3次提交") == 3


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("ping host", "host"),
        ("ping host.", "host"),
        ("ping 'host'", "host"),
        ("ping foo,bar", "foo,bar"),
        ("ping a@b.example", "a@b.example"),
        ("ping v1.2.3!", "v1.2.3"),
        ("ping x-1", "x-1"),
        ("ping (x)", "x"),
        ("ping c++", "c++"),
        ("ping 東京", "東京"),
        ("ping don't", "don't"),
        ("ping Ünï", "Ünï"),
        ("ping my host", NOTHING),
        ("ping .", NOTHING),
        ("ping", NOTHING),
        ('ping "my host"', NOTHING),
    ],
)
def test_a_word_is_a_run_between_spaces(text: str, value: JSON) -> None:
    assert taken("ping {x:word}", text) == value


@pytest.mark.parametrize(
    ("template", "text", "value"),
    [
        ("{a:word}, {b:word}", "foo,bar", {"a": "foo", "b": "bar"}),
        ("{a:word} {b:word}", "foo bar,baz", {"a": "foo", "b": "bar,baz"}),
        ("set {a:word} = {b:word}", "set x=1.5", {"a": "x", "b": "1.5"}),
        ("{a:word} bar", "foo-bar", "foo"),
        ("show {a:word} bar", "show foo bar", "foo"),
        ("打开 {a:word} 文件", "打开git文件", "git"),
        ("{a:word} z", "a.b.c.d.e.f.g.h.i.z", NOTHING),
        ("{a:word} z", "a.b.c.d.e.f.g.h.z", "a.b.c.d.e.f.g.h"),
    ],
)
def test_a_word_gives_way_where_the_sentence_goes_on_inside_the_run(
    template: str, text: str, value: JSON
) -> None:
    assert taken(template, text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("read src/main.py", "src/main.py"),
        ("read src/main.py.", "src/main.py"),
        ("read src/main.py?", "src/main.py"),
        ("read .", "."),
        ("read ..", ".."),
        ("read ./", "./"),
        ("read ~", "~"),
        ("read /", "/"),
        ("read ../..", NOTHING),
        ("read ../x", "../x"),
        ("read ~/notes.md", "~/notes.md"),
        ("read /etc/hosts", "/etc/hosts"),
        ("read .gitignore", ".gitignore"),
        ("read *.py", "*.py"),
        ("read a.b.c...", "a.b.c"),
        ("read dir/", "dir/"),
        ('read "my file.txt"', "my file.txt"),
        ("read 'my file.txt',", "my file.txt"),
        ("read `a b`", "a b"),
        ("read “my file”.", "my file"),
        ("read (src/x)", "src/x"),
        ("read <src/x>", "src/x"),
        ("read [x].", "x"),
        (r"read C:\dir\x.txt", r"C:\dir\x.txt"),
        (r"read ..\x", r"..\x"),
        ("read file。", "file"),
        ("read path=/etc/hosts", "path=/etc/hosts"),
        ("read [id].tsx", "[id].tsx"),
        ("read ls(1)", "ls(1)"),
        ("read (ls(1)).", "ls(1)"),
        ("read ((src/x)).", "src/x"),
        ("read (src/x", "src/x"),
        ("read src/x).", "src/x"),
        ("read [a]/[b]", "[a]/[b]"),
        ("read (((((x)))))", "(x)"),
        ("read my file", NOTHING),
        ("read", NOTHING),
        ('read ""', NOTHING),
        ('read ""x', "x"),
        ("read foo,bar.txt", "foo,bar.txt"),
        ("read https://a.example/x?y=1", "https://a.example/x?y=1"),
    ],
)
def test_a_path_is_a_run_or_a_quotation_without_the_sentence_around_it(text: str, value: JSON) -> None:
    assert taken("read {p:path}", text) == value


@pytest.mark.parametrize(
    ("template", "text", "value"),
    [
        ("path {p:path}", "path=/etc/hosts", "/etc/hosts"),
        ("打开 {p:path} 文件", "打开src/main.py文件", "src/main.py"),
        ("list {p:path} now", "list dir/ now", "dir/"),
        ("a {p:path}", "a/b", "/b"),
        ("{p:path} c", "x/y/ c", "x/y/"),
        ("{p:path} c", "x/y/c", "x/y/"),
        ("in {p:path} {q:path}", "in . ..", {"p": ".", "q": ".."}),
        ("list files [in {p:path}]", "list files in .", "."),
        ("list files", "list files .", {}),
        ("list {p:path} files", "list . files", "."),
        ("list files in {p:path}", "list files . in ./ please", NOTHING),
    ],
)
def test_a_path_may_stand_among_other_words(template: str, text: str, value: JSON) -> None:
    assert taken(template, text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("since 2026-11-22", "2026-11-22"),
        ("since 2026-11-22.", "2026-11-22"),
        ("since Yesterday", "yesterday"),
        ("since today", "today"),
        ("since tomorrow!", "tomorrow"),
        ("since (2026-11-22)", "2026-11-22"),
        ("since 2026-02-30", NOTHING),
        ("since 2026-11-22T10", NOTHING),
        ("since 2026-11-22-5", NOTHING),
        ("since 1-2026-11-22", NOTHING),
        ("since 22.11.2026", NOTHING),
        ("since monday", NOTHING),
        ("since 2026-11", NOTHING),
        ("since 2026-11-222", NOTHING),
    ],
)
def test_a_date_is_a_day_of_the_calendar_or_a_day_next_to_today(text: str, value: JSON) -> None:
    assert taken("since [1] {d:date}", text) == value


@pytest.mark.parametrize(
    ("value", "time", "day"),
    [
        ("2026-11-22", "", "2026-11-22"),
        ("today", "2026-11-22T23:30:00+13:00", "2026-11-22"),
        ("yesterday", "2026-03-01T00:00:00+00:00", "2026-02-28"),
        ("tomorrow", "2026-12-31", "2027-01-01"),
    ],
)
def test_a_day_next_to_today_counts_from_the_time_of_the_query(value: str, time: str, day: str) -> None:
    assert resolved_day(value, time) == day


def test_a_day_next_to_today_needs_the_time_of_the_query() -> None:
    with pytest.raises(ValueError, match='"today" needs the time of the query'):
        resolved_day("today", "")


@pytest.mark.parametrize(
    ("template", "text", "value"),
    [
        ("say {r:rest}", "say hello, world!", "hello, world!"),
        ("say {r:rest}", 'say "quoted" (x).', '"quoted" (x).'),
        ("say {r:rest} now", "say what is now now", "what is now"),
        ("{r:rest}", "anything {{ at }} all", "anything {{ at }} all"),
        ("{r:rest} in {p:path}", "find x in y in z", {"r": "find x in y", "p": "z"}),
        ("{r:rest} {n:int}", "last 3 4", {"r": "last 3", "n": 4}),
        ("say {r:rest}", "say ./", "./"),
        ("say {r:rest}", "say", NOTHING),
        ("翻译 {r:rest}", "翻译你好", "你好"),
        ("{r:rest} now", "now", NOTHING),
        ("note {r:rest} end", "note -x- end", "-x-"),
    ],
)
def test_rest_takes_one_word_or_more_as_they_are_written(template: str, text: str, value: JSON) -> None:
    assert taken(template, text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("weather in new york city", "New York City"),
        ("weather in NEW YORK?", "New York"),
        ("weather in Oslo", "Oslo"),
        ("weather in 東京", "東京"),
        ("weather in york", NOTHING),
        ("weather in new", NOTHING),
        ("weather in new york city hall", NOTHING),
    ],
)
def test_a_list_slot_takes_an_entry_and_gives_it_as_the_list_writes_it(text: str, value: JSON) -> None:
    assert taken("weather in {c:@city}", text) == value


def test_the_longest_entry_is_preferred_and_a_shorter_one_taken_where_the_sentence_needs_it() -> None:
    assert taken("{c:@city} {r:rest}", "new york city hall") == {"c": "New York City", "r": "hall"}
    assert taken("{c:@city} city", "new york city") == "New York"


@pytest.mark.parametrize(
    ("type_", "shown"), [("{c:@city}", "{c:@city}"), ("{n:int}", "{n:int}"), ("{rest}", "{rest:rest}")]
)
def test_a_slot_is_shown_as_it_is_written(type_: str, shown: str) -> None:
    slots = parse(type_, READER.stems, {"city": CITIES}.get).slots()
    assert [str(slot) for slot in slots.values()] == [shown]
