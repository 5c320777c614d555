"""Sentence templates: what they stand for, what is refused and where, and which is within which."""

from __future__ import annotations

import pytest

from router.core.say import MOST_BRANCHES, TemplateError, parse
from router.core.sentence import within
from router.core.slots import Entry
from router.core.text import Normaliser

READER = Normaliser("english")
LISTS = {
    "city": tuple(Entry(READER.stems(each), each) for each in ("new york", "oslo")),
    "town": tuple(Entry(READER.stems(each), each) for each in ("oslo",)),
}


def matches(template: str, text: str) -> bool:
    return parse(template, READER.stems, LISTS.get).match(READER.read(text)) is not None


@pytest.mark.parametrize(
    ("template", "says", "does_not"),
    [
        (
            "show status",
            ["show status", "Show, STATUS?!", "shows statuses"],
            ["show", "show the status", "status show"],
        ),
        ("show [the] status", ["show status", "show the status"], ["show a status", "the status"]),
        ("(show|list) it", ["show it", "list it"], ["it", "show list it"]),
        ("[(please|kindly)] go", ["go", "please go", "kindly go"], ["please kindly go"]),
        ("(a [b]|c) d", ["a d", "a b d", "c d"], ["c b d", "b d"]),
        ("[a|b] c", ["a c", "b c", "c"], ["a b c"]),
        ("(the order status|it)", ["the order status", "it"], ["order status"]),
        ("what's up", ["what's up", "WHAT'S UP"], ["what up there"]),
        ("c++ [now]", ["c++", "c++ now"], ["c"]),
        ("显示[最近]提交", ["显示提交", "显示最近提交", "显示 最近 提交"], ["最近提交"]),
        ("show {n:int}", ["show 3"], ["show x"]),
        ("a, b: c", ["a b c", "a - b / c"], ["a b"]),
    ],
)
def test_a_template_says_the_whole_text_case_and_punctuation_aside(
    template: str, says: list[str], does_not: list[str]
) -> None:
    assert [text for text in says if not matches(template, text)] == []
    assert [text for text in does_not if matches(template, text)] == []


@pytest.mark.parametrize(
    ("template", "offset", "message", "hint"),
    [
        ("[please]", 0, "a template must require at least one word or slot", ""),
        ("?!", 0, "a template must require at least one word or slot", ""),
        ("a {n:int} {n:int}", 0, "a slot stands twice in one sentence", ""),
        ("show (a|b", 9, 'a ")" is missing', ""),
        ("show [a", 7, 'a "]" is missing', ""),
        ("show {n:int", 5, 'a "}" is missing', ""),
        ("show a)", 6, 'a ")" stands alone', ""),
        ("a | b", 2, 'a "|" stands alone', ""),
        ("a }", 2, 'a "}" stands alone', ""),
        ("(a|) b", 0, "an alternative in (…) is empty", ""),
        ("a [] b", 2, "an alternative in […] is empty", ""),
        ("commit[s]", 5, "a bracket is glued to a word", "put a space between them; endings need no bracket"),
        ("[re]fund", 4, "a bracket is glued to a word", "put a space between them; endings need no bracket"),
        ("a-{n:int}", 1, "a bracket is glued to a word", "put a space between them; endings need no bracket"),
        ("{n:int}th", 7, "a bracket is glued to a word", "put a space between them; endings need no bracket"),
        ("go {N:int}", 3, '"N" is not a slot name', "use small letters, digits and _"),
        ("go {:int}", 3, '"" is not a slot name', "use small letters, digits and _"),
        ("({n:int}|{n:word})", 9, 'slot "n" has two types, int and word', ""),
        ("go {c:@cities}", 3, 'unknown list "@cities"', "@cities"),
        ("{a:rest} or {b:rest}", 12, "a template has at most one slot of type rest", ""),
        ("go {n}", 3, 'slot "n" has no type', "the types are int, number, word, path, date, rest and @list"),
        (
            "go {n:float}",
            3,
            'unknown slot type "float"',
            "the types are int, number, word, path, date, rest and @list",
        ),
        (
            "a " + "(b|c) " * 10,
            56,
            f"the template stands for more than {MOST_BRANCHES} sentences",
            "split it, or use a list slot such as {x:@list}",
        ),
        ("(" * 21 + "a" + ")" * 21, 20, "brackets are nested more than 20 deep", ""),
    ],
)
def test_a_template_that_cannot_be_read_says_why_and_where(
    template: str, offset: int, message: str, hint: str
) -> None:
    with pytest.raises(TemplateError) as refused:
        parse(template, READER.stems, LISTS.get)
    assert (str(refused.value), refused.value.hint) == (message, hint)
    assert refused.value.offset == offset


def test_a_slot_named_as_its_type_needs_no_type() -> None:
    assert matches("show {int}", "show 3")
    assert matches("say { rest }", "say what you like")


def test_a_slot_may_stand_in_several_alternatives() -> None:
    assert matches("(a {r:rest}|b {r:rest})", "b what you like")


def test_five_hundred_and_twelve_sentences_are_not_too_many() -> None:
    assert len(parse("a " + "(b|c) " * 9, READER.stems, LISTS.get).branches) == MOST_BRANCHES


def test_a_sentence_of_thousands_of_words_needs_no_deep_stack() -> None:
    text = " ".join(f"w{number}" for number in range(3000))
    assert matches(text + " [now]", text)
    assert not matches("{r:rest} " + text, text)


@pytest.mark.parametrize(
    ("text", "almost"),
    [("what is the order status", True), ("order", False), ("status of my order", True), ("status", False)],
)
def test_a_text_with_all_words_of_a_sentence_is_almost_the_sentence(text: str, almost: bool) -> None:
    template = parse("(show|order) status [please]", READER.stems, LISTS.get)
    assert template.almost(READER.read(text)) is almost


@pytest.mark.parametrize(
    ("narrow", "wide", "inside"),
    [
        ("a b", "a b", True),
        ("a b", "a c", False),
        ("a b", "a", False),
        ("a", "a b", False),
        ("a b", "a {w:word}", True),
        ("a {w:word}", "a b", False),
        ("a {n:int}", "a {w:word}", True),
        ("a {n:int}", "a {v:number}", True),
        ("a {v:number}", "a {n:int}", False),
        ("a {w:word}", "a {p:path}", True),
        ("a {p:path}", "a {w:word}", False),
        ("a {d:date}", "a {w:word}", True),
        ("a {d:date}", "a {d:date}", True),
        ("a today", "a {d:date}", False),
        ("a 5", "a {n:int}", True),
        ("a 5", "a {v:number}", True),
        ("a b", "a {n:int}", False),
        ("a 1234567890123456789", "a {n:int}", False),
        ("a oslo", "a {c:@city}", True),
        ("a bergen", "a {c:@city}", False),
        ("a {t:@town}", "a {c:@city}", True),
        ("a {c:@city}", "a {t:@town}", False),
        ("a {w:word}", "a {c:@city}", False),
        ("a {t:@town}", "a {w:word}", True),
        ("a {c:@city}", "a {w:word}", False),
        ("a {c:@city}", "a {r:rest}", True),
        ("a {t:@town}", "a {n:int}", False),
        ("a {n:int}", "a {d:date}", False),
        ("a b c d", "a {r:rest}", True),
        ("a b c d", "{r:rest} d", True),
        ("a b c d", "a {r:rest} d", True),
        ("a d", "a {r:rest} d", False),
        ("a b c", "a {r:rest} d", False),
        ("x b d", "a {r:rest} d", False),
        ("a {r:rest}", "{r:rest}", True),
        ("{r:rest}", "a {r:rest}", False),
        ("a {r:rest}", "a {w:word}", False),
        ("a {r:rest}", "a {r:rest}", True),
        ("a b {r:rest}", "a {r:rest}", True),
        ("{r:rest} c", "{r:rest} b c", False),
    ],
)
def test_a_sentence_is_within_another_that_takes_whatever_it_takes(
    narrow: str, wide: str, inside: bool
) -> None:
    one, other = (parse(each, READER.stems, LISTS.get).branches[0] for each in (narrow, wide))
    assert within(one, other) is inside
