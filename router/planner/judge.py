"""Judges a model's plan: its shape, targets, arguments and order; what passes can be carried out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Final

from router.core.arguments import faults as argument_faults
from router.core.findings import nearest
from router.core.plan import JSON, Plan, Step, Target, in_order
from router.errors import PlanRefused
from router.planner.showing import Entry, Shown

MOST_FAULTS: Final = 12
"""That a model is told at once."""
LONGEST_FAULT: Final = 300
"""Characters; a model may name a target of any length."""
LONGEST_ID: Final = 64
_KEYS: Final = frozenset({"id", "use", "args", "message", "needs"})


def judged(found: JSON, shown: Shown, most_steps: int) -> tuple[Plan | None, tuple[str, ...]]:
    """Return the plan, or None and what is wrong with it. Never raises."""
    listed = found.get("steps") if isinstance(found, dict) else None
    if not isinstance(listed, list):
        return None, ('"steps" must be a list',)
    if not listed:
        return None, ("there are no steps",)
    if len(listed) > most_steps:
        return None, (f"there are {len(listed)} steps; at most {most_steps} are allowed",)
    faults: list[str] = []
    steps: list[Step] = []
    for number, each in enumerate(listed, 1):
        step, wrong = _step(each, number, shown)
        faults += [f"step {number}: {fault}" for fault in wrong]
        if step is not None:
            steps.append(step)
    if not faults:
        try:
            in_order(tuple(steps))
        except PlanRefused as error:
            faults.append(error.reason)
    if faults:
        return None, tuple(map(_shortened, faults[:MOST_FAULTS]))
    return Plan("planner", tuple(steps)), ()


def _step(told: JSON, number: int, shown: Shown) -> tuple[Step | None, list[str]]:
    if not isinstance(told, dict):
        return None, ["must be an object"]
    faults = [f'unknown key "{key}"' for key in told if key not in _KEYS]
    entry = _entry(told.get("use"), shown)
    if isinstance(entry, str):
        return None, [*faults, entry]
    id_ = told.get("id", str(number))
    id_ = str(id_) if isinstance(id_, int) and not isinstance(id_, bool) else id_
    if not isinstance(id_, str) or ":" in id_ or not id_.isprintable() or not 0 < len(id_) <= LONGEST_ID:
        faults.append('"id" must be a string such as "1"')
    needs = told.get("needs") or []
    if isinstance(needs, list):
        needs = [str(each) if isinstance(each, int) else each for each in needs]
    if not isinstance(needs, list) or not all(isinstance(each, str) for each in needs):
        faults.append('"needs" must be a list of ids')
        needs = []
    args, message, wrong = _given(told, entry)
    faults += wrong
    if faults:
        return None, faults
    return Step(id_, entry.target, args, message, tuple(dict.fromkeys(needs))), []


def _entry(use: JSON, shown: Shown) -> Entry | str:
    """Return what a step uses, or what is wrong with it."""
    try:
        target = Target.parse(use) if isinstance(use, str) else None
    except ValueError as error:
        return str(error)
    if target is None:
        return '"use" must be one of the targets listed'
    entry = shown.find(target)
    if entry is None:
        hint = nearest(str(target), [str(each.target) for each in shown.entries])
        return f'"{target}" is not one of the targets listed' + (f"; {hint}" if hint else "")
    return entry


def _given(told: dict[str, JSON], entry: Entry) -> tuple[dict[str, JSON] | None, str | None, list[str]]:
    """Return the arguments of a tool or the message to an agent, and what is wrong with them."""
    if entry.target.scheme == "a2a":
        message = told.get("message") or ""
        if not isinstance(message, str) or not message.strip():
            return None, None, ['an agent needs a "message"']
        if not _is_whole(message):
            return None, None, ['"message" holds half a character']
        return None, message, []
    args = _arguments(told.get("args"))
    if args is None:
        return None, None, ['"args" must be a JSON object written as a string']
    return args, None, list(_unfit(entry, args))


def _arguments(args: JSON) -> dict[str, JSON] | None:
    if isinstance(args, str):
        try:
            args = json.loads(args) if args.strip() else {}
        except (ValueError, RecursionError):
            return None
    if args is None:
        return {}
    return args if isinstance(args, dict) else None


def _unfit(entry: Entry, args: dict[str, JSON]) -> Iterator[str]:
    try:
        written = json.dumps(args, ensure_ascii=False, allow_nan=False)
    except (ValueError, RecursionError):
        yield '"args" holds a number that JSON does not know'
        return
    if not _is_whole(written):
        yield '"args" holds half a character'
        return
    yield from argument_faults(entry.input_schema, args)


def _is_whole(text: str) -> bool:
    """Whether a text can be sent: JSON may escape half of a character, which no encoding has."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _shortened(fault: str) -> str:
    """Return a fault as it can be told and printed, whatever a model called its targets."""
    plain = "".join(each if each.isprintable() else "?" for each in fault[:LONGEST_FAULT])
    return plain + ("…" if len(fault) > LONGEST_FAULT else "")
