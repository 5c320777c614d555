"""Makes a plan of a decision: renders what the winner's and the added rules' steps are given."""

from __future__ import annotations

from collections.abc import Mapping

from router.core.book import Rulebook
from router.core.decision import Decision
from router.core.plan import JSON, Plan, Step
from router.core.query import Query
from router.core.rule import Rule, StepSource
from router.core.template import Templates, strings
from router.core.values import values


def bind(book: Rulebook, decision: Decision, query: Query) -> Plan | None:
    """Return the plan of a decision by a rule, or None for a tie or none.

    Values whose templates read results of earlier steps stay in `Step.later`. Steps of an added rule
    are called `rule id:step id`. Raises BindingFailed where a template cannot be rendered.
    """
    if decision.rule is None:
        return None
    rule = book.rules[decision.rule]
    known = values(query, rule, decision.slots)
    steps = _bound(book, rule, query, known, prefix="")
    for id_ in decision.added:
        added = book.rules[id_]
        slots = book.match(added, query).slots
        steps += _bound(book, added, query, values(query, added, slots), prefix=f"{id_}:")
    return Plan("rule", steps, rule.answer or None, known if rule.answer else {})


def _bound(
    book: Rulebook, rule: Rule, query: Query, known: Mapping[str, JSON], prefix: str
) -> tuple[Step, ...]:
    kept = book.admission.kept(rule, query)
    return tuple(_step(book.templates, rule, step, known, prefix) for step in kept)


def _step(
    templates: Templates, rule: Rule, source: StepSource, known: Mapping[str, JSON], prefix: str
) -> Step:
    waiting = {name: value for name, value in source.args.items() if _reads_steps(templates, value)}
    args = {
        name: templates.value(value, known, f"{rule.id} args.{name}")
        for name, value in source.args.items()
        if name not in waiting
    }
    later: dict[str, JSON] = {"args": waiting} if waiting else {}
    message = None
    if source.use.scheme == "a2a":
        ask = source.ask or "{{ text }}"
        if "steps" in templates.names(ask):
            later["message"] = ask
        else:
            message = templates.text(ask, known, f"{rule.id} ask")
    return Step(
        id=prefix + source.id,
        use=source.use,
        args=args if source.use.scheme == "mcp" or args else None,
        message=message,
        needs=tuple(prefix + need for need in source.needs),
        later=later,
        values=known if later else {},
    )


def _reads_steps(templates: Templates, value: JSON) -> bool:
    return any("steps" in templates.names(template) for template in strings(value))
