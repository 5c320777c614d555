"""Stemmers of the Snowball project for the languages other than English; forty modules, wanted by few."""

from __future__ import annotations

import importlib.metadata
import threading
from collections.abc import Callable

import snowballstemmer


def snowball(language: str) -> tuple[Callable[[str], str], str]:
    """Return the stemmer of a language and its version."""
    version = importlib.metadata.version("snowballstemmer")
    return _guarded(snowballstemmer.stemmer(language).stemWord), f"snowball-{language}-{version}"


def _guarded(stem: Callable[[str], str]) -> Callable[[str], str]:
    """Let one thread at a time in: a stemmer of that project keeps its word in itself."""
    lock = threading.Lock()

    def stem_alone(word: str) -> str:
        with lock:
            return stem(word)

    return stem_alone
