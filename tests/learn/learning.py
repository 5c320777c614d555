"""Learns in a small project of the test, as `ts learn` does."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from router.config import Project
from router.core.bind import bind
from router.core.book import Rulebook
from router.core.query import Query
from router.learn.landing import land
from router.learn.proposing import Proposed, propose
from router.learn.proving import witnesses
from router.learn.taught import Answered, Taught, call_of, folded
from router.rulebook.corpus import read_corpus
from router.rulebook.read import Reading
from router.rulebook.tree import Directory

LOG = "mcp:git/git_log"
DAY = "2026-11-20"


def reading(project: Project) -> Reading:
    return Reading(Directory(project.directory), project.settings)


def learned(project: Project, taught: Iterable[Taught], answers: Iterable[Answered] = ()) -> Proposed:
    """Propose rules of what is taught, in memory."""
    found = folded(taught)
    corpus = read_corpus(Directory(project.directory))
    return propose(reading(project), found, witnesses(found, corpus, answers))


def landed(project: Project, taught: Iterable[Taught]) -> Proposed:
    """Propose rules and write those that hold."""
    made = learned(project, taught)
    land(project.directory, made.proposals)
    return made


def live(project: Project) -> Rulebook:
    """Return the rulebook with every rule live, as all of it would be promoted."""
    read = reading(project)
    rules = tuple(replace(each, stage="live", share=None) for each in read.sources.rules)
    return read.book(replace(read.sources, rules=rules))


def call(book: Rulebook, query: Query) -> str:
    """Return the one call that the rulebook makes of a question."""
    plan = bind(book, book.decide(query), query)
    assert plan is not None, book.decide(query)
    (step,) = plan.steps
    return call_of(step)


def git(text: str, /, **args: object) -> Taught:
    """Return what was taught of a call of git."""
    return Taught(text, LOG, args, model="hf:openai/gpt-oss-20b", seen=DAY)
