"""Finds what could be deleted: rules that can never win or change nothing, idle `beats`, what nobody uses.

It compares conditions and asks no query, so it says only what holds for every query; `-w`, which can leave
out any rule, is left aside.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection, Iterable, Iterator
from typing import Final

from router.core.book import Rulebook
from router.core.canonical import canonical
from router.core.conditions import Clause, Condition, Says, Word
from router.core.containment import covers
from router.core.rule import Rule
from router.core.sentence import Literal
from router.core.source import Sources
from router.core.template import strings
from router.core.text import contains
from router.rulebook.check.finding import Finding, of_rule, place_of
from router.rulebook.check.rivals import Rivals

_LIST: Final = re.compile(r"\{[^{}]*:\s*@([^\s{}]+)\s*\}")


def idle_rules(book: Rulebook, told: Collection[frozenset[str]]) -> dict[str, Finding]:
    """Return the live rules that can never win, or without which every query would go the same way, by id.

    `told` has the sets of rules of which is said already that they tie.
    """
    rivals = Rivals(book)
    routing = (rule for rule in book.rules.values() if rule.stage != "shadow")
    return {rule.id: found for rule in routing if (found := _idle(rivals, rule, told)) is not None}


def _idle(rivals: Rivals, rule: Rule, told: Collection[frozenset[str]]) -> Finding | None:
    if word := _contradiction(rule.condition):
        message = f'{rule.id} can never match: whatever it asks for has "{word}", which `none` forbids'
        return of_rule("never-wins", rule, message, "take the word out of one of them")
    return None if rule.adds else _against_others(rivals, rule, told)


def _against_others(rivals: Rivals, rule: Rule, told: Collection[frozenset[str]]) -> Finding | None:
    for other in sorted(_always_there(rivals.book, rule), key=lambda each: each.id):
        if any({rule.id, other.id} <= each for each in told):
            continue
        if reason := _beaten_by(rivals, rule, other):
            hint = "narrow the other rule, widen this one, or delete it"
            message = f"{rule.id} can never win: whatever it matches {other.id} matches too, and {reason}"
            return of_rule("never-wins", rule, message, hint, (place_of(other, f"{other.id} is here"),))
        if _replaces(rivals, rule, other):
            message = (
                f"{rule.id} changes nothing: whatever it matches {other.id} matches too and does the same"
            )
            hint = "move its examples there and delete it"
            return of_rule("changes-nothing", rule, message, hint, (place_of(other, f"{other.id} is here"),))
    return None


def _always_there(book: Rulebook, rule: Rule) -> Iterator[Rule]:
    """Yield the live rules that match, and have a target left, wherever the rule does."""
    for other in book.implied(rule.condition):
        competes = other is not rule and other.stage == "live" and not other.adds
        if competes and _admitted_with(book, other, rule) and covers(other.condition, rule.condition):
            yield other


def _admitted_with(book: Rulebook, other: Rule, rule: Rule) -> bool:
    """Whether the modes that leave the rule a target leave the other one as well."""
    own = {(step.use.scheme, step.use.name) for step in rule.steps}
    for step in other.steps:
        peer = book.settings.peer(step.use.scheme, step.use.name)
        if not step.needs and (peer is None or not peer.modes or own == {(step.use.scheme, step.use.name)}):
            return True
    return False


def _beaten_by(rivals: Rivals, rule: Rule, other: Rule) -> str:
    """Return why the other rule always wins, or always ties; empty where it does not."""
    layers = rivals.book.settings.layers
    if layers.index(other.layer) < layers.index(rule.layer):
        return f"layer {other.layer} decides first"
    if other.layer != rule.layer:
        return ""
    if rule.id in other.beats:
        return "beats it"
    mutual = covers(rule.condition, other.condition) and rule.stage == "live"
    if mutual and other.id not in rule.beats and _never_does_the_same(rivals.book, rule, other):
        # A third rule might beat the other one alone, and then this one would win.
        return "they tie" if rivals.over[other.id] <= rivals.over[rule.id] else ""
    return ""


def _never_does_the_same(book: Rulebook, rule: Rule, other: Rule) -> bool:
    """Whether two rules differ in what they do, also where modes leave out some of their steps."""
    names = {(step.use.scheme, step.use.name) for step in (*rule.steps, *other.steps)}
    peers = [book.settings.peer(*each) for each in names]
    whole = len(peers) == 1 or not any(peer and peer.modes for peer in peers)
    return whole and _deeds(rule) != _deeds(other)


def _does_the_same(rule: Rule, other: Rule) -> bool:
    """Whether two rules do the same wherever both match."""
    if rule.answer != other.answer or rule.steps != other.steps:  # which is quick, and takes 1 for true
        return False
    same_slots = not (rule.reads or other.reads) or rule.condition == other.condition
    return same_slots and _deeds(rule) == _deeds(other)


def _deeds(rule: Rule) -> str:
    return canonical([[step.to_dict() for step in rule.steps], rule.answer])


def _replaces(rivals: Rivals, rule: Rule, other: Rule) -> bool:
    """Whether the other rule would win and lose just as this one does, and do the same."""
    if rule.layer != other.layer or rule.stage != "live" or not _does_the_same(rule, other):
        return False
    if covers(rule.condition, other.condition) and rule.id < other.id:
        return False  # of two that are alike one is told
    differs = rivals.over[rule.id] ^ rivals.over[other.id] | rivals.below[rule.id] - rivals.below[other.id]
    thirds = [rivals.book.rules[id_] for id_ in differs - {rule.id, other.id}]
    # Where thirds do the same, and only containment is between them, it matters not which of them is left.
    contained = not rivals.named & {rule.id, other.id, *differs}
    return not thirds or (contained and all(_does_the_same(rule, each) for each in thirds))


def _contradiction(condition: Condition) -> str:
    """Return a word of `none` that stands in whatever a clause asks for, or the empty string."""
    for word in condition.none:
        if any(_always_has(clause, word.stems) for clause in condition.clauses):
            return word.shown
    return ""


def _always_has(clause: Clause, stems: tuple[str, ...]) -> bool:
    for atom in clause.atoms:
        if isinstance(atom, Word):
            if not contains(atom.stems, stems):
                return False
        elif isinstance(atom, Says):
            branches = atom.template.branches
            if not all(_says_in_a_row(branch, stems) for branch in branches):
                return False
        else:
            return False
    return True


def _says_in_a_row(branch: tuple[object, ...], stems: tuple[str, ...]) -> bool:
    said = tuple(each.stem if isinstance(each, Literal) else "" for each in branch)
    return contains(said, stems)


def idle_beats(book: Rulebook) -> Iterator[Finding]:
    """Yield entries of `beats` that name a rule which loses anyway."""
    for rule in book.rules.values():
        for id_ in sorted(rule.beats):
            if book.narrower(rule, book.rules[id_]):
                message = (
                    f"{rule.id} need not beat {id_}: it asks for everything that {id_} asks for, and more"
                )
                yield of_rule("idle-beats", rule, message, "take it out of `beats`")


def unkept(book: Rulebook, today: dt.date, hopeless: Collection[str]) -> Iterator[Finding]:
    """Yield the rules whose review is due, that nobody answers for, or that have no example.

    Rules by whose ids it is said already that they can never win need no example, and where no rule has one
    that is said once.
    """
    some = any(rule.yes or rule.no for rule in book.rules.values())
    for rule in book.rules.values():
        if rule.until and dt.date.fromisoformat(rule.until) < today:
            hint = "review it, then move the date or delete the rule"
            yield of_rule("review-due", rule, f"{rule.id} was to be reviewed by {rule.until}", hint)
        if not rule.owner:
            yield of_rule("no-owner", rule, f"{rule.id} has no owner", 'add `owner = "@team"`')
        if some and not rule.yes and rule.id not in hopeless:
            yield of_rule("no-example", rule, f"{rule.id} has no `yes`", "add a query that it takes")


def unused(book: Rulebook, sources: Sources) -> Iterator[Finding]:
    """Yield the lists, shapes and prompts that no rule uses, not even through another one."""
    says = [each for rule in sources.rules for each in rule.say]
    words = [each for rule in sources.rules for entry in (*rule.all, *rule.any, *rule.none) for each in entry]
    named = {each[1:] for each in words if each.startswith("@")} | {
        name for each in says for name in _LIST.findall(each)
    }
    lists = _reached(named, {name: _lists_in(entries) for name, entries in sources.words.items()})
    looks = {name for rule in sources.rules for name in rule.looks}
    for kind, names, used in (("list", sources.words, lists), ("shape", sources.shapes, looks)):
        for name in sorted(set(names) - used):
            yield Finding("unused", sources.vocabulary, 0, f'no rule uses the {kind} "{name}"', "delete it")
    for name in sorted(set(sources.prompts) - _prompts_used(book)):
        yield Finding("unused", f"prompts/{name}", 0, "no rule uses this prompt", "delete it")


def _lists_in(entries: Iterable[str]) -> set[str]:
    return {each[1:] for each in entries if each.startswith("@")}


def _prompts_used(book: Rulebook) -> set[str]:
    steps = [step for rule in book.rules.values() for step in rule.steps]
    named = {*(rule.answer for rule in book.rules.values()), *(step.ask for step in steps)}
    named |= {each for step in steps for each in strings(step.args)}
    return {PLANNER_PROMPT, *(prompt for each in named if each for prompt in book.templates.included(each))}


def _reached(first: set[str], leads: dict[str, set[str]]) -> set[str]:
    reached: set[str] = set()
    waiting = list(first)
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting += leads.get(name, ())
    return reached


PLANNER_PROMPT: Final = "planner.md.j2"
"""What the planner is asked; no rule names it."""
