"""Plain templates are rendered without Jinja exactly as Jinja renders them; all others are left to it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import pytest
from hypothesis import event, example, given, settings
from hypothesis import strategies as st
from jinja2.exceptions import TemplateSyntaxError

from router.core.bind import bind
from router.core.plan import JSON
from router.core.rendering import PROMPT, Program, Rendering, is_template
from router.core.template import Templates
from router.errors import BindingFailed
from tests.core.making import book, query

KNOWN: Final = ("a", "b", "c", "text", "path")
LITERALS: Final = (
    "''", "'x'", '"a {{ b }}"', "'é'", "'%}'", "'''", "0", "1", "-1", "10", "12345678901234567890", "1_000",
    "true", "false", "True", "none", "None", "1.5",
)  # fmt: skip
PROMPTS: Final = {
    "plain.j2": "Dear {{ a or b }},\n{{ text }}\n",
    "odd.j2": "{{ a|upper }}",
    "bare.j2": "nothing\n",
}

names = st.sampled_from((*KNOWN, *KNOWN, *KNOWN, "absent", "self", "range"))
expressions: Final[st.SearchStrategy[str]] = st.recursive(
    names | names | st.sampled_from(LITERALS),
    lambda inner: st.one_of(
        st.builds("{} or {}".format, inner, inner),
        st.builds("{} and {}".format, inner, inner),
        st.builds("not {}".format, inner),
        st.builds("({})".format, inner),
        st.builds("{} if {} else {}".format, inner, inner, inner),
        st.lists(inner, max_size=3).map(lambda each: f"[{', '.join(each)}]|min"),
        st.lists(inner, max_size=3).map(lambda each: f"[{', '.join(each)}]|max"),
    ),
    max_leaves=6,
)
odd: Final = st.one_of(
    st.builds("{} if {}".format, expressions, expressions),
    st.builds("{}|upper".format, names),
    st.builds("{}|length".format, names),
    st.builds("{}|default('d')".format, names),
    st.builds("{}|min".format, names),
    st.builds("[{}]|min(attribute='x')".format, names),
    st.builds("{}.x".format, names),
    st.builds("{}[0]".format, names),
    st.builds("{}.upper()".format, names),
    st.builds("range({})".format, names),
    st.builds("{} + {}".format, names, names),
    st.builds("{} ~ {}".format, names, names),
    st.builds("{} == {}".format, names, names),
    st.builds("{} is defined".format, names),
    st.builds("{} in [1, 2]".format, names),
    st.builds("[{}]".format, names),
    st.builds("({}, 1)".format, names),
    st.builds("{{'k': {}}}".format, names),
    st.just("1.5"),
    st.just("-a"),
    st.just("''|d"),
)
openings: Final = (
    ("{{ ", " }}"),
    ("{{", "}}"),
    ("{{- ", " -}}"),
    ("{{-", "-}}"),
    ("{{ ", "\n}}"),
    ("{{+ ", " }}"),
)
between: Final = st.sampled_from(
    (
        "",
        " ",
        "\n",
        "  \n\n",
        "x",
        "# ",
        "{",
        "}",
        "{# a #}",
        "{% raw %}{{ a }}{% endraw %}",
        "\n\n{% if a %}",
        "\r\n",
        "é",
    )
)


def braced(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.builds(
        lambda expression, marks: marks[0] + expression + marks[1], inner, st.sampled_from(openings)
    )


templates: Final = st.one_of(
    braced(expressions),
    braced(expressions),
    braced(odd),
    st.lists(st.tuples(between, braced(expressions), between), min_size=1, max_size=3).map(
        lambda parts: "".join("".join(each) for each in parts)
    ),
    st.lists(st.tuples(between, braced(odd)), max_size=2).map(
        lambda parts: "".join("".join(each) for each in parts)
    ),
    st.sampled_from(
        ("{% set a = 1 %}{{ a }}", "{% for each in a %}{{ each }}{% endfor %}", "{% include 'plain.j2' %}")
    ),
)
scalars: Final[st.SearchStrategy[JSON]] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 3),
    st.integers(),
    st.text(max_size=3),
    st.sampled_from(("", "<b>&amp;</b>", "{{ b }}", "{% raw %}", "0", "None")),
    st.floats(allow_nan=False, allow_infinity=False),
)
documents: Final[st.SearchStrategy[JSON]] = scalars | st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner, max_size=3),
)
values: Final = st.fixed_dictionaries({}, optional=dict.fromkeys(KNOWN, documents))


def told(render: Any, template: str, known: Mapping[str, JSON]) -> tuple[str, Any]:
    """Return what a rendering gives, with its type, or the error where it gives none."""
    try:
        found = render(template, known, "t.r args.x")
    except BindingFailed as error:
        return "error", str(error)
    return type(found).__name__, found


def agree(jinja: Templates, template: str, known: Mapping[str, JSON]) -> None:
    """Hold the quick rendering to Jinja's, as a value and as text."""
    program = program_of(jinja, template)
    event(f"plain: {program is not None}")
    plain = {} if program is None else {template if is_template(template) else PROMPT + template: program}
    rendering = Rendering(plain, lambda: jinja)
    assert told(rendering.value, template, known) == told(jinja.value, template, known)
    assert told(rendering.text, template, known) == told(jinja.text, template, known)


def program_of(jinja: Templates, template: str) -> Program | None:
    """Return the program of a template; None too where it does not parse, which compiling refuses."""
    try:
        return jinja.plain(template)
    except TemplateSyntaxError:
        return None


@settings(max_examples=400)
@given(templates, values)
@example("{{ []|min }}", {})
@example("{{ [a]|max }}", {"a": True})
@example("{{ [a, b]|min }}", {"a": 1, "b": "x"})
@example("{{ [a, 2]|max or b }}", {"a": 3, "b": 1})
@example("{{ [a, b or 1]|min }}", {"a": 3, "b": None})
@example("{{ a }}\n", {"a": 1})
@example("{{ a }}{{ b }}", {"a": 1, "b": None})
@example("{{ a if b else absent }}", {"a": 1, "b": True})
@example("{{ a or absent }}", {"a": 1})
@example("{{ not a }}", {"a": 0})
@example("{{ a and b }}", {"a": 0, "b": "x"})
@example("x{# {{ a }} #}", {})
def test_whatever_is_rendered_is_rendered_as_jinja_does(template: str, known: dict[str, JSON]) -> None:
    agree(Templates(PROMPTS), template, known)


@given(st.sampled_from(("plain.j2", "odd.j2", "bare.j2")), values)
def test_a_prompt_is_rendered_as_jinja_does(prompt: str, known: dict[str, JSON]) -> None:
    jinja = Templates(PROMPTS)
    program = jinja.plain(prompt)
    assert (program is None) is (prompt == "odd.j2")
    rendering = Rendering({} if program is None else {PROMPT + prompt: program}, lambda: jinja)
    assert told(rendering.text, prompt, known) == told(jinja.text, prompt, known)


@given(documents, values)
def test_any_arguments_are_rendered_as_jinja_does(arguments: JSON, known: dict[str, JSON]) -> None:
    jinja = Templates(PROMPTS)
    rendering = Rendering({}, lambda: jinja)
    assert told(rendering.value, arguments, known) == told(jinja.value, arguments, known)


NESTED: Final[JSON] = {
    "a": ["{{ a }}", {"b": "x {{ b }}", "c": ("{{ a or b }}", 1, None)}, "plain.j2"],
    "{{ a }}": "{{ 'no key is a template' }}",
}


def test_templates_inside_of_arguments_keep_their_places() -> None:
    jinja = Templates(PROMPTS)
    plain = {each: jinja.plain(each) for each in ("{{ a }}", "x {{ b }}", "{{ a or b }}")}
    rendering = Rendering({each: program for each, program in plain.items() if program}, lambda: jinja)
    known: dict[str, JSON] = {"a": 0, "b": "y"}
    assert rendering.value(NESTED, known, "p") == {
        "a": [0, {"b": "x y", "c": ["y", 1, None]}, "plain.j2"],
        "{{ a }}": "no key is a template",
    }
    with pytest.raises(BindingFailed, match=r"p\.a\.1\.b: 'b' is undefined"):
        rendering.value(NESTED, {"a": 0}, "p")


# which are plain

PLAIN: Final = (
    "{{ a }}", "{{a}}", "{{- a -}}", "{{ (a) }}", "x", "x {{ a }} y\n", "{{ a }}{{ b }}", "{{ 'x' }}",
    "{{ 1 }}", "{{ true }}", "{{ none }}", "{{ a or 10 }}", "{{ a and b }}", "{{ not a }}",
    "{{ a if b else c }}", "{{ [a, b]|min }}", "{{ [a, 3]|max }}", "{{ ([a, b]|max) or 1 }}", "{# why #}x",
    "{% raw %}{{ a }}{% endraw %}", "", "plain.j2", "bare.j2",
)  # fmt: skip
NOT_PLAIN: Final = (
    "{{ a.b }}", "{{ a['b'] }}", "{{ a[0] }}", "{{ a|upper }}", "{{ a|min }}", "{{ [a]|min(1) }}",
    "{{ [a]|min(attribute='b') }}", "{{ [a]|sum }}", "{{ []|min }}", "{{ [a.b]|min }}", "{{ (a, b)|min }}",
    "{{ a() }}", "{{ range(3) }}", "{{ a.upper() }}", "{{ a + 1 }}", "{{ -a }}", "{{ -1 }}", "{{ 1.5 }}",
    "{{ a ~ b }}", "{{ a == b }}", "{{ a in b }}", "{{ a is none }}", "{{ [a] }}", "{{ (a,) }}",
    "{{ {'k': a} }}", "{{ a if b }}", "{{ a or b.c }}", "{{ a.b and a }}", "{{ not a.b }}",
    "{{ a if b.c else a }}", "{% if a %}x{% endif %}", "{% for x in a %}{% endfor %}", "{% set x = a %}",
    "{% include 'plain.j2' %}", "{% import 'plain.j2' as p %}", "{% macro m() %}{% endmacro %}",
    "{{ a }}{% if a %}x{% endif %}", "{{ a }} {{ b.c }}", "{% filter upper %}x{% endfilter %}", "odd.j2",
    "{{ [a, b]|max|string }}", "{{ a[1:] }}", "{{ 'x' % a }}", "{{ loop.index }}",
)  # fmt: skip


@pytest.mark.parametrize("template", PLAIN)
def test_names_text_and_choices_need_no_jinja(template: str) -> None:
    assert Templates(PROMPTS).plain(template) is not None


@pytest.mark.parametrize("template", NOT_PLAIN)
def test_anything_else_is_left_to_jinja(template: str) -> None:
    jinja = Templates(PROMPTS)
    assert jinja.plain(template) is None
    known: dict[str, JSON] = {"a": {"b": 1}, "b": 2, "c": None}
    assert told(Rendering({}, lambda: jinja).value, template, known) == told(jinja.value, template, known)


def never() -> Templates:
    raise AssertionError("Jinja was asked for")


@pytest.mark.parametrize(
    ("template", "value"),
    [
        ("{{ a }}", 3),
        ("{{ a or b }}", 3),
        ("{{ c or b }}", "x"),
        ("{{ b and a }}", 3),
        ("{{ c and a }}", None),
        ("{{ not c }}", True),
        ("{{ a if c else b }}", "x"),
        ("{{ a if b else c }}", 3),
        ("{{ [a, 5]|min }}", 3),
        ("{{ [a, 5, 4]|max }}", 5),
        ("{{ a }}-{{ b }}-{{ c }}-{{ d }}", "3-x-None-True"),
        ("no template", "no template"),
        ("{ a }", "{ a }"),
    ],
)
def test_plain_templates_are_rendered_with_no_jinja_at_all(template: str, value: JSON) -> None:
    program = Templates({}).plain(template)
    assert program is not None
    rendering = Rendering({template: program}, never)
    known: dict[str, JSON] = {"a": 3, "b": "x", "c": None, "d": True}
    found = rendering.value(template, known, "p")
    assert (found, type(found)) == (value, type(value))
    if is_template(template):
        assert rendering.text(template, known, "p") == str(value)


@pytest.mark.parametrize("known", [{}, {"a": 1.0}, {"a": []}, {"a": {}}, {"a": ()}])
def test_names_that_are_unknown_or_hold_more_than_a_plain_value_are_left_to_jinja(
    known: dict[str, JSON],
) -> None:
    program = Templates({}).plain("{{ a }}")
    assert program is not None
    with pytest.raises(AssertionError, match="Jinja was asked for"):
        Rendering({"{{ a }}": program}, never).value("{{ a }}", known, "p")


def test_an_argument_named_as_a_prompt_is_text_and_a_message_is_the_prompt() -> None:
    rules = """
[a]
when = { all = ["refund"] }
use = "a2a:release"
ask = "plain.j2"
args = { file = "plain.j2", other = "{{ text }}" }
"""
    made = book(rules, prompts={"plain.j2": "About {{ text }}\n"})
    asked = query("refund {{ a }} <b>")
    plan = bind(made, made.decide(asked), asked)
    assert plan is not None
    assert plan.steps[0].message == "About refund {{ a }} <b>"
    assert plan.steps[0].args == {"file": "plain.j2", "other": "refund {{ a }} <b>"}


def test_what_includes_others_is_known_by_them() -> None:
    prompts = {"a.j2": "{% include 'b.j2' %}", "b.j2": "{% include 'c.j2' %}", "c.j2": "", "d.j2": ""}
    assert Templates(prompts).included("a.j2") == {"a.j2", "b.j2", "c.j2"}
    assert Templates(prompts).included("{{ a }}") == frozenset()
