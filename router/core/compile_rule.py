"""Makes one rule of one table; what is wrong in it goes to the findings."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Final, TypeAlias, TypeVar

from jinja2.exceptions import TemplateNotFound, TemplateSyntaxError

from router.core.conditions import Atom, Attached, Clause, Condition, Fact, Looks, Mode, Says, Word
from router.core.findings import Findings, Path, nearest, nearest_or_all
from router.core.plan import SCHEMES, StepSource, Target, in_order
from router.core.query import MODES
from router.core.rule import STAGES, Rule, Stage
from router.core.say import TemplateError, parse
from router.core.settings import Settings
from router.core.slots import Slot
from router.core.source import Alternatives, RuleText, StepText
from router.core.template import METHODS, Templates, strings
from router.core.text import Normaliser
from router.core.values import ANSWER_VALUES, VALUES
from router.core.vocabulary import Vocabulary
from router.errors import PlanRefused

MEDIA_TYPE: Final = re.compile(r"[\w!#$&^.+*-]+/[\w!#$&^.+*-]+", re.ASCII)
"""RFC 6838, section 4.2, and `*` for anything."""
STEP_VALUES: Final = VALUES | {"steps"}
"""What templates of steps may name beside slots."""
TEMPLATE_WORDS: Final = frozenset(
    ("and", "else", "false", "if", "in", "is", "loop", "none", "not", "or", "self", "super", "true")
)
"""Names that mean something else to a template."""

Kind = TypeVar("Kind")
Known: TypeAlias = frozenset[str] | None
"""Slots that templates may name; None where the condition is at fault, and so they are not known."""


@dataclass(frozen=True, slots=True)
class RuleCompiler:
    """Compiles tables against one vocabulary and one set of settings."""

    settings: Settings
    vocabulary: Vocabulary
    normaliser: Normaliser
    templates: Templates
    findings: Findings
    _words: dict[Alternatives, tuple[Word, ...]] = field(default_factory=dict)
    """Of entries that were read already and have nothing wrong; rules share them."""

    def rule(self, text: RuleText, beats: frozenset[str] = frozenset()) -> Rule:
        """Return the rule; where something is wrong, what could be made of it.

        `beats` has the present ids of rules of the same layer that lose to this one.
        """
        before = len(self.findings.problems)
        condition = self._condition(text)
        slots = self._slots(text, condition)
        known = None if len(self.findings.problems) > before else frozenset(slots)
        if not any((text.say, text.all, text.any, text.looks, text.modes, text.facts, text.attached)):
            message = "the rule asks for nothing, so it would match everything"
            hint = "give it `when` or `say`; a catch-all says {rest}"
            self._add(text, (), message, hint, code="no-condition", key=True)
        steps, answer = self._steps(text, known), self._answer(text, known)
        fine = len(self.findings.problems) == before
        return Rule(
            id=text.id,
            layer=text.layer,
            at=f"{text.file}:{text.line}",
            condition=condition,
            steps=steps,
            adds=text.adds,
            answer=answer,
            stage=self._stage(text),
            share=self._share(text),
            beats=beats,
            was=text.was,
            owner=text.owner,
            why=text.why,
            until=self._until(text),
            yes=text.yes,
            no=text.no,
            slots=slots,
            reads=self._reads(steps, answer).intersection(slots) if slots and fine else frozenset(),
        )

    def _add(
        self,
        text: RuleText,
        path: Path,
        message: str,
        hint: str = "",
        *,
        code: str = "bad-value",
        key: bool = False,
        offset: int = 0,
    ) -> None:
        self.findings.add(text.file, (text.name, *path), message, hint, code=code, key=key, offset=offset)

    # conditions

    def _condition(self, text: RuleText) -> Condition:
        clauses: list[tuple[Atom, ...]] = [
            *self._entries(text, "all", text.all),
            tuple(chain.from_iterable(self._entries(text, "any", text.any))),
            *((atom,) for atom in self._looks(text)),
            tuple(self._says(text)),
            tuple(self._modes(text)),
            *((fact,) for fact in self._facts(text)),
            tuple(self._attached(text)),
        ]
        none = _distinct(tuple(chain.from_iterable(self._entries(text, "none", text.none))))
        return Condition(_distinct(tuple([Clause(_distinct(atoms)) for atoms in clauses if atoms])), none)

    def _entries(self, text: RuleText, key: str, entries: tuple[Alternatives, ...]) -> list[tuple[Word, ...]]:
        found: list[tuple[Word, ...]] = []
        for number, each in enumerate(entries):
            words = self._words.get(each)
            if words is None:
                before = len(self.findings.problems)
                words = self._read(text, ("when", key, number), each)
                if len(self.findings.problems) == before:
                    self._words[each] = words
            found.append(words)
        return found

    def _read(self, text: RuleText, path: Path, alternatives: Alternatives) -> tuple[Word, ...]:
        found: list[Word] = []
        for number, written in enumerate(alternatives):
            place = (*path, number) if len(alternatives) > 1 else path
            if written.startswith("@"):
                entries = self.vocabulary.lists.get(written[1:])
                if entries is None:
                    hint = nearest_or_all(written, (f"@{each}" for each in self.vocabulary.lists))
                    self._add(text, place, f'unknown list "{written}"', hint, code="unknown-list")
                found += [Word(entry.stems, entry.shown, written) for entry in entries or ()]
            elif stems := self.normaliser.stems(written):
                found.append(Word(stems, written))
            else:
                self._add(text, place, f'"{written}" has no letter or digit')
        return tuple(found)

    def _looks(self, text: RuleText) -> Iterable[Looks]:
        for number, name in enumerate(text.looks):
            shape = self.vocabulary.shapes.get(name)
            if shape is None:
                hint = nearest_or_all(name, self.vocabulary.shapes)
                message = f'unknown shape "{name}"'
                self._add(text, ("when", "looks", number), message, hint, code="unknown-shape")
            else:
                yield Looks(shape)

    def _says(self, text: RuleText) -> Iterable[Says]:
        for number, template in enumerate(text.say):
            try:
                yield Says(parse(template, self.normaliser.stems, self.vocabulary.lists.get))
            except TemplateError as error:
                hint, code = error.hint, "bad-sentence"
                if hint.startswith("@"):
                    hint = nearest_or_all(hint, (f"@{each}" for each in self.vocabulary.lists))
                    code = "unknown-list"
                self._add(text, ("say", number), str(error), hint, code=code, offset=error.offset)

    def _modes(self, text: RuleText) -> Iterable[Mode]:
        for number, name in enumerate(text.modes):
            if name not in MODES:
                hint = nearest_or_all(name, MODES)
                self._add(text, ("when", "modes", number), f'unknown mode "{name}"', hint)
            yield Mode(name)

    def _facts(self, text: RuleText) -> Iterable[Fact]:
        for key, value in sorted(text.facts.items()):
            message, hint = self.settings.terms.unknown_fact(key, value)
            if message:
                self._add(text, ("when", "facts", key), message, hint, code="unknown-fact")
            yield Fact(key, value)

    def _attached(self, text: RuleText) -> Iterable[Attached]:
        for number, pattern in enumerate(text.attached):
            if not MEDIA_TYPE.fullmatch(pattern):
                message = f'"{pattern}" is not a media type'
                self._add(text, ("when", "attached", number), message, "such as image/png, image/* or */*")
            yield Attached(pattern.lower())

    def _slots(self, text: RuleText, condition: Condition) -> dict[str, Slot | None]:
        if not (text.say or text.looks):
            return {}
        found: dict[str, Slot | None] = {}
        for clause in condition.clauses:
            mine: dict[str, Slot | None] = {}
            for atom in clause.atoms:
                for name, slot in _slots_of(atom).items():
                    if (
                        slot
                        and (other := mine.get(name))
                        and (other.type, other.entries) != (slot.type, slot.entries)
                    ):
                        message = f'slot "{name}" has two types, {other} and {slot}'
                        self._add(text, ("say",), message, code="slot-clash")
                    mine[name] = slot
            for name in sorted(set(mine) & set(found)):
                message = f'slot "{name}" is filled twice, by two conditions'
                self._add(text, (), message, code="slot-clash", key=True)
            found |= mine
        for name in sorted(set(found) & ANSWER_VALUES):
            message = f'slot "{name}" hides the value of that name'
            self._add(text, (), message, "rename the slot", code="slot-clash", key=True)
        for name in sorted(set(found) & TEMPLATE_WORDS):
            message = f'slot "{name}" is a word of templates'
            self._add(text, (), message, "rename the slot", code="slot-clash", key=True)
        return dict(sorted(found.items()))

    # targets

    def _steps(self, text: RuleText, known: Known) -> tuple[StepSource, ...]:
        if not text.steps:
            hint = "give it `use`, `steps` or `add`"
            self._add(text, (), "the rule has no target", hint, code="no-target", key=True)
        made = tuple(step for each in text.steps if (step := self._step(text, each, known)) is not None)
        try:
            return tuple(in_order(made)) if len(made) == len(text.steps) else made
        except PlanRefused as error:
            self._add(text, ("steps",), error.reason, code="bad-steps")
            return made

    def _step(self, text: RuleText, step: StepText, known: Known) -> StepSource | None:
        target = self._target(text, step)
        if target is None:
            return None
        if step.ask and target.scheme != "a2a":
            message, hint = f"{target} takes args, not ask", "ask is for agents (a2a:…)"
            self._add(text, (*step.home, "ask"), message, hint, code="idle-key")
        read: set[str] = set()
        for place, template in self._templates(step):
            read |= self._check_template(text, (*step.home, *place), template, known, STEP_VALUES)
        needs = set(step.needs)
        if read:
            ids = {each.id for each in text.steps}
            for unknown in sorted(read - ids - METHODS):
                hint = nearest_or_all(unknown, ids)
                self._add(text, step.home, f'no step is called "{unknown}"', hint, code="unknown-step")
            needs |= read & ids
        return StepSource(step.id, target, step.args, step.ask, tuple(sorted(needs)))

    def _templates(self, step: StepText) -> Iterable[tuple[Path, str]]:
        for name, value in step.args.items():
            for template in strings(value):
                yield ("args", name), template
        if step.ask:
            yield ("ask",), step.ask

    def _target(self, text: RuleText, step: StepText) -> Target | None:
        try:
            target = Target.parse(step.use)
        except ValueError as error:
            self._add(text, step.path, str(error), nearest(step.use.partition(":")[0], SCHEMES))
            return None
        code, message, hint = self._unknown(target)
        if code:
            self._add(text, step.path, message, hint, code=code)
            return None
        return target

    def _unknown(self, target: Target) -> tuple[str, str, str]:
        """Return a problem's code, what is wrong with a target by the settings, and a hint, or nothing."""
        if target.scheme == "workflow":
            return "unknown-target", "workflows are not part of this version", "use an mcp: or a2a: target"
        known = self.settings.servers if target.scheme == "mcp" else self.settings.agents
        if target.name not in known:
            other = self.settings.agents if target.scheme == "mcp" else self.settings.servers
            kind, section = ("server", "mcp") if target.scheme == "mcp" else ("agent", "a2a")
            hint = nearest(target.name, known) or f"configure it as [{section}.{target.name}] in ts.toml"
            if target.name in other:
                hint = f"[{'a2a' if section == 'mcp' else 'mcp'}.{target.name}] exists: check the scheme"
            return "unknown-target", f'unknown {kind} "{target.name}"', hint
        if target.scheme == "mcp" and target.member:
            tools = self.settings.servers[target.name].tools
            if target.member in tools.rename:
                shown = tools.rename[target.member]
                message = f'tool "{target.member}" of {target.name} is renamed'
                return "unknown-tool", message, f'did you mean "{shown}"?'
            if not tools.admits(tools.own(target.member)):
                message = f'tool "{target.member}" of {target.name} is not allowed by ts.toml'
                return "unknown-tool", message, "see tools.allow and deny"
        return "", "", ""

    def _answer(self, text: RuleText, known: Known) -> str:
        if text.answer:
            read = self._check_template(text, ("answer",), text.answer, known, ANSWER_VALUES)
            for unknown in sorted(read - {step.id for step in text.steps} - METHODS):
                self._add(text, ("answer",), f'no step is called "{unknown}"', code="unknown-step")
        return text.answer

    def _check_template(
        self, text: RuleText, path: Path, template: str, slots: Known, always: frozenset[str]
    ) -> frozenset[str]:
        """Check syntax, prompts and variables; return the ids of steps that it reads."""
        try:
            names = self.templates.names(template)
        except TemplateNotFound as error:
            hint = nearest(str(error.message), self.templates.prompts) or "prompts live under prompts/"
            self._add(text, path, f'no prompt is called "{error.message}"', hint, code="unknown-prompt")
            return frozenset()
        except TemplateSyntaxError as error:
            if error.name is None:  # what is wrong in a prompt is said of the prompt
                message = f"the template does not parse: {error.message}"
                self._add(text, path, message, code="bad-template")
            return frozenset()
        if slots is not None:
            for name in sorted(names - always - slots):
                hint = nearest_or_all(name, slots | always)
                self._add(text, path, f'unknown variable "{name}"', hint, code="unknown-slot")
        return self.templates.steps_named(template)

    def _reads(self, steps: Iterable[StepSource], answer: str) -> frozenset[str]:
        """Return what the templates of a rule name."""
        written = [template for step in steps for template in (*strings(step.args), step.ask)]
        return frozenset().union(*(self.templates.names(each) for each in (*written, answer) if each))

    # stages

    def _stage(self, text: RuleText) -> Stage:
        for stage in STAGES:
            if text.stage == stage:
                return stage
        self._add(text, ("stage",), f'unknown stage "{text.stage}"', nearest_or_all(text.stage, STAGES))
        return "live"

    def _share(self, text: RuleText) -> int:
        if text.share is None:
            if text.stage == "canary":
                self._add(text, ("stage",), "a canary needs a share", "such as `share = 10`, in per cent")
            return 100
        if text.stage != "canary":
            self._add(text, ("share",), "only a canary has a share", 'add `stage = "canary"`', key=True)
        if not 0 <= text.share <= 100:
            self._add(text, ("share",), f"{text.share} is not a share of 0 to 100 per cent")
        return text.share

    def _until(self, text: RuleText) -> str:
        if text.until:
            try:
                dt.date.fromisoformat(text.until)
            except ValueError:
                self._add(text, ("until",), f'"{text.until}" is not a date such as 2027-06-30')
        return text.until


def _distinct(values: tuple[Kind, ...]) -> tuple[Kind, ...]:
    """Return each value once; one alone is not hashed, which takes as long as reading a sentence."""
    return tuple(dict.fromkeys(values)) if len(values) > 1 else values


def _slots_of(atom: Atom) -> Mapping[str, Slot | None]:
    if isinstance(atom, Says):
        return atom.template.slots()
    return dict.fromkeys(atom.shape.groups) if isinstance(atom, Looks) else {}
