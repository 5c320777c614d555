"""Makes a plan of a decision: renders what the winner's and the added rules' steps are given."""

from __future__ import annotations

from router.core.plan import Plan, Step
from router.core.rendering import Rendering
from router.core.values import values

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from router.core.book import Rulebook
    from router.core.decision import Decision
    from router.core.flat import FlatRule
    from router.core.plan import JSON, StepSource
    from router.core.query import Query


def bind(book: Rulebook, decision: Decision, query: Query) -> Plan | None:
    """Return the plan of a decision by a rule, or None for a tie or none.

    Values whose templates read results of earlier steps stay in `Step.later`. Steps of an added rule
    are called `rule id:step id`. Raises BindingFailed where a template cannot be rendered.
    """
    if decision.rule is None:
        return None
    reading = book.normaliser.read(query.text)
    rule = book.flat(decision.rule)
    known = values(query, rule.id, rule.slots, decision.slots)
    steps = _bound(book, rule, query, known, prefix="")
    for id_ in decision.added:
        added = book.flat(id_)
        slots = added.match(reading, query) or {}
        steps += _bound(book, added, query, values(query, id_, added.slots, slots), prefix=f"{id_}:")
    return Plan("rule", steps, rule.answer or None, known if rule.answer else {})


def _bound(
    book: Rulebook, rule: FlatRule, query: Query, known: Mapping[str, JSON], prefix: str
) -> tuple[Step, ...]:
    rendering = Rendering(rule.plain, book.open_templates)
    kept = book.admission.kept(rule, query)
    return tuple(_step(rendering, rule, step, known, prefix) for step in kept)


def _step(
    rendering: Rendering, rule: FlatRule, source: StepSource, known: Mapping[str, JSON], prefix: str
) -> Step:
    waiting = {name: value for name, value in source.args.items() if name in source.later}
    args = {
        name: rendering.value(value, known, f"{rule.id} args.{name}")
        for name, value in source.args.items()
        if name not in waiting
    }
    later: dict[str, JSON] = {"args": waiting} if waiting else {}
    message = None
    if source.use.scheme == "a2a":
        if source.ask_later:
            later["message"] = source.ask
        else:
            message = rendering.text(source.ask, known, f"{rule.id} ask") if source.ask else known["text"]
    return Step(
        id=prefix + source.id,
        use=source.use,
        args=args if source.use.scheme == "mcp" or args else None,
        message=message,
        needs=tuple(prefix + need for need in source.needs),
        later=later,
        values=known if later else {},
    )
