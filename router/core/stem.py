"""Takes words to the form in which they compare; it leaves derivations alone: `important` is not `import`.

English takes off inflections only: the steps 0, 1a, 1b, 1c and 5 of the Snowball project's English stemmer
(https://snowballstem.org/algorithms/english/stemmer.html, version 3.1.1), without its steps 2 to 4, which
join words of different meaning. Other languages use that project's stemmers whole.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Final, TypeAlias

    Stemmer: TypeAlias = Callable[[str], str]

ENGLISH_VERSION: Final = "english-light-1"
VOWELS: Final = frozenset("aeiouy")
DOUBLES: Final = frozenset(("bb", "dd", "ff", "gg", "mm", "nn", "pp", "rr", "tt"))
SPECIAL_REGIONS: Final = (
    "arsen", "commun", "emerg", "gener", "inter", "later", "organ", "past", "univers"
)  # fmt: skip
"""Beginnings after which the first region begins, whatever the letters."""
IRREGULAR: Final = {"skis": "ski", "skies": "sky"}
INVARIANT: Final = frozenset(("andes", "atlas", "bias", "cosmos", "howe", "news", "sky"))
EED: Final = frozenset(("exc", "proc", "succ"))
"""Before `eed`, which then belongs to the word."""
ING: Final = frozenset(("canning", "earring", "evening", "herring", "inning", "outing"))

LANGUAGES: Final = (
    "arabic", "armenian", "basque", "catalan", "danish", "dutch", "english", "esperanto", "estonian",
    "finnish", "french", "german", "greek", "hindi", "hungarian", "indonesian", "irish", "italian",
    "lithuanian", "nepali", "none", "norwegian", "portuguese", "romanian", "russian", "serbian",
    "spanish", "swedish", "tamil", "turkish", "yiddish",
)  # fmt: skip
"""What the setting `language` may say."""


def stemmer(language: str) -> tuple[Stemmer, str]:
    """Return the stemmer of a language and the version that belongs into a revision.

    Raises KeyError for a language that is not in `LANGUAGES`.
    """
    if language not in LANGUAGES:
        raise KeyError(language)
    if language == "none":
        return str, "none"
    if language == "english":
        return english, ENGLISH_VERSION
    from router.core.snowball import snowball

    return snowball(language)


def english(word: str) -> str:
    """Return an English word without its inflection; takes folded text, keeps what is not ASCII letters."""
    word = _without_possessive(word)
    if len(word) < 3 or not (word.isascii() and word.isalpha()):
        return word
    if word in IRREGULAR:
        return IRREGULAR[word]
    if word in INVARIANT:
        return word
    word = _without_plural(_mark_consonant_y(word))
    return _without_final_e_or_l(_with_final_i(_without_past(word))).lower()


def _without_possessive(word: str) -> str:
    for suffix in ("'s'", "'s", "'"):
        if word.endswith(suffix):
            return word[: -len(suffix)]
    return word


def _mark_consonant_y(word: str) -> str:
    """Write `y` as `Y` where it is a consonant: at the start or after a vowel."""
    if "y" not in word:
        return word
    letters = list(word)
    for place, letter in enumerate(letters):
        if letter == "y" and (place == 0 or letters[place - 1] in VOWELS):
            letters[place] = "Y"
    return "".join(letters)


def _region(word: str, start: int = 0) -> int:
    """Return where the region after the first consonant that follows a vowel begins."""
    for place in range(start + 1, len(word)):
        if word[place] not in VOWELS and word[place - 1] in VOWELS:
            return place + 1
    return len(word)


def _region_one(word: str) -> int:
    if word.startswith(SPECIAL_REGIONS):
        return next(len(each) for each in SPECIAL_REGIONS if word.startswith(each))
    return _region(word)


def _has_vowel(part: str) -> bool:
    return any(letter in VOWELS for letter in part)


def _ends_in_short_syllable(word: str) -> bool:
    if len(word) == 2:
        return word[0] in VOWELS and word[1] not in VOWELS
    return word.endswith("past") or (
        len(word) > 2
        and word[-3] not in VOWELS
        and word[-2] in VOWELS
        and word[-1] not in VOWELS
        and word[-1] not in "wxY"
    )


def _without_plural(word: str) -> str:
    """Step 1a."""
    if word.endswith("sses"):
        return word[:-2]
    if word.endswith(("ied", "ies")):
        return word[:-2] if len(word) > 4 else word[:-1]
    if word.endswith(("us", "ss")):
        return word
    if word.endswith("s") and _has_vowel(word[:-2]):
        return word[:-1]
    return word


def _without_past(word: str) -> str:
    """Step 1b."""
    for suffix in ("eedly", "eed"):
        if word.endswith(suffix):
            rest = word[: -len(suffix)]
            return rest + "ee" if len(rest) >= _region_one(word) and rest not in EED else word
    if len(word) == 5 and word.endswith("ying") and word[0] not in VOWELS:
        return word[0] + "ie"  # dying, lying, tying
    for suffix in ("ingly", "edly", "ing", "ed"):
        if word.endswith(suffix):
            rest = word[: -len(suffix)]
            return _repaired(rest) if _has_vowel(rest) and word not in ING else word
    return word


def _repaired(rest: str) -> str:
    """Give a stem back the letter that the past tense or the participle took or doubled."""
    if rest.endswith(("at", "bl", "iz")):
        return rest + "e"
    if rest[-2:] in DOUBLES:
        return rest if len(rest) == 3 and rest[0] in "aeo" else rest[:-1]  # added, egged, offed
    if _region_one(rest) >= len(rest) and _ends_in_short_syllable(rest):
        return rest + "e"
    return rest


def _with_final_i(word: str) -> str:
    """Step 1c, so that `policy` and `policies` agree."""
    if len(word) > 2 and word[-1] in "yY" and word[-2] not in VOWELS:
        return word[:-1] + "i"
    return word


def _without_final_e_or_l(word: str) -> str:
    """Step 5, so that `change` and `changed`, `control` and `controlling` agree."""
    if not word.endswith(("e", "ll")):
        return word
    one = _region_one(word)
    last = len(word) - 1
    if word.endswith("ll"):
        return word[:-1] if last >= _region(word, one) else word
    if last >= _region(word, one) or (last >= one and not _ends_in_short_syllable(word[:-1])):
        return word[:-1]
    return word
