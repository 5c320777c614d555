"""Cuts texts and identifiers into words for search; rules read text with `router.core.text`, not with this.

It is a coarser reading than that of rules: `getCanvasPng` and `list_files` fall apart, signs are dropped. In
return it is several times as fast, which counts where every description of every tool is read.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from router.core.spans import unspaced

FUNCTION_WORDS: Final = frozenset((
    "a", "about", "all", "an", "and", "any", "are", "as", "at", "be", "been", "but", "by", "can", "could",
    "did", "do", "does", "each", "for", "from", "had", "has", "have", "he", "her", "here", "his", "how", "i",
    "if", "in", "into", "is", "it", "its", "let", "may", "me", "might", "must", "my", "no", "not", "of", "on",
    "or", "our", "out", "over", "please", "shall", "she", "should", "so", "some", "than", "that", "the",
    "their", "them", "then", "there", "these", "they", "this", "those", "to", "up", "was", "we", "were",
    "what", "when", "where", "which", "who", "whom", "whose", "why", "will", "with", "would", "you", "your",
))  # fmt: skip
"""English words that say how a question is put and not what it is about; no search goes by them.

Where few tools are known, these words are as rare as those that matter, and would weigh as much.
"""

_JOINTS: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|_")
_WORD: Final = re.compile(r"\w+")
_PARAGRAPH_END: Final = re.compile(r"\n\s*\n")
_SENTENCE_END: Final = re.compile("(?<![eE]\\.g\\.)(?<!i\\.e\\.)(?<=[.!?])\\s|(?<=\N{IDEOGRAPHIC FULL STOP})")


def words(text: str) -> list[str]:
    """Return the words in order, folded; identifiers come in parts, scripts without spaces by characters."""
    parted = _JOINTS.sub(" ", unicodedata.normalize("NFKC", text)).casefold()
    found: list[str] = []
    for word in _WORD.findall(parted):
        if word.isascii() or not any(map(unspaced, word)):
            found.append(word)
        else:
            found += "".join(f" {each} " if unspaced(each) else each for each in word).split()
    return found


def first_sentence(text: str) -> str:
    """Return the first sentence as one line, without control characters; empty for a text without any."""
    opening = _PARAGRAPH_END.split(text.strip(), maxsplit=1)[0]
    line = " ".join("".join(each if each.isprintable() else " " for each in opening).split())
    return _SENTENCE_END.split(line, maxsplit=1)[0]
