"""What templates may name: slots, the query and its context, and the results of earlier steps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from router.core.outcome import StepOutcome
from router.core.plan import JSON
from router.core.query import MODES, Query
from router.core.rule import Rule
from router.core.slots import resolved_day
from router.core.template import parsed_json
from router.errors import BindingFailed

VALUES: Final = frozenset({"text", "cwd", "repository", "facts", "modes", "words", "time", "attached"})
"""Always there, beside a rule's own slots."""
ANSWER_VALUES: Final = VALUES | {"steps", "result"}
"""What an `answer` may name as well."""


def values(query: Query, rule: Rule, slots: Mapping[str, JSON]) -> dict[str, JSON]:
    """Return what the rule's templates may name: every slot, None where it took nothing, and the query.

    Raises BindingFailed where a day such as `today` needs the query's time and it has none.
    """
    found: dict[str, JSON] = {
        "text": query.text,
        "cwd": query.cwd,
        "repository": query.repository,
        "facts": dict(query.facts),
        "modes": [mode for mode in MODES if mode in query.modes],
        "words": sorted(query.words),
        "time": query.time,
        "attached": [
            {"path": each.path, "media_type": each.media_type, "name": each.name} for each in query.attached
        ],
    }
    for name, slot in rule.slots.items():
        value = slots.get(name)
        if slot is not None and slot.type == "date" and value is not None:
            try:
                value = resolved_day(value, query.time)
            except (ValueError, OverflowError) as error:
                raise BindingFailed(f"{rule.id} slot {name}", str(error)) from error
        found[name] = value
    return found


def result_values(outcomes: Mapping[str, StepOutcome]) -> dict[str, JSON]:
    """Return `steps` and `result` (the last one) for templates: text, structured, json, state and error."""
    steps = {
        id_: {
            "text": each.result.text,
            "structured": each.result.structured,
            "json": parsed_json(each.result.text)
            if each.result.structured is None
            else each.result.structured,
            "content": [content.to_dict() for content in each.result.content],
            "state": each.state,
            "error": dict(each.error) if each.error else None,
        }
        for id_, each in outcomes.items()
    }
    return {"steps": steps, "result": steps[list(steps)[-1]] if steps else None}
