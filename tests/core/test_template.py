"""Templates: types kept, data never parsed, the sandbox closed, and what they read found out beforehand."""

from __future__ import annotations

import pytest
from jinja2.exceptions import TemplateNotFound, TemplateSyntaxError

from router.core.plan import JSON
from router.core.rendering import is_template
from router.core.template import (
    Fault,
    Templates,
    as_json,
    names_prompt,
    parsed_json,
    strings,
)
from router.errors import BindingFailed

PROMPTS = {
    "hello.j2": "Hello {{ name }}!\n",
    "outer.j2": "{% include 'hello.j2' %}{{ other }}",
    "macro.j2": "{% macro twice(x) %}{{ x }}{{ x }}{% endmacro %}",
    "parts/deep.j2": "{% from 'macro.j2' import twice %}{{ twice(name) }}",
    "ring.j2": "{% include 'ring.j2' %}{{ y }}",
}
TEMPLATES = Templates(PROMPTS)
VALUES: dict[str, JSON] = {
    "n": 3,
    "text": "{{ 7 * 7 }} {% raw %}",
    "path": None,
    "cwd": "/x",
    "name": "Ada",
    "other": "?",
    "list": [1, "two", None, 2.5],
    "map": {"a": {"b": True}},
    "big": 1e308,
}


def rendered(value: JSON) -> JSON:
    return TEMPLATES.value(value, VALUES, "rule args.x")


@pytest.mark.parametrize(
    ("template", "value"),
    [
        ("{{ n }}", 3),
        ("{{n}}", 3),
        ("{{- n -}}", 3),
        ("{{ -n }}", -3),
        ("{{ n + 1 }}", 4),
        ("{{ n / 2 }}", 1.5),
        ("{{ n > 2 }}", True),
        ("{{ list }}", [1, "two", None, 2.5]),
        ("{{ map }}", {"a": {"b": True}}),
        ("{{ map.a }}", {"b": True}),
        ("{{ {1: n} }}", {"1": 3}),
        ("{{ (1, 2) }}", [1, 2]),
        ("{{ list | map('string') | list }}", ["1", "two", "None", "2.5"]),
        ("{{ path or cwd }}", "/x"),
        ("{{ path }}", None),
        ("{{ name }}", "Ada"),
        ("{{ '}}' }}", "}}"),
        ("{{ range(3) | list }}", [0, 1, 2]),
        (" {{ n }}", " 3"),
        ("{{ n }} ", "3 "),
        ("{{ n }}\n", "3"),
        ("{{ n }}{{ n }}", "33"),
        ("{{ n }}{# c #}", "3"),
        ("{% if n %}{{ n }}{% endif %}", "3"),
        ("{{ '{{' }}", "{{"),
        ("n = {{ n }}", "n = 3"),
        ("plain", "plain"),
        ("hello.j2", "hello.j2"),
        (5, 5),
        (None, None),
        (["{{ n }}", {"k": "{{ name }}"}], [3, {"k": "Ada"}]),
    ],
)
def test_one_expression_keeps_its_type_and_anything_else_is_text(template: JSON, value: JSON) -> None:
    assert (rendered(template), type(rendered(template))) == (value, type(value))


def test_the_text_of_a_query_is_data_and_never_a_template() -> None:
    assert rendered("{{ text }}") == VALUES["text"]
    assert rendered("asked: {{ text }}") == "asked: " + VALUES["text"]
    assert TEMPLATES.text("hello.j2", {"name": "{{ n }}"}, "p") == "Hello {{ n }}!"


@pytest.mark.parametrize(
    "template",
    [
        "{{ ''.__class__ }}",
        "{{ ''.__class__.__mro__[1].__subclasses__() }}",
        "{{ n.__class__ }}",
        "{{ list.append(1) }}",
        "{{ map.update(a=1) }}",
        "{{ list.__getitem__(0).__class__ }}",
        "{{ self.__init__.__globals__ }}",
        "{{ cycler.__init__.__globals__ }}",
        "{{ joiner.__init__ }}",
        "{{ ''.format.__globals__ }}",
        "{{ '{0.__class__}'.format(n) }}",
        "{{ '{0.__class__}' | format(n) if false else ('{a.__class__}'.format_map({'a': n})) }}",
        "{{ (name | attr('__class__')) }}",
        "{{ range(10 ** 9) | list }}",
        "{{ lipsum() }}",
        "{{ list | random }}",
    ],
)
def test_the_sandbox_has_no_way_out(template: str) -> None:
    for each in (template, "x" + template):
        try:
            found = TEMPLATES.value(each, VALUES, "rule args.x")
        except BindingFailed:
            continue
        assert found in (None, "", "x"), "something came out"


def test_a_dot_reads_a_key_before_a_method() -> None:
    given = {"result": {"items": [1], "keys": 2}}
    assert TEMPLATES.value("{{ result.items }}", given, "p") == [1]
    assert TEMPLATES.value("{{ result.keys }} {{ result.values() | length }}", given, "p") == "2 2"
    assert TEMPLATES.value("{{ (result | string).upper() | length }}", given, "p") > 2


def test_values_of_the_caller_cannot_be_changed() -> None:
    with pytest.raises(BindingFailed):
        rendered("{{ list.clear() }}")
    assert VALUES["list"] == [1, "two", None, 2.5]


@pytest.mark.parametrize(
    ("template", "reason"),
    [
        ("{{ missing }}", "'missing' is undefined"),
        ("x {{ missing }}", "'missing' is undefined"),
        ("{{ map.nothing }}", "'dict object' has no attribute 'nothing'"),
        ("{{ n.x.y }}", "'int object' has no attribute 'x'"),
        ("{{ n / 0 }}", "ZeroDivisionError: division by zero"),
        ("{{ 1 + }}", "unexpected 'end of print statement' (line 1 of the template)"),
        ("{{ list | map('upper') }}", "the expression gives generator, which is not JSON"),
        ("{{ big * big }}", "the expression gives float, which is not JSON"),
        ("{% include 'none.j2' %}", "no prompt is called none.j2"),
        ("{{ name.upper(1) }}", "str.upper() takes no arguments"),
    ],
)
def test_what_cannot_be_rendered_says_where_and_why(template: str, reason: str) -> None:
    with pytest.raises(BindingFailed) as failed:
        rendered(template)
    assert failed.value.place == "rule args.x"
    assert reason in failed.value.reason


def test_the_place_leads_into_lists_and_tables() -> None:
    with pytest.raises(BindingFailed, match=r"^rule args\.x\.k\.1: "):
        rendered({"k": ["ok", "{{ missing }}"]})


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("hello.j2", "Hello Ada!"),
        ("outer.j2", "Hello Ada!?"),
        ("parts/deep.j2", "AdaAda"),
        ("Hi {{ name }}", "Hi Ada"),
        ("hello.j2\n", "hello.j2"),
    ],
)
def test_a_text_may_be_a_template_or_the_name_of_a_prompt(template: str, text: str) -> None:
    assert TEMPLATES.text(template, VALUES, "p") == text


@pytest.mark.parametrize(
    ("template", "names"),
    [
        ("{{ n }} {{ map.a }}", {"n", "map"}),
        ("{% set q = n %}{{ q }}", {"n"}),
        ("{{ range(n) }}", {"n"}),
        ("outer.j2", {"name", "other"}),
        ("{% include 'outer.j2' %}", {"name", "other"}),
        ("ring.j2", {"y"}),
        ("plain", set()),
    ],
)
def test_the_names_that_a_template_reads_are_known_beforehand(template: str, names: set[str]) -> None:
    assert TEMPLATES.names(template) == names
    assert TEMPLATES.names(template) == names, "the second time from memory"


@pytest.mark.parametrize(
    ("template", "steps"),
    [
        ("{{ steps.log.text }} {{ steps['my-log'].json.x }}", {"log", "my-log"}),
        ("{{ other.log }} {{ steps[n] }} {{ (steps).a }}", {"a"}),
        ("{% for id, step in steps.items() %}{{ id }}{% endfor %}", {"items"}),
        ("{{ steps[0] }}", {"0"}),
        ("{{ map['steps'].x }}", set()),
    ],
)
def test_the_steps_that_a_template_reads_are_known_beforehand(template: str, steps: set[str]) -> None:
    assert TEMPLATES.steps_named(template) == steps


@pytest.mark.parametrize(
    ("template", "error", "name"),
    [
        ("nothing.j2", TemplateNotFound, "nothing.j2"),
        ("{% include 'nothing' %}", TemplateNotFound, "nothing"),
        ("{% include ['hello.j2', 'nothing.j2'] %}", TemplateNotFound, "nothing.j2"),
        ("{{ 1 + }}", TemplateSyntaxError, None),
        ("{{ n | nofilter }}", TemplateSyntaxError, None),
        ("{% include n %}", TemplateSyntaxError, None),
    ],
)
def test_what_cannot_be_read_is_known_beforehand(
    template: str, error: type[TemplateNotFound | TemplateSyntaxError], name: str | None
) -> None:
    with pytest.raises(error) as failed:
        TEMPLATES.names(template)
    assert getattr(failed.value, "name", None) == name


@pytest.mark.parametrize(
    ("prompt", "fault"),
    [
        ("fine {{ x }}", None),
        ("a\n{{ 1 + }}", Fault("bad-template", 2, "unexpected 'end of print statement'")),
        ("{{ x | nofilter }}", Fault("bad-template", 1, "No filter named 'nofilter'.")),
        ("\n\n{% include 'none.j2' %}", Fault("unknown-prompt", 3, 'no prompt is called "none.j2"')),
        (
            "\n{% include x %}",
            Fault("bad-template", 2, "the prompt to include must be named by a plain string"),
        ),
        ("{% include 'self.j2' %}", None),
        ("{% extends 'base.j2' %}", Fault("unknown-prompt", 1, 'no prompt is called "base.j2"')),
        ("{% random %}", Fault("bad-template", 1, "Encountered unknown tag 'random'.")),
    ],
)
def test_what_is_wrong_in_a_prompt_is_known_beforehand(prompt: str, fault: Fault | None) -> None:
    assert Templates({"self.j2": prompt}).fault("self.j2") == fault


@pytest.mark.parametrize(
    ("text", "template", "prompt"),
    [
        ("{{ x }}", True, False),
        ("{% x", True, False),
        ("{# c #}", True, False),
        ("{x}", False, False),
        ("a.j2", False, True),
        ("a.j2\nb.j2", False, False),
        ("{{ x }}.j2", True, False),
        ("", False, False),
    ],
)
def test_a_string_is_plain_or_a_template_or_names_a_prompt(text: str, template: bool, prompt: bool) -> None:
    assert (is_template(text), names_prompt(text)) == (template, prompt)


def test_strings_of_a_value_are_those_with_a_template() -> None:
    value = {"a": ["{{ x }}", "y", 1], "b": {"c": "{{ z }}"}, "d": ("{% q %}",)}
    assert list(strings(value)) == ["{{ x }}", "{{ z }}", "{% q %}"]
    assert list(strings(None)) == []


@pytest.mark.parametrize("value", [{1, 2}, float("nan"), float("inf"), object(), b"x"])
def test_what_json_cannot_hold_is_refused(value: object) -> None:
    with pytest.raises(TypeError, match="which is not JSON"):
        as_json(value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a": [1]}', {"a": [1]}),
        ("3", 3),
        ("", None),
        ("no", None),
        ("[" * 100_000, None),
        ("9" * 5000, None),
    ],
)
def test_json_in_a_text_is_read_and_anything_else_is_none(text: str, value: JSON) -> None:
    assert parsed_json(text) == value
