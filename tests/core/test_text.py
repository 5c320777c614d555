"""Texts as words: what a token is, what compares equal, and what a phrase is, over many scripts."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from router.core.spans import spans
from router.core.text import Normaliser, contains

ENGLISH = Normaliser("english")
PLAIN = Normaliser("none")


@pytest.mark.parametrize(
    ("text", "stems"),
    [
        ("Where is my REFUND?", "where is my refund"),
        ("refund", "refund"),
        ("", ""),
        ("?! … ---", ""),
        ("c++ and C# and f#", "c++ and c# and f#"),
        ("c++.", "c++"),
        ("c+++", "c++"),
        ("issue#12 a+b", "issue 12 a b"),
        ("5+ 5# x", "5 5 x"),
        ("straße STRASSE straSSe", "strasse strasse strasse"),
        ("ﬁle ﬀ", "file ff"),
        ("re\N{SOFT HYPHEN}fund", "refund"),
        ("re\N{ZERO WIDTH JOINER}fund", "refund"),
        ("don't don\N{RIGHT SINGLE QUOTATION MARK}t don\N{MODIFIER LETTER APOSTROPHE}t", "don't don't don't"),
        ("'quoted' rock'n'roll dogs'", "quoted rock'n'roll dogs"),
        ("I ❤️ refunds 👩‍👩‍👧 👍🏽", "i refunds"),
        ("1️⃣ refund", "1\N{COMBINING ENCLOSING KEYCAP} refund"),
        ("①②", "12"),
        ("\N{FULLWIDTH LATIN CAPITAL LETTER O}k\N{IDEOGRAPHIC SPACE}go", "ok go"),
        ("cafe\N{COMBINING ACUTE ACCENT} café CAFÉ", "café café café"),
        ("\N{COMBINING ACUTE ACCENT}", ""),
        ("हिन्दी में खोज", "हिन्दी में खोज"),
        ("שלום עולם", "שלום עולם"),
        ("\N{RIGHT-TO-LEFT MARK}مرحبا\N{RIGHT-TO-LEFT MARK} hi", "مرحبا hi"),
        ("한국어 검색", "한국어 검색"),
        ("snake_case kebab-case a.b", "snake case kebab case a b"),
        ("İstanbul", "i̇stanbul"),
        ("Σίσυφος ΣΊΣΥΦΟΣ", "σίσυφοσ σίσυφοσ"),
    ],
)
def test_a_text_is_read_as_its_words(text: str, stems: str) -> None:
    assert PLAIN.stems(text) == tuple(stems.split())


@pytest.mark.parametrize(
    ("text", "stems"),
    [
        ("退款状态", "退 款 状 态"),
        ("打开git日志", "打 开 git 日 志"),
        ("葛\N{VARIATION SELECTOR-17}城 葛城", "葛 城 葛 城"),
        ("ﾃｽﾄ テスト", "テ ス ト テ ス ト"),
        ("ก็ดี", "ก็ ดี"),
        ("最近3次", "最 近 3 次"),
        ("日々", "日 々"),
    ],
)
def test_scripts_without_spaces_are_read_by_characters(text: str, stems: str) -> None:
    assert PLAIN.stems(text) == tuple(stems.split())


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("list files in .", "list files in ."),
        ("in ./ or ~/ or .. or /", "in ./ or ~/ or .. or /"),
        ("end . of it.", "end . of it"),
        ("a ... b - c", "a b c"),
    ],
)
def test_a_lone_path_mark_is_a_token_but_no_word(text: str, tokens: str) -> None:
    reading = PLAIN.read(text)
    assert [token.stem for token in reading.tokens] == tokens.split()
    assert list(reading.stems) == [each for each in tokens.split() if each.isalpha()]
    assert reading.marks == len(reading.tokens) - len(reading.stems)


def test_places_are_those_of_the_nfkc_text() -> None:
    reading = PLAIN.read("ﬁle  x")
    assert [(reading.text[token.start : token.end]) for token in reading.tokens] == ["file", "x"]


@pytest.mark.parametrize(
    ("text", "phrase", "found"),
    [
        ("show the order status now", "order status", True),
        ("show the status order now", "order status", False),
        ("order the status", "order status", False),
        ("order . status", "order status", True),
        ("order, status", "order status", True),
        ("status", "order status", False),
        ("orders statuses", "order status", True),
        ("我的退款状态", "退款", True),
        ("我的款退状态", "退款", False),
        ("order status", "order", True),
        ("reorder", "order", False),
    ],
)
def test_a_phrase_stands_word_behind_word(text: str, phrase: str, found: bool) -> None:
    assert ENGLISH.read(text).has(ENGLISH.stems(phrase)) is found
    assert contains(ENGLISH.stems(text), ENGLISH.stems(phrase)) is found


def test_one_reading_is_asked_for_many_phrases() -> None:
    reading = ENGLISH.read("show the order status now")
    assert [reading.has(ENGLISH.stems(each)) for each in ("the order", "order now", "status now")] == [
        True,
        False,
        True,
    ]


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("a b", ["a", "b"]),
        ('in "my file" now', ["in", '"my file"', "now"]),
        ("in “my file”, now", ["in", "“my file”,", "now"]),
        ("in 'it's a file' now", ["in", "'it's a file'", "now"]),
        ("show 'em what's here", ["show", "'em", "what's", "here"]),
        ('an "open end', ["an", '"open', "end"]),
        ('5" pipe', ['5"', "pipe"]),
        ("「my file」 x", ["「my file」", "x"]),
    ],
)
def test_a_quotation_is_one_piece(text: str, pieces: list[str]) -> None:
    reading = PLAIN.read(text)
    found = [piece for at in range(len(reading.tokens)) if (piece := reading.piece_at(at))]
    assert [reading.text[start:end] for start, end in found] == pieces


def test_the_version_names_normaliser_and_stemmer() -> None:
    assert ENGLISH.version != PLAIN.version
    assert PLAIN.version == "1/none"


@settings(max_examples=500)
@given(st.text(st.characters(max_codepoint=127), max_size=40) | st.text("ab1'+# .", max_size=12))
def test_words_of_ascii_are_found_as_those_of_any_text(text: str) -> None:
    plain = PLAIN.read(text)

    places = list(spans(text))
    assert plain.stems == tuple(text[start:end].lower() for start, end in places)
    assert [(each.start, each.end) for each in plain.tokens if not each.mark] == places
