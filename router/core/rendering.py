"""Renders the templates of plans: plain ones at once, any other with Jinja, which is loaded only then."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any, Final, TypeAlias

    from router.core.plan import JSON
    from router.core.template import Templates

    Program: TypeAlias = tuple[Any, ...]
    """What a plain template does, as nested tuples that begin with one of the words below."""
else:
    Program = tuple

VALUE: Final = "value"
TEXT: Final = "text"
CONSTANT: Final = "constant"
NAME: Final = "name"
NOT: Final = "not"
AND: Final = "and"
OR: Final = "or"
CHOICE: Final = "choice"
LEAST: Final = "min"
MOST: Final = "max"
PROMPT: Final = "\0"
"""Before the name of a prompt, so that an argument of the same text is none."""


class Rendering:
    """Renders the templates of one rule."""

    __slots__ = ("_plain", "_templates")

    def __init__(self, plain: Mapping[str, Program], templates: Callable[[], Templates]) -> None:
        self._plain = plain
        self._templates = templates

    def value(self, value: JSON, known: Mapping[str, JSON], place: str) -> JSON:
        """Render every string in a JSON value; one that is exactly one expression keeps its type.

        Raises BindingFailed, which names `place`.
        """
        if isinstance(value, str):
            program = self._plain.get(value)
            if program is not None and _knows(program, known):
                return _evaluated(program, known)
            return self._templates().value(value, known, place) if is_template(value) else value
        if isinstance(value, dict):
            return {key: self.value(each, known, f"{place}.{key}") for key, each in value.items()}
        if isinstance(value, list | tuple):
            return [self.value(each, known, f"{place}.{number}") for number, each in enumerate(value)]
        return value

    def text(self, template: str, known: Mapping[str, JSON], place: str) -> str:
        """Render to text. Raises BindingFailed, which names `place`."""
        program = self._plain.get(template if is_template(template) else PROMPT + template)
        if program is not None and _knows(program, known):
            return str(_evaluated(program, known))
        return self._templates().text(template, known, place)


def is_template(text: str) -> bool:
    """Whether a string has any Jinja in it."""
    return "{" in text and ("{{" in text or "{%" in text or "{#" in text)


def _knows(program: Program, known: Mapping[str, JSON]) -> bool:
    """Whether every name is given, and with a value that no expression could change."""
    if program[0] == NAME:
        return program[1] in known and not isinstance(known[program[1]], float | dict | list | tuple)
    if program[0] in (LEAST, MOST) and not all(type(_number(each, known)) is int for each in program[1:]):
        return False
    return all(_knows(each, known) for each in _inside(program))


def _number(program: Program, known: Mapping[str, JSON]) -> JSON:
    """Return a name's value or a constant; None for what must be worked out."""
    return known.get(program[1]) if program[0] == NAME else program[1] if program[0] == CONSTANT else None


def _inside(program: Program) -> tuple[Program, ...]:
    if program[0] == CONSTANT:
        return ()
    inside: tuple[Program, ...] = program[1] if program[0] == TEXT else program[1:]
    return inside


def _evaluated(program: Program, known: Mapping[str, JSON]) -> JSON:
    kind, first = program[0], program[1]
    if kind == NAME:
        return known[first]
    if kind == CONSTANT:
        return first
    if kind == TEXT:
        return "".join([str(_evaluated(each, known)) for each in first])
    if kind in (LEAST, MOST):
        numbers = [_evaluated(each, known) for each in program[1:]]
        return min(numbers) if kind == LEAST else max(numbers)
    value = _evaluated(first, known)
    if kind == NOT:
        return not value
    if kind == VALUE or (kind == OR and value) or (kind == AND and not value):
        return value
    return _evaluated(program[2] if kind != CHOICE or value else program[3], known)
