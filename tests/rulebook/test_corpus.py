"""Recorded queries: what a line means, what is refused, and that what is written reads back as it was."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from router.core.findings import Findings
from router.core.plan import JSON
from router.core.query import MODES, Attachment, Query
from router.errors import QueryRefused
from router.rulebook.corpus import Recorded, read_corpus, read_queries, shown
from router.rulebook.tree import Directory
from tests.projects import write

BEHIND = "write [] before a text that begins with a bracket"
same = settings(
    derandomize=True, database=None, deadline=None, max_examples=120,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)  # fmt: skip


def read(text: str, name: str = "corpus/queries.txt") -> tuple[Recorded, ...]:
    """Read queries of which none may be refused."""
    findings = Findings()
    found = read_queries(name, text, findings)
    assert findings.problems == []
    return found


def refused(text: str, name: str = "queries.txt") -> list[str]:
    """Read a file of which every line is refused."""
    findings = Findings()
    assert read_queries(name, text, findings) == ()
    assert {each.code for each in findings.problems} == {"bad-query"}
    return [str(each) for each in findings.problems]


def asked(text: str, *types: str, **context: JSON) -> JSON:
    """Return what bears on the decision of a query."""
    attached = tuple(Attachment("", each, "") for each in types)
    modes, words = (frozenset(context.pop(name, ())) for name in ("modes", "words"))
    return Query(text, modes, words, attached=attached, **context).to_dict()


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("show the log", asked("show the log")),
        ("  show the log\t", asked("show the log")),
        ("#1 in the list", asked("#1 in the list")),
        ("[useful] show", asked("show", modes=["useful"])),
        (
            "[useful env=prod image/png words:a,b] what is this",
            asked("what is this", "image/png", modes=["useful"], words=["a", "b"], facts={"env": "prod"}),
        ),
        ("[faves essential words:a words:b] x", asked("x", modes=["faves", "essential"], words=["a", "b"])),
        ("[image/png text/plain] x", asked("x", "image/png", "text/plain")),
        ("[env=] x", asked("x", facts={"env": ""})),
        ("[env=a=b] x", asked("x", facts={"env": "a=b"})),
        ("[useful=yes] x", asked("x", facts={"useful": "yes"})),
        ("['team=on call'] x", asked("x", facts={"team": "on call"})),
        ('[team="on call" env=prod] x', asked("x", facts={"team": "on call", "env": "prod"})),
        ("['team=[a] \"b\"'] x", asked("x", facts={"team": '[a] "b"'})),
        ("['words:show me,log'] x", asked("x", words=["show me", "log"])),
        (r"['team=a\u000ab'] x", asked("x", facts={"team": "a\nb"})),
        ("[] [draft] text", asked("[draft] text")),
        ("[] [] text", asked("[] text")),
        ("[] # text", asked("# text")),
        ("[] #", asked("#")),
        ("[ ] x", asked("x")),
        ("[useful]\tx", asked("x", modes=["useful"])),
        ("text [useful] with brackets", asked("text [useful] with brackets")),
        (r"C:\u0041 and \n", asked(r"C:\u0041 and \n")),
    ],
)
def test_a_line_is_a_query_with_its_context(line: str, wanted: JSON) -> None:
    (found,) = read(line)

    assert found.query.to_dict() == wanted
    assert (found.file, found.line) == ("corpus/queries.txt", 1)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("[usefull] x", f'unknown context "usefull"; {BEHIND}; did you mean "useful"?'),
        ("[draft] x", f'unknown context "draft"; {BEHIND}; there are essential, faves, useful'),
        ("[env=prod draft] x", f'unknown context "draft"; {BEHIND}; there are essential, faves, useful'),
        ("[=prod] x", f'unknown context "=prod"; {BEHIND}; there are essential, faves, useful'),
        ("[useful]x", f"the brackets at the beginning hold no context; {BEHIND}"),
        ("[useful x", f"the brackets at the beginning hold no context; {BEHIND}"),
        ("[don't] x", f"the brackets at the beginning hold no context; {BEHIND}"),
        ("[a](b) x", f"the brackets at the beginning hold no context; {BEHIND}"),
        ("[[useful]] x", f"the brackets at the beginning hold no context; {BEHIND}"),
        ("[env=a env=b] x", 'the fact "env" has two values'),
        ("[words:] x", 'the word "" to filter by has no letter or digit'),
        ("[words:a,!] x", 'the word "!" to filter by has no letter or digit'),
        ("[useful]", "the query is empty"),
        ("[]", "the query is empty"),
        ("a\0b", "the query holds a NUL character at position 2"),
    ],
)
def test_a_line_that_cannot_be_a_query_is_told_with_its_number_and_what_would_do(
    line: str, reason: str
) -> None:
    findings = Findings()
    found = read_queries("queries.txt", f"first\n\n{line}\nlast", findings)

    assert [each.query.text for each in found] == ["first", "last"]
    assert [str(each) for each in findings.problems] == [f"queries.txt:3:1: cannot be a query: {reason}"]


def test_empty_lines_and_comments_are_left_out_and_counted() -> None:
    found = read("# what people ask\r\n\r\n#\r\none\r\n   \n# two\n\tthree")

    assert [(each.query.text, each.line) for each in found] == [("one", 4), ("three", 7)]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_are_counted_as_editors_count_them(end: str) -> None:
    found = read(end.join(("one\u2028one", "two\x0btwo", "three")))

    assert [(each.shown, each.line) for each in found] == [("one one", 1), ("two two", 2), ("three", 3)]


def test_a_query_is_kept_once_whatever_its_spaces_and_the_order_of_its_context() -> None:
    found = read(
        "show the log\nshow  the\tlog\n[useful env=prod] x\n[env=prod useful] x\n[env='prod' useful]  x\n"
        "[] show the log\n[image/png text/plain] x\n[text/plain image/png] x"
    )

    assert [each.line for each in found] == [1, 3, 7]
    assert [each.shown for each in found] == [
        "show the log", "[useful env=prod] x", "[image/png text/plain] x",
    ]  # fmt: skip


def test_queries_that_differ_in_anything_that_bears_on_a_decision_are_kept_apart() -> None:
    lines = [
        "x",
        "X",
        "x?",
        "[useful] x",
        "[faves] x",
        "[env=a] x",
        "[env=b] x",
        "[image/png] x",
        "[words:a] x",
    ]

    assert [each.shown for each in read("\n".join(lines))] == lines


def record(**values: JSON) -> str:
    return json.dumps(values, ensure_ascii=False)


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        (record(text="show the log"), asked("show the log")),
        (record(text="a\nb\u2028c\x85d"), asked("a\nb\u2028c\x85d")),
        (record(text="[draft] # x"), asked("[draft] # x")),
        (
            record(text="x", modes=["useful"], words=["a b"], facts={"e": "f"}, attached=["image/png"]),
            asked("x", "image/png", modes=["useful"], words=["a b"], facts={"e": "f"}),
        ),
        (record(query={"text": "x", "modes": ["useful"]}, decision={}), asked("x", modes=["useful"])),
        (record(text="x", use="mcp:git/git_log", args={"n": 1}), asked("x")),
        (record(query=None, text="x"), asked("x")),
    ],
)
def test_json_lines_are_records_with_a_text_and_perhaps_a_context(line: str, wanted: JSON) -> None:
    (found,) = read(f"\n{line}\r\n\n", "log.jsonl")

    assert found.query.to_dict() == wanted
    assert (found.file, found.line) == ("log.jsonl", 2)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("show the log", "Expecting value: line 1 column 1 (char 0)"),
        ('"show the log"', 'a record is an object with a "text"'),
        ("[]", 'a record is an object with a "text"'),
        ("{}", 'a record is an object with a "text"'),
        ('{"text": 3}', 'a record is an object with a "text"'),
        ('{"text": ""}', "the query is empty"),
        ('{"text": "x", "modes": "useful"}', '"modes" must be a list of texts'),
        ('{"text": "x", "modes": ["usefull"]}', "unknown mode usefull; there are faves, useful, essential"),
        ('{"text": "x", "words": [3]}', '"words" must be a list of texts'),
        ('{"text": "x", "facts": []}', '"facts" must be an object of texts, each with a name'),
        ('{"text": "x", "facts": {"a": 1}}', '"facts" must be an object of texts, each with a name'),
        ('{"text": "x", "facts": {"": "a"}}', '"facts" must be an object of texts, each with a name'),
        ('{"text": "x", "attached": ["png"]}', '"png" is not a media type, such as image/png'),
        ('{"text": "\\ud800"}', "the query is not valid Unicode at position 1: it holds half a character"),
        ("[" * 100_000, "maximum recursion depth exceeded"),
    ],
)
def test_a_record_that_cannot_be_a_query_is_told(line: str, reason: str) -> None:
    (found,) = refused(line, "log.jsonl")

    assert found.startswith(f"log.jsonl:1:1: cannot be a query: {reason}")


def test_a_file_is_named_as_whoever_reads_it_says() -> None:
    findings = Findings()
    found = read_queries("log.jsonl", '{"text": "x"}\n3', findings, shown_as="../log.jsonl")

    assert [each.file for each in found] == ["../log.jsonl"]
    assert [each.file for each in findings.problems] == ["../log.jsonl"]


def test_a_corpus_is_two_files_and_each_query_of_both_once(tmp_path: Path) -> None:
    write(tmp_path, {"corpus/queries.txt": "one\n[draft] x\ntwo\none", "corpus/none.txt": "two\nthree\n[y"})
    corpus = read_corpus(Directory(tmp_path))

    assert [each.shown for each in corpus.queries] == ["one", "two"]
    assert [each.shown for each in corpus.none] == ["two", "three"]
    assert [(each.file, each.shown) for each in corpus.all] == [
        ("corpus/queries.txt", "one"),
        ("corpus/queries.txt", "two"),
        ("corpus/none.txt", "three"),
    ]
    assert [(each.file, each.line) for each in corpus.problems] == [
        ("corpus/queries.txt", 2),
        ("corpus/none.txt", 3),
    ]


def test_a_corpus_that_is_not_there_is_empty(tmp_path: Path) -> None:
    corpus = read_corpus(Directory(tmp_path))

    assert (corpus.all, corpus.problems) == ((), ())


# what is written reads back

odd = st.sampled_from("[]'\"\\u21d2c005⇒=,:#words mage/pn\n\r\t\x0b\x1c\x85\u2028\u00a0\ufeff")
texts = st.text(st.one_of(odd, odd, st.characters(codec="utf-8")), max_size=14)
media_types = st.from_regex(
    r"[\w!#$&^.+-]{1,4}/[\w!#$&^.+-]{1,4}", fullmatch=True, alphabet=st.characters(max_codepoint=127)
)


@st.composite
def queries(draw: st.DrawFn) -> Query:
    """Draw any query whose attachments have media types and whose facts have names."""
    types = draw(st.lists(media_types, max_size=2))
    words = draw(st.frozensets(texts.filter(lambda each: any(map(str.isalnum, each))), max_size=3))
    return Query(
        draw(texts.filter(askable)),
        draw(st.frozensets(st.sampled_from(MODES))),
        words,
        draw(st.dictionaries(texts.filter(bool), texts, max_size=3)),
        tuple(Attachment("", each, "") for each in types),
    )


def askable(text: str) -> bool:
    try:
        Query(text)
    except QueryRefused:
        return False
    return True


def as_written(query: Query) -> JSON:
    return {**query.to_dict(), "text": " ".join(query.text.split())}


def what_is_written_reads_back(query: Query) -> None:
    line = shown(query)
    (found,) = read(f"\n{line}\n")

    assert len(line.splitlines()) == 1
    assert "\N{RIGHTWARDS DOUBLE ARROW}" not in line
    assert found.query.to_dict() == as_written(query)
    assert found.shown == line


@same
@given(queries())
@example(Query("#"))
@example(Query("[x] y"))
@example(Query(r"a ⇒ b \u21d2 c \u005c \\u005c"))
@example(Query("x", facts={"words:a": "b", "c=d": "e"}))
@example(Query("x", words=frozenset(("a,b", "c d", "'e"))))
def test_what_is_written_reads_back_as_the_same_query(query: Query) -> None:
    what_is_written_reads_back(query)


@same
@given(queries(), queries())
def test_queries_are_written_alike_only_where_they_are_alike(one: Query, other: Query) -> None:
    assert (shown(one) == shown(other)) == (as_written(one) == as_written(other))


@same
@given(queries())
def test_a_record_reads_back_as_the_same_query(query: Query) -> None:
    (found,) = read(record(**query.to_dict()), "log.jsonl")

    assert found.query.to_dict() == query.to_dict()
    assert found.shown == shown(query)


@same
@given(st.text(st.one_of(odd, st.characters(codec=None)), max_size=30), st.sampled_from(("x.txt", "x.jsonl")))
def test_any_file_is_read_or_told(text: str, name: str) -> None:
    findings = Findings()
    lines = {each.line for each in read_queries(name, text, findings)}

    assert not lines & {each.line for each in findings.problems}


@pytest.mark.slow
@settings(same, max_examples=5000, derandomize=False)
@given(queries())
def test_what_is_written_reads_back_many_times_over(query: Query) -> None:
    what_is_written_reads_back(query)
