"""Other people's engines, given rules that mean what the made up ones mean.

Where an engine cannot say what a rule says, it is given less to do, never more: see docs/benchmarks.md.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from benchmarks.projects import FILLERS, Made

Answer = str | None
"""The name of a rule, or None where no rule takes the query."""
Ask = Callable[[str], Answer]


@dataclass(frozen=True, slots=True)
class Engine:
    """One engine, and how far it goes."""

    name: str
    package: str
    """What is installed; empty for what comes with Python."""
    build: Callable[[Sequence[Made]], Ask]
    largest: int = 10_000
    """Rules at most that it reads and answers within a minute and a few GB."""


def patterns(rules: Sequence[Made]) -> Ask:
    """Try Python's regular expressions one after another; the first that matches decides."""
    compiled = [(re.compile(_pattern(rule)), rule.name) for rule in rules]

    def ask(text: str) -> Answer:
        lower = text.lower()
        return next((name for pattern, name in compiled if pattern.match(lower)), None)

    return ask


def sentences(rules: Sequence[Made]) -> Ask:
    """Give hassil the sentences that rules for words take in these queries, and templates as they are."""
    import hassil

    intents = hassil.Intents.from_dict(
        {
            "language": "en",
            "intents": {rule.name: {"data": [{"sentences": _sentences(rule)}]} for rule in rules},
            "expansion_rules": {"filler": f"({'|'.join(FILLERS)})"},
            "lists": {
                "ticket": {"wildcard": True},
                "rest": {"wildcard": True},
                "n": {"range": {"from": 0, "to": 1_000}},
            },
        }
    )

    def ask(text: str) -> Answer:
        found = hassil.recognize_best(text, intents)
        return found.intent.name if found is not None else None

    return ask


def table(rules: Sequence[Made]) -> Ask:
    """Give GoRules' engine a decision table with a row for each rule; the first row that holds decides."""
    import zen

    content = {
        "hitPolicy": "first",
        "inputs": [{"id": name, "name": name, "field": name} for name in ("words", "text")],
        "outputs": [{"id": "rule", "name": "rule", "field": "rule"}],
        "rules": [_cells(rule) for rule in rules],
    }
    nodes = [("in", "inputNode", {}), ("table", "decisionTableNode", content), ("out", "outputNode", {})]
    graph = {
        "nodes": [
            {"id": name, "type": kind, "name": name, "position": {"x": 0, "y": 0}, "content": content}
            for name, kind, content in nodes
        ],
        "edges": [
            {"id": f"{one}-{two}", "sourceId": one, "targetId": two, "type": "edge"}
            for one, two in (("in", "table"), ("table", "out"))
        ],
    }
    decision = zen.ZenEngine().create_decision(json.dumps(graph))

    def ask(text: str) -> Answer:
        words = text.lower().split()
        answer: Answer = decision.evaluate({"words": words, "text": " ".join(words)})["result"].get("rule")
        return answer

    return ask


def utterances(rules: Sequence[Made]) -> Ask:
    """Give semantic-router the very queries, under its own TF-IDF; what resembles none has no route."""
    from semantic_router import IndexedRouter, Route
    from semantic_router.encoders import DenseEncoder, TfidfEncoder

    def nothing(_: object, texts: Sequence[object]) -> list[list[float]]:
        return [[1.0] for _ in texts]

    # it takes a sparse encoder only beside a dense one, which then has no weight
    dense: Any = type("Nothing", (DenseEncoder,), {"__call__": nothing})
    route = IndexedRouter(
        encoder=dense(name="nothing"),
        routes=[Route(name=rule.name, utterances=list(rule.queries)) for rule in rules],
        sparse_encoder=TfidfEncoder(),
        alpha=0.0,
        top_k=1,
        confidence_threshold=0.01,
    )

    def ask(text: str) -> Answer:
        answer: Answer = getattr(route(text), "name", None)
        return answer

    return ask


ENGINES: Final = (
    Engine("`re`, one pattern after another", "", patterns),
    Engine("hassil", "hassil", sentences),
    Engine("GoRules", "zen-engine", table),
    Engine("semantic-router, TF-IDF", "semantic-router", utterances),
)


def _pattern(rule: Made) -> str:
    verb, noun, other = map(re.escape, rule.words)
    if rule.kind == "words":
        return "".join(rf"(?=.*\b{word}\b)" for word in rule.words) + r"(?!.*\bpolicy\b)"
    if rule.kind == "shape":
        return rf"(?=.*\b{verb}\b)(?=.*\b{noun}\W+{other}\b).*\b(?P<ticket>[a-z]{{2,5}}-\d+)\b"
    rest = r"(?:\W+(?P<{}>.+))?$"
    first = rf"(?:please\W+)?{verb}\W+(?:the\W+)?{noun}\W+{other}{rest.format('first')}"
    second = rf"(?:{noun}|{other})\W+{verb}\W+(?P<n>[+-]?\d{{1,18}})\W+{noun}{rest.format('second')}"
    return f"{first}|{second}"


def _sentences(rule: Made) -> list[str]:
    verb, noun, other = rule.words
    if rule.kind == "words":
        return [f"[<filler>] {verb} [the] {noun} [of] {other}", f"[<filler>] {verb} {other} [and] {noun}"]
    if rule.kind == "shape":
        return [f"[<filler>] {verb} [the] {noun} {other} [of] {{ticket}}"]
    return [
        f"[please] {verb} [the] {noun} {other} [{{rest}}]",
        f"({noun}|{other}) {verb} {{n}} {noun} [{{rest}}]",
    ]


def _cells(rule: Made) -> dict[str, str]:
    verb, noun, other = rule.words
    wanted = (verb, noun) if rule.kind == "sentence" else rule.words
    words = " and ".join(f'"{word}" in $' for word in wanted)
    text = ""
    if rule.kind == "words":
        words += ' and not ("policy" in $)'
    elif rule.kind == "shape":
        text = rf'contains($, "{noun} {other}") and matches($, "\b[a-z]{{2,5}}-[0-9]+\b")'
    else:
        text = f'matches($, "^({_template(rule)})( .+)?$")'
    return {"_id": rule.name, "words": words, "text": text, "rule": f'"{rule.name}"'}


def _template(rule: Made) -> str:
    verb, noun, other = rule.words
    return f"(please )?{verb} (the )?{noun} {other}|({noun}|{other}) {verb} [+-]?[0-9]+ {noun}"
