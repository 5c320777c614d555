"""`ts rules new`: write a rule for a question."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from router.cli import asking, show
from router.config import load_project
from router.rulebook.new import write_rule
from router.wiring import catalogue

Use = Annotated[str, typer.Option(metavar="TARGET", help="What it calls, such as mcp:git/git_log.")]
Layer = Annotated[str, typer.Option(metavar="LAYER", help="A layer of ts.toml.")]
Topic = Annotated[str, typer.Option(metavar="TOPIC", help="The file's name; the server's by default.")]
Owner = Annotated[str, typer.Option(metavar="OWNER", help="Who answers for the rule.")]


def new(text: asking.Text, use: Use, layer: Layer = "team", topic: Topic = "", owner: Owner = "") -> int:
    """Write a rule that takes this question, and show it."""
    query = asking.query(text)
    project = load_project(Path.cwd())
    written = write_rule(
        project.directory, project.settings, text=query.text, use=use, layer=layer, topic=topic, owner=owner
    )
    show.data(written.table.rstrip())
    show.note(f"wrote {written.id} to {written.file}")
    decision = written.book.decide(query)
    if decision.rule != written.id:
        others = decision.rule or ", ".join(decision.tied) or "no rule"
        show.note(f"warning: this question goes to {others} now; ts explain says why")
    for offer in catalogue(project).offers():
        for tool in offer.tools:
            required = (tool.input_schema or {}).get("required", [])
            if required and use == f"{offer.scheme}:{offer.name}/{tool.name}":
                show.note(f"the tool requires {', '.join(required)}: add them as args = {{ … }}")
    return 0
