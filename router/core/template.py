"""Jinja templates of rules and prompts, sandboxed; texts of queries are values here, never templates."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from jinja2 import DictLoader, StrictUndefined, TemplateError, Undefined, meta, nodes
from jinja2.exceptions import TemplateNotFound, TemplateSyntaxError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from router.core.plain import plain
from router.core.plan import JSON
from router.core.rendering import Program, is_template
from router.errors import BindingFailed

PROMPT_SUFFIX: Final = ".j2"
"""A template that ends so names a file under `prompts/`."""
UNREPEATABLE: Final = ("random", "lipsum")
"""What Jinja offers and a decision that must repeat cannot use."""


PLAIN_NAMES: Final = "the prompt to include must be named by a plain string"


Compiled = TypeVar("Compiled")
METHODS: Final = frozenset(("get", "items", "keys", "values"))
"""What `steps.items()` and the like name: no step, unless one is called so."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong in a prompt."""

    code: str
    """Of the problem."""
    line: int
    reason: str


class _Environment(ImmutableSandboxedEnvironment):
    """Reads keys before methods, so that `result.json.items` is what the tool sent."""

    def getattr(self, obj: object, attribute: str) -> JSON:
        """Return what a dot leads to."""
        if isinstance(obj, dict) and attribute in obj:
            return obj[attribute]
        return super().getattr(obj, attribute)


class Templates:
    """Renders templates with the prompts of one rulebook at hand for `include` and `import`."""

    def __init__(self, prompts: Mapping[str, str]) -> None:
        self.prompts = prompts
        self._names: dict[str, frozenset[str]] = {}
        self._compiled: dict[tuple[str, str], Any] = {}
        self._environment = _Environment(
            loader=DictLoader(prompts),
            undefined=StrictUndefined,
            autoescape=False,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        for name in UNREPEATABLE:
            self._environment.filters.pop(name, None)
            self._environment.globals.pop(name, None)

    def source(self, template: str) -> str:
        """Return the text of a template: a prompt's where it names one, else the template itself.

        Raises KeyError for a prompt that does not exist.
        """
        return self.prompts[template] if names_prompt(template) else template

    def text(self, template: str, values: Mapping[str, JSON], place: str) -> str:
        """Render to text. Raises BindingFailed, which names `place`."""
        try:
            if names_prompt(template):
                return self._environment.get_template(template).render(values)
            return self._kept(template, self._environment.from_string).render(values)
        except Exception as error:
            raise BindingFailed(place, _reason(error)) from error

    def value(self, value: JSON, values: Mapping[str, JSON], place: str) -> JSON:
        """Render every string in a JSON value; one that is exactly one expression keeps its type.

        Raises BindingFailed, which names `place`.
        """
        if isinstance(value, str):
            return self._string(value, values, place)
        if isinstance(value, Mapping):
            return {key: self.value(each, values, f"{place}.{key}") for key, each in value.items()}
        if isinstance(value, list | tuple):
            return [self.value(each, values, f"{place}.{number}") for number, each in enumerate(value)]
        return value

    def _string(self, template: str, values: Mapping[str, JSON], place: str) -> JSON:
        if not is_template(template):
            return template
        try:
            expression = self._kept(template, self._expression)
            if expression is None:
                return self.text(template, values, place)
            found = expression(**values)
            if isinstance(found, Undefined):
                str(found)  # raises UndefinedError, which says what is undefined
            return as_json(found)
        except BindingFailed:
            raise
        except Exception as error:
            raise BindingFailed(place, _reason(error)) from error

    def _kept(self, template: str, make: Callable[[str], Compiled]) -> Compiled:
        """Compile once what is rendered again and again; compiling costs ten times what rendering does."""
        key = (template, make.__name__)
        if key not in self._compiled:
            self._compiled[key] = make(template)
        compiled: Compiled = self._compiled[key]
        return compiled

    def _expression(self, template: str) -> Callable[..., JSON] | None:
        """Return the expression where the template is exactly `{{ expression }}`."""
        if not (template.startswith("{{") and template.endswith("}}")):
            return None
        body = self._environment.parse(template).body
        if len(body) != 1 or not isinstance(body[0], nodes.Output) or len(body[0].nodes) != 1:
            return None
        source = template[2:-2].strip("-+").strip()
        return self._environment.compile_expression(source, undefined_to_none=False)

    def fault(self, prompt: str) -> Fault | None:
        """Return why a prompt cannot be rendered whatever it is given, or None."""
        try:
            tree = self._environment.parse(self.prompts[prompt])
            meta.find_undeclared_variables(tree)  # knows the filters and tests as well
        except TemplateSyntaxError as error:
            return Fault("bad-template", error.lineno, str(error.message))
        for line, name in _named_prompts(tree):
            if name is None:
                return Fault("bad-template", line, PLAIN_NAMES)
            if name not in self.prompts:
                return Fault("unknown-prompt", line, f'no prompt is called "{name}"')
        return None

    def names(self, template: str) -> frozenset[str]:
        """Return the variables that a template, and every prompt that it includes, expects to be given.

        Raises TemplateNotFound and TemplateSyntaxError, whose `name` is that of the prompt at fault.
        """
        if template in self._names:
            return self._names[template]
        found: set[str] = set()
        for prompt, tree in self._trees(template):
            try:
                found |= meta.find_undeclared_variables(tree)
            except TemplateSyntaxError as error:  # an unknown filter or test
                raise TemplateSyntaxError(str(error.message), error.lineno, prompt) from error
        self._names[template] = frozenset(found)
        return self._names[template]

    def included(self, template: str) -> frozenset[str]:
        """Return the prompts that a template is or includes, by way of others too."""
        return frozenset(prompt for prompt, _ in self._trees(template) if prompt is not None)

    def steps_named(self, template: str) -> frozenset[str]:
        """Return the ids of the steps whose results a template reads, as `steps.ID` or `steps["ID"]`."""
        return self._kept(template, self._steps_named)

    def plain(self, template: str) -> Program | None:
        """Return the program of a template, or of the prompt that it names, that needs no Jinja, or None."""
        return self._kept(template, self._plain)

    def _plain(self, template: str) -> Program | None:
        return plain(template, self._environment.parse(self.source(template)))

    def _steps_named(self, template: str) -> frozenset[str]:
        return frozenset(name for _, tree in self._trees(template) for name in _members(tree, "steps"))

    def _trees(self, template: str) -> Iterator[tuple[str | None, nodes.Template]]:
        """Yield a template and every prompt that it includes, with the prompts' names."""
        prompt = template if names_prompt(template) else None
        waiting: list[tuple[str, str | None]] = [(self._source(template), prompt)]
        seen = {prompt}
        while waiting:
            source, prompt = waiting.pop()
            tree = self._environment.parse(source, prompt)
            yield prompt, tree
            for line, name in _named_prompts(tree):
                if name is None:
                    raise TemplateSyntaxError(PLAIN_NAMES, line, prompt)
                if name not in self.prompts:
                    raise TemplateNotFound(name)
                if name not in seen:
                    seen.add(name)
                    waiting.append((self.prompts[name], name))

    def _source(self, template: str) -> str:
        try:
            return self.source(template)
        except KeyError:
            raise TemplateNotFound(template) from None


def names_prompt(template: str) -> bool:
    """Whether a template is the name of a file under `prompts/`."""
    return template.endswith(PROMPT_SUFFIX) and not is_template(template) and "\n" not in template


def strings(value: JSON) -> Iterator[str]:
    """Yield every string in a JSON value that has Jinja in it."""
    if isinstance(value, str):
        if is_template(value):
            yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from strings(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from strings(each)


def as_json(value: object) -> JSON:
    """Return what an expression gave as JSON. Raises TypeError for what JSON cannot hold."""
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float) and math.isfinite(value):
        return value
    if isinstance(value, str):
        return str(value)
    if isinstance(value, Mapping):
        return {str(key): as_json(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [as_json(each) for each in value]
    raise TypeError(f"the expression gives {type(value).__name__}, which is not JSON")


def parsed_json(text: str) -> JSON:
    """Return the JSON that a text holds, or None where it holds none."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _named_prompts(tree: nodes.Template) -> Iterator[tuple[int, str | None]]:
    """Yield line and name of every prompt that a template includes or imports; None for a computed name."""
    for node in tree.find_all((nodes.Include, nodes.Import, nodes.FromImport, nodes.Extends)):
        for name in meta.find_referenced_templates(nodes.Template([node])):
            yield node.lineno, name


def _members(tree: nodes.Template, of: str) -> Iterator[str]:
    for node in tree.find_all((nodes.Getattr, nodes.Getitem)):
        if isinstance(node, nodes.Getattr) and isinstance(node.node, nodes.Name) and node.node.name == of:
            yield node.attr
        elif (
            isinstance(node, nodes.Getitem)
            and isinstance(node.node, nodes.Name)
            and node.node.name == of
            and isinstance(node.arg, nodes.Const)
        ):
            yield str(node.arg.value)


def _reason(error: Exception) -> str:
    if isinstance(error, TemplateSyntaxError):
        return f"{error.message} (line {error.lineno} of the template)"
    if isinstance(error, TemplateNotFound):
        return f"no prompt is called {error.message}"
    if isinstance(error, TemplateError | TypeError | ValueError):
        return str(error)
    return f"{type(error).__name__}: {error}"
