"""`ts rules list` and `ts rules show`: the rules that there are, and one of them whole."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated

import typer

from router.cli import asking, show
from router.core.book import Rulebook
from router.core.findings import Findings, nearest, nearest_or_all
from router.core.plan import JSON
from router.core.rule import STAGES, Rule
from router.errors import QueryRefused
from router.loading import loaded
from router.rulebook.formats import counted
from router.rulebook.tree import Directory
from router.toml.positions import Positions

Layer = Annotated[str, typer.Option(metavar="LAYER", help="Only rules of this layer.")]
Owner = Annotated[str, typer.Option(metavar="OWNER", help="Only rules of this owner.")]
Stage = Annotated[str, typer.Option(metavar="STAGE", help="Only rules of this stage: shadow, canary, live.")]
Target = Annotated[
    str, typer.Option("--use", metavar="TARGET", help="Only rules that call this, or a part of it.")
]
Name = Annotated[str, typer.Argument(metavar="RULE", help="The rule's id, or an earlier one.")]


def list_rules(
    layer: Layer = "", owner: Owner = "", stage: Stage = "", use: Target = "", as_json: asking.AsJson = False
) -> int:
    """List the rules with layer, stage, owner and targets."""
    _, book = loaded()
    wanted = {"layer": layer, "owner": owner, "stage": stage}
    owners = {rule.owner for rule in book.rules.values() if rule.owner}
    for name, known in (("layer", book.settings.layers), ("owner", owners), ("stage", STAGES)):
        if wanted[name] and wanted[name] not in known:
            hint = nearest_or_all(wanted[name], known)
            raise QueryRefused(f'no rule has the {name} "{wanted[name]}"; {hint}')
    targets = {target for rule in book.rules.values() for target in _targets(rule)}
    if not any(use in target for target in targets) and use:
        raise QueryRefused(f'no rule calls "{use}"; {nearest(use, targets)}'.rstrip("; "))
    found = [
        rule
        for rule in book.rules.values()
        if all(not value or getattr(rule, name) == value for name, value in wanted.items())
        and any(use in target for target in _targets(rule))
    ]
    found.sort(key=lambda rule: (book.settings.layers.index(rule.layer), rule.id))
    if as_json:
        show.document([_told(rule) for rule in found])
        return 0
    rows = [(rule.id, rule.layer, rule.stage, rule.owner or "-", ", ".join(_targets(rule))) for rule in found]
    for line in _columns(rows):
        show.data(line)
    show.note(counted(len(found), "rule"))
    return 0


def show_rule(name: Name, as_json: asking.AsJson = False) -> int:
    """Show one rule: as it is written, what it asks for with its lists written out, and its neighbours."""
    project, book = loaded()
    rule = book.find(name)
    if rule is None:
        raise QueryRefused(f'there is no rule "{name}"; {nearest(name, book.rules)}'.rstrip("; "))
    text = Directory(project.directory).text(rule.file, Findings()) or ""
    written = Positions(text).table_text(rule.id.partition(".")[2])
    wider, narrower = _neighbours(book, rule)
    if as_json:
        more: dict[str, JSON] = {"asks": list(_asks(rule)), "wins_over": wider, "loses_to": narrower}
        show.document({**_told(rule), **more, "slots": _slots(rule), "written": written})
        return 0
    show.data(f"{rule.id}  ({rule.at}, layer {rule.layer}, {rule.stage})\n\n{written}\n")
    sections = (
        ("asks for", list(_asks(rule))),
        ("slots", [f"{slot or name}" for name, slot in rule.slots.items()]),
        ("wins over", wider),
        ("loses to", narrower),
    )
    for title, lines in sections:
        for number, line in enumerate(lines):
            show.data(f"{title if not number else '':9}  {line}")
    return 0


def _told(rule: Rule) -> dict[str, JSON]:
    return {
        "id": rule.id,
        "at": rule.at,
        "layer": rule.layer,
        "stage": rule.stage,
        "share": rule.share,
        "owner": rule.owner,
        "why": rule.why,
        "until": rule.until,
        "adds": rule.adds,
        "use": list(_targets(rule)),
        "yes": list(rule.yes),
        "no": list(rule.no),
    }


def _targets(rule: Rule) -> Iterator[str]:
    return (str(step.use) for step in rule.steps)


def _slots(rule: Rule) -> dict[str, JSON]:
    return {name: slot.type if slot else "text" for name, slot in rule.slots.items()}


def _asks(rule: Rule) -> Iterator[str]:
    """Yield each clause with all its alternatives."""
    for clause in rule.condition.clauses:
        yield " or ".join(str(atom) for atom in clause.atoms)
    yield from (f"not {word}" for word in rule.condition.none)


def _neighbours(book: Rulebook, rule: Rule) -> tuple[list[str], list[str]]:
    """Return the rules of its layer to which it is preferred, and those that are preferred to it."""
    others = (each for each in book.rules.values() if each.layer == rule.layer and each is not rule)
    competing = [each for each in others if each.competes and rule.competes]
    return (
        [each.id for each in competing if book.wins_over(rule, each)],
        [each.id for each in competing if book.wins_over(each, rule)],
    )


def _columns(rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)] if rows else []
    for row in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
