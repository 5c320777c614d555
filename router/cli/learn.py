"""`ts learn`: rules made of what models answered, proposed on trial and made live."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated

import typer

from router.cli import asking, show
from router.config import Project, load_project
from router.core.findings import Findings
from router.core.plan import JSON
from router.errors import CorpusRefused, QueryRefused
from router.learn import landing
from router.learn.proposing import Proposal, Proposed, propose
from router.learn.proving import witnesses
from router.learn.taught import Answered, Taught, answered, read_taught, taught
from router.ledger.record import LONG_AGO
from router.loading import ledger
from router.rulebook.compare_formats import FORMATS
from router.rulebook.corpus import Corpus, read_corpus
from router.rulebook.formats import counted
from router.rulebook.read import Reading
from router.rulebook.tree import Directory
from router.toml.read import read_text

NOBODY = (
    "no answer of a model is recorded here that was carried out: ask with ts q, or name a record with --from"
)

Name = Annotated[str, typer.Argument(metavar="RULE", help="The id of a rule that is in shadow.")]
Samples = Annotated[int, typer.Option(metavar="N", min=0, help="Changes shown for each cause.")]


def learn(from_file: Path | None, *, dry_run: bool, as_json: bool) -> int:
    """Propose rules, in shadow, of what models answered, and prove each on the record."""
    project = load_project(Path.cwd())
    tree = Directory(project.directory)
    corpus = _corpus(tree)
    asked = tuple(_asked(project))
    found = taught(asked) if from_file is None else _from(from_file)
    if not found:
        raise QueryRefused(NOBODY)
    answers = tuple(answered(asked))
    reading = Reading(tree, project.settings)
    made = propose(reading, found, witnesses(found, corpus, answers))
    files = () if dry_run else landing.land(project.directory, made.proposals)
    if as_json:
        show.document(_told(made, files))
        return 0
    for each in made.proposals:
        for line in _proposal(each, written=each.file in files and each.holds):
            show.data(line)
    _summary(made, found, corpus, answers)
    return 0


def promote(rule: Name, samples: Samples = 10, as_json: asking.AsJson = False) -> int:
    """Make a rule live that is in shadow, and show which recorded queries go another way."""
    project = load_project(Path.cwd())
    tree = Directory(project.directory)
    records = (*_corpus(tree).all, *(each.recorded for each in answered(_asked(project))))
    made = landing.promote(project.directory, Reading(tree, project.settings), rule, records)
    made.write()
    title = f"{made.rule.id} live"
    if as_json:
        show.document({"rule": made.rule.id, "file": made.file.file, **made.comparison.to_dict()})
    else:
        show.data(FORMATS["text"](made.comparison, title, samples, "").rstrip("\n"))
        show.note(f"{made.rule.id} is live, in {made.file.file}; ts rules check, then ts snapshot update")
    return 0


def _corpus(tree: Directory) -> Corpus:
    """Return the recorded queries. Raises CorpusRefused where a line cannot be read."""
    corpus = read_corpus(tree)
    if corpus.problems:
        raise CorpusRefused(corpus.problems)
    return corpus


def _asked(project: Project) -> Iterator[dict[str, JSON]]:
    """Yield what was asked in a project, each with the day on which it was asked here."""
    for each in ledger(project).since(LONG_AGO):
        known = each.time != LONG_AGO
        local = each.time.astimezone().isoformat() if known else ""
        yield {**each.to_dict(), "time": local}


def _from(file: Path) -> tuple[Taught, ...]:
    """Return what a file teaches. Raises CorpusRefused, with every line that is wrong."""
    findings = Findings()
    if not file.exists():
        raise QueryRefused(f"--from {file}: there is no such file")
    text = read_text(file, str(file), findings)
    found = read_taught(str(file), text, findings) if text is not None else ()
    if findings.problems:
        raise CorpusRefused(tuple(findings.problems))
    return found


def _proposal(each: Proposal, *, written: bool) -> Iterator[str]:
    """Yield the table, what the record says of it, and where it went."""
    yield each.table.rstrip("\n")
    proof = each.proof
    more = f", {counted(len(proof.unknown), 'recorded query')} that nobody answered" if proof.unknown else ""
    where = f"in shadow, in {each.file}" if written else "not written"
    yield f"{each.id}: {len(proof.right)} for, {len(proof.against)} against{more}; {where}"
    for contradiction in proof.against:
        yield f"  against: {contradiction}"
    for text in proof.unknown:
        yield f'  takes: "{text}"'
    yield ""


def _summary(made: Proposed, found: Sequence[Taught], corpus: Corpus, answers: Sequence[Answered]) -> None:
    for each in made.left_out:
        show.note(f'left out: "{" ".join(each.taught.text.split())}": {each.because}')
    holding = sum(each.holds for each in made.proposals)
    parts = (
        f"{counted(len(found), 'question')} taught",
        f"{len(made.covered)} that rules give already",
        f"{len(made.left_out)} left out",
        f"{counted(len(made.proposals), 'rule')} proposed, {len(made.proposals) - holding} contradicted",
        f"held against {counted(len(corpus.all) + len(answers), 'recorded query')}",
    )
    show.data(" · ".join(parts))
    if holding:
        show.note("to look at one: ts rules try FILE; to make one live: ts learn promote RULE")


def _told(made: Proposed, files: Sequence[str]) -> dict[str, JSON]:
    return {
        "taught": made.taught,
        "proposals": [
            {**each.to_dict(), "written": each.holds and each.file in files} for each in made.proposals
        ],
        "covered": [each.to_dict() for each in made.covered],
        "left_out": [each.to_dict() for each in made.left_out],
    }
