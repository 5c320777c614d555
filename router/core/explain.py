"""Says why a query goes where it goes: a document for programs, a page for people. It decides nothing."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Final

    from router.core.book import Rulebook
    from router.core.decision import Decision, Verdict
    from router.core.plan import JSON, Plan, Step
    from router.core.query import Query

MOST_NEAR: Final = 5
"""Near misses on a page; the document has them all."""


def document(query: Query, decision: Decision, plan: Plan | None, fallback: str | None) -> dict[str, JSON]:
    """Return what `ts explain --json` prints; `fallback` is what would be asked where no rule decides."""
    source = "rule" if decision.kind == "rule" else fallback
    told = plan.to_dict() if plan else {"from": source, "steps": []}
    return {
        "query": query.to_dict(),
        "decision": decision.to_dict(),
        "plan": told,
        "verdicts": [verdict.to_dict() for verdict in decision.verdicts],
    }


def page(decision: Decision, plan: Plan | None = None, fallback: str | None = None) -> str:
    """Return the reasons as lines of text, the outcome first.

    `fallback` is who would be asked where no rule decides, empty for nobody; None leaves that out.
    """
    reasons = (*_verdicts(decision, MOST_NEAR), *_foot(decision))
    return "\n".join((*_headline(decision), *_plan(plan, decision, fallback), *reasons))


def unrouted(decision: Decision, most_near: int) -> Iterator[str]:
    """Yield lines that say why nothing decides: the tie, what was left out, and the nearest misses."""
    if decision.kind == "tie":
        yield from _headline(decision)
    yield from _verdicts(decision, most_near)


def _headline(decision: Decision) -> Iterator[str]:
    if decision.kind == "rule":
        yield f"rule {decision.rule}  ({decision.at}, layer {decision.layer})"
        for verdict in decision.verdicts:
            if verdict.rule == decision.rule:
                yield f"  matched  {_listed(verdict.matched)}"
        if decision.slots:
            yield "  slots    " + ", ".join(f"{name} = {value!r}" for name, value in decision.slots.items())
    elif decision.kind == "tie":
        yield f"tie in layer {decision.layer}: {_listed(decision.tied)}"
        yield "  none of them asks for everything that another asks for; to settle it, give one a condition"
        yield f'  that the others lack, or say in it: beats = ["{decision.tied[-1]}"]'
    else:
        yield "no rule matches"


def _plan(plan: Plan | None, decision: Decision, fallback: str | None) -> Iterator[str]:
    if plan is not None:
        yield from plan_lines(plan)
    elif decision.kind != "rule" and fallback is not None:
        yield f"  {fallback} would be asked" if fallback else "  nobody would be asked: `ts q` fails"


def plan_lines(plan: Plan) -> Iterator[str]:
    """Yield lines that show a plan's steps, and which come after which."""
    yield f"plan from {plan.source}"
    for step in plan.steps:
        yield from _step(step)


def _step(step: Step) -> Iterator[str]:
    needs = f"  after {_listed(step.needs)}" if step.needs else ""
    yield f"  {step.id}  {step.use}{needs}"
    given = {**(step.args or {}), **step.later.get("args", {})}
    for name, value in given.items():
        yield f"       {name} = {value!r}"
    message = step.message if step.message is not None else step.later.get("message")
    if message is not None:
        yield f"       message = {message!r}"


def _verdicts(decision: Decision, most_near: int) -> Iterator[str]:
    near = sorted(
        (each for each in decision.verdicts if each.verdict == "near"),
        key=lambda each: (-len(each.matched), each.rule),
    )
    others = [each for each in decision.verdicts if each.verdict != "near" and each.rule != decision.rule]
    for verdict in (*others, *near[:most_near]):
        yield f"{verdict.verdict:<9}{verdict.rule}{_reason(verdict)}"
    if len(near) > most_near:
        yield f"         and {len(near) - most_near} more near misses (--json has them all)"


def _reason(verdict: Verdict) -> str:
    if verdict.because == "narrower":
        return f": {verdict.by} asks for everything it asks for, and more"
    if verdict.because == "beats":
        return f": {verdict.by} names it in beats"
    if verdict.because == "agrees":
        return f": would do the same as {verdict.by}"
    if verdict.verdict == "filtered":
        flags = "-w" if verdict.because == "words" else "-f/-u/-e"
        return f": its targets are left out by {verdict.because} ({flags})"
    if verdict.verdict == "near":
        return f": lacks {_listed(verdict.missing)}; has {_listed(verdict.matched)}"
    return f": {verdict.because}" if verdict.because else ""


def _foot(decision: Decision) -> Iterator[str]:
    yield f"decision {decision.id}  revision {decision.revision}"


def _listed(words: Iterable[str]) -> str:
    return ", ".join(words)


def wanted(book: Rulebook, query: Query, decision: Decision, rule_id: str) -> Iterator[str]:
    """Yield lines that hold one rule against the query, clause by clause. Raises KeyError."""
    rule = book.find(rule_id)
    if rule is None:
        raise KeyError(rule_id)
    match = book.match(rule, query)
    verdict = next((each for each in decision.verdicts if each.rule == rule.id), None)
    yield (
        f"{rule.id}  ({rule.at}, layer {rule.layer}): {verdict.verdict if verdict else 'does not match'}"
        + (_reason(verdict) if verdict and verdict.verdict != "near" else "")
    )
    for each in match.matched:
        yield f"  has    {each}"
    for each in match.missing:
        yield f"  lacks  {each}"
