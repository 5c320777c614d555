"""What answers may name of earlier steps: their results as templates see them."""

from __future__ import annotations

from collections.abc import Mapping

from router.core.outcome import StepOutcome
from router.core.plan import JSON
from router.core.template import parsed_json


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
