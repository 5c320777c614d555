"""`ts rules new`: write a rule for a question."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Annotated

import typer

from router.cli import asking, show
from router.config import Project, load_project
from router.core.query import Query
from router.loading import catalogue
from router.rulebook.check.recorded import asked, ties
from router.rulebook.compare import compare
from router.rulebook.corpus import Recorded, read_corpus, shown
from router.rulebook.formats import counted
from router.rulebook.new import NewRule, write_rule
from router.rulebook.tree import Directory

Use = Annotated[str, typer.Option(metavar="TARGET", help="What it calls, such as mcp:git/git_log.")]
Layer = Annotated[str, typer.Option(metavar="LAYER", help="A layer of ts.toml.")]
Topic = Annotated[str, typer.Option(metavar="TOPIC", help="The file's name; the server's by default.")]
Owner = Annotated[str, typer.Option(metavar="OWNER", help="Who answers for the rule.")]


def new(
    text: asking.Text,
    use: Use,
    layer: Layer = "team",
    topic: Topic = "",
    owner: Owner = "",
    as_json: asking.AsJson = False,
) -> int:
    """Write a rule that takes this question, show it, and say what it changes."""
    query = asking.query(text)
    project = load_project(Path.cwd())
    records = read_corpus(Directory(project.directory)).all
    written = write_rule(
        project.directory,
        project.settings,
        text=query.text,
        use=use,
        layer=layer,
        topic=topic,
        owner=owner,
        recorded=[each.query for each in records],
    )
    given = written.book.rules[written.id].steps[0].args
    notes = [*_moved(written, query, records), *_required(project, use, given)]
    if as_json:
        told = {"id": written.id, "file": written.file, "table": written.table, "notes": notes}
        show.document(told)
        return 0
    show.data(written.table.rstrip())
    show.note(f"wrote {written.id} to {written.file}")
    show.notes(notes)
    return 0


def _moved(written: NewRule, query: Query, records: tuple[Recorded, ...]) -> Iterator[str]:
    """Say where the question goes now, which ties the rule makes, and which recorded queries it takes."""
    own = Recorded(query, shown(query))
    decided, _ = asked(written.book, (own, *records))
    decision = decided[0].decision
    verdict = next((each.verdict for each in decision.matches if each.rule == written.id), "near")
    if verdict not in ("won", "tied"):
        where = decision.rule or "no rule"
        yield f"warning: this question goes to {where} ({verdict}); ts explain says why"
    for tie in ties(written.book, decided, ()):
        if written.id in tie.message.partition(" tie on ")[0].split(" and "):
            yield str(tie)
    changes = compare(written.before, written.book, records).changes
    taken = [each.query.shown for each in changes if each.query.shown != own.shown]
    if taken:
        count = counted(len(taken), "recorded query")
        yield f'{count} now go another way, such as "{taken[0]}"; ts rules diff HEAD'


def _required(project: Project, use: str, given: Collection[str]) -> Iterator[str]:
    """Say what the rule's call lacks, or that nobody knows."""
    offers = catalogue(project).offers()
    if not any(use.startswith(f"{offer.scheme}:{offer.name}") for offer in offers):
        name = use.partition(":")[2].partition("/")[0]
        yield f"what {use} takes is not known yet: ts discover {name}, then ts rules check"
    for offer in offers:
        for tool in offer.tools:
            required = (tool.input_schema or {}).get("required", [])
            missing = [name for name in required if name not in given]
            if missing and use == f"{offer.scheme}:{offer.name}/{tool.name}":
                yield f"the tool requires {', '.join(missing)}: say so in args = {{ … }}"
