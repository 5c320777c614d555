"""What templates may name: slots, and the query with its context; results of steps are in results.py."""

from __future__ import annotations

from router.core.query import MODES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Final

    from router.core.plan import JSON
    from router.core.query import Query

VALUES: Final = frozenset({"text", "cwd", "repository", "facts", "modes", "words", "time", "attached"})
"""Always there, beside a rule's own slots."""
ANSWER_VALUES: Final = VALUES | {"steps", "result"}
"""What an `answer` may name as well."""


def values(
    query: Query, rule_id: str, types: Mapping[str, str], slots: Mapping[str, JSON]
) -> dict[str, JSON]:
    """Return what a rule's templates may name: every slot, None where it took nothing, and the query.

    `types` are those of the rule's slots. Raises BindingFailed where a day such as `today` needs the query's
    time and it has none.
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
    for name, slot_type in types.items():
        value = slots.get(name)
        if slot_type == "date" and value is not None:
            from router.core.slots import resolved_day

            try:
                value = resolved_day(value, query.time)
            except (ValueError, OverflowError) as error:
                from router.errors import BindingFailed

                raise BindingFailed(f"{rule_id} slot {name}", str(error)) from error
        found[name] = value
    return found
