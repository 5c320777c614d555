"""What a check may find: kinds with their severity, and one finding with its place; it looks for nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from router.core.plan import JSON
from router.core.rule import Rule
from router.errors import Problem

Severity = Literal["error", "warning"]
DOCUMENTATION: Final = "docs/findings.md"
"""Has a section for each kind, under its id."""

ERRORS: Final[Mapping[str, str]] = {
    "arguments": "The arguments of a call do not fit the tool's input schema.",
    "bad-query": "A recorded query cannot be one.",
    "bad-sentence": "A sentence template cannot be read.",
    "bad-shape": "A shape is not a regular expression of RE2.",
    "bad-steps": "The steps of a rule are no DAG.",
    "bad-template": "A Jinja template does not parse or render.",
    "bad-value": "A value cannot be what it should be.",
    "beats-ring": "Rules beat each other in a ring.",
    "example-refused": "An example cannot be a query.",
    "idle-key": "A key of a rule would not be acted on.",
    "list-ring": "A list of words contains itself.",
    "never-wins": "A rule can never win.",
    "no-condition": "A rule asks for nothing.",
    "no-examples": "No rule has an example.",
    "no-queries": "No query is recorded.",
    "no-rules": "There are no rules.",
    "no-taken": "A rule takes a query that it says it does not.",
    "no-target": "A rule calls nothing.",
    "none-taken": "A rule takes a query that none may take.",
    "not-toml": "A file is not TOML.",
    "review-due": "The date of a rule's review has passed.",
    "same-id": "Two rules have one id, now or before.",
    "slot-clash": "A slot is filled twice or hides another value.",
    "unknown-fact": "A fact is not among those of the settings.",
    "unknown-key": "A table has a key that is not known.",
    "unknown-list": "A list of words does not exist.",
    "unknown-prompt": "A prompt does not exist.",
    "unknown-rule": "`beats` names a rule that does not exist.",
    "unknown-shape": "A shape does not exist.",
    "unknown-slot": "A template names a variable that does not exist.",
    "unknown-step": "A template names a step that does not exist.",
    "unknown-target": "A server or agent is not configured.",
    "unknown-tool": "A server has no such tool, or an agent no such skill.",
    "unread-file": "Nothing reads a file.",
    "unreadable": "A file cannot be read.",
    "yes-late": "An example goes to a rule of an earlier layer.",
    "yes-lost": "An example goes to another rule.",
    "yes-unmatched": "A rule does not match its own example.",
}
"""What each kind of error means, in one sentence."""
WARNINGS: Final[Mapping[str, str]] = {
    "changes-nothing": "Without the rule every query would go the same way.",
    "idle-beats": "An entry of `beats` changes nothing.",
    "no-example": "A rule has no query that it takes.",
    "no-owner": "Nobody answers for a rule.",
    "stray-file": "A file beside rules or prompts is neither.",
    "tie": "Rules tie on a real query.",
    "unmatched": "A rule matches no recorded query.",
    "unused": "No rule uses a list, shape or prompt.",
}
"""What each kind of warning means; `--strict` makes errors of them."""
KINDS: Final = dict(sorted({**ERRORS, **WARNINGS}.items()))


@dataclass(frozen=True, slots=True)
class Related:
    """Another place that a finding concerns."""

    file: str
    line: int
    message: str

    def to_dict(self) -> dict[str, JSON]:
        """Return it as JSON."""
        return {"file": self.file, "line": self.line, "message": self.message}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a check found."""

    id: str
    """One of `KINDS`."""
    file: str
    """Relative to the project; empty where it concerns no single place."""
    line: int
    message: str
    hint: str = ""
    """What would do."""
    column: int = 0
    related: tuple[Related, ...] = ()
    severe: bool = False
    """Whether it is an error although its kind is a warning."""

    @classmethod
    def of(cls, problem: Problem) -> Finding:
        """Return what keeps a rulebook from loading as a finding."""
        return cls(
            problem.code,
            problem.file,
            problem.line,
            problem.message,
            problem.hint,
            problem.column,
            severe=True,
        )

    @property
    def severity(self) -> Severity:
        """How bad it is."""
        return "error" if self.severe or self.id in ERRORS else "warning"

    @property
    def at(self) -> str:
        """`file:line`, or as much of it as there is."""
        parts = (self.file, self.line, self.column)
        return ":".join(str(each) for each in parts if each)

    @property
    def anchor(self) -> str:
        """Where it is documented."""
        return f"{DOCUMENTATION}#{self.id}"

    def __str__(self) -> str:
        """Place, severity, message, hint and id on one line, and a line for each other place."""
        place = f"{self.at}: " if self.at else ""
        first = f"{place}{self.severity}: {self.message}" + (f"; {self.hint}" if self.hint else "")
        others = (f"  {each.file}:{each.line}: {each.message}" for each in self.related)
        return "\n".join(" ".join(line.splitlines()) for line in (f"{first} [{self.id}]", *others))

    def to_dict(self) -> dict[str, JSON]:
        """Return it as JSON."""
        return {
            "id": self.id,
            "severity": self.severity,
            "at": self.at,
            "file": self.file,
            "line": self.line,
            "column": self.column,
            "message": self.message,
            "hint": self.hint,
            "related": [each.to_dict() for each in self.related],
            "documentation": self.anchor,
        }


def of_rule(
    id_: str,
    rule: Rule,
    message: str,
    hint: str = "",
    related: tuple[Related, ...] = (),
    *,
    severe: bool = False,
) -> Finding:
    """Return a finding at the place of a rule."""
    return Finding(id_, rule.file, rule.line, message, hint, related=related, severe=severe)


def place_of(rule: Rule, message: str) -> Related:
    """Return the place of another rule."""
    return Related(rule.file, rule.line, message)
