"""`ts learn`: rules made of what models answered, proposed on trial and made live."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Annotated

import anyio
import typer

from router.cli import asking, show
from router.config import Project, load_project
from router.core.findings import Findings
from router.core.plan import JSON
from router.errors import CorpusRefused, QueryRefused
from router.learn import landing
from router.learn.private import masked
from router.learn.proposing import Proposal, Proposed, propose
from router.learn.proving import witnesses
from router.learn.taught import Answered, Taught, answered, read_taught, taught
from router.ledger.record import LONG_AGO
from router.loading import catalogue, ledger
from router.rulebook.compare_formats import FORMATS
from router.rulebook.corpus import Corpus, read_corpus
from router.rulebook.formats import counted
from router.rulebook.read import Reading
from router.rulebook.tree import Directory
from router.toml.read import read_text

NOBODY = (
    "no answer of a model is recorded here that was carried out: ask with ts q, or name a record with --from"
)
KEEP = (
    "add its questions to corpus/queries.txt, so that the team keeps them, then ts rules check and"
    " ts snapshot update"
)
LOOKED_BACK = "30d"
"""How far `ts rules try` is told to look back for what taught."""

Name = Annotated[str, typer.Argument(metavar="RULE", help="The id of a rule that is in shadow.")]
Samples = Annotated[int, typer.Option(metavar="N", min=0, help="Changes shown for each cause.")]


def learn(from_file: Path | None, *, dry_run: bool, as_json: bool) -> int:
    """Propose rules, in shadow, of what models answered, and prove each on the record."""
    project = load_project(Path.cwd())
    return _alone(project, partial(_learned, project, from_file, dry_run=dry_run, as_json=as_json))


def _alone(project: Project, work: Callable[[], int]) -> int:
    """Do it while no other `ts learn` is at work in the project, which would lose what this one writes."""
    return anyio.run(landing.alone_in, project.home, project.directory, work)


def _learned(project: Project, from_file: Path | None, *, dry_run: bool, as_json: bool) -> int:
    tree = Directory(project.directory)
    corpus = _corpus(tree)
    asked = tuple(_asked(project))
    found = taught(asked) if from_file is None else _from(from_file)
    if not found:
        raise QueryRefused(NOBODY)
    answers = tuple(answered(asked))
    reading = Reading(tree, project.settings)
    made = propose(reading, found, witnesses(found, corpus, answers), catalogue(project).offers())
    files = () if dry_run else landing.land(project.directory, made.proposals)
    if as_json:
        show.document(_told(made, files))
        return 0
    for each in made.proposals:
        for line in _proposal(each, written=each.file in files and each.holds, dry_run=dry_run):
            show.data(line)
    _summary(made, found, corpus, answers)
    if files:
        log = f"--log {LOOKED_BACK} " if from_file is None else ""
        holding = [each for each in made.proposals if each.holds]
        show.notes(_next(holding, log, recorded=bool(log or corpus.all)))
    return 0


def promote(rule: Name, samples: Samples = 10, as_json: asking.AsJson = False) -> int:
    """Make a rule live that is in shadow, and show which recorded queries go another way."""
    project = load_project(Path.cwd())
    return _alone(project, partial(_promoted, project, rule, samples, as_json=as_json))


def _promoted(project: Project, rule: str, samples: int, *, as_json: bool) -> int:
    tree = Directory(project.directory)
    records = (*_corpus(tree).all, *(each.recorded for each in answered(_asked(project))))
    reading, offers = Reading(tree, project.settings), catalogue(project).offers()
    made = landing.promote(project.directory, reading, rule, records, offers)
    made.write()
    title = f"{made.rule.id} live"
    if as_json:
        told = {"rule": made.rule.id, "file": made.file.file, "changes": made.changes}
        show.document({**told, **made.comparison.to_dict()})
    else:
        show.data(FORMATS["text"](made.comparison, title, samples, "").rstrip("\n"))
        if warning := _warning(made.changes, " and ".join(str(step.use) for step in made.rule.steps)):
            show.note(warning)
        show.note(f"{made.rule.id} is live, in {made.file.file}; {KEEP}")
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
        if each.task:
            continue
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


def _proposal(each: Proposal, *, written: bool, dry_run: bool) -> Iterator[str]:
    """Yield the table, what the record says of it, and where it went."""
    yield each.table.rstrip("\n")
    proof = each.proof
    more = f", {counted(len(proof.unknown), 'recorded query')} that nobody answered" if proof.unknown else ""
    dry = " (dry run)" if dry_run and each.holds else ""
    where = f"in shadow, in {each.file}" if written else f"not written{dry}"
    right = counted(len(proof.right), "question")
    yield f"{each.id}: {right} for, {len(proof.against)} against{more}; {where}"
    if warning := _warning(each.changes, each.draft.first.taught.use):
        yield f"  {warning}"
    for contradiction in proof.against:
        yield f"  against: {contradiction}"
    for text in proof.unknown:
        yield f'  takes: "{text}"'
    yield ""


def _summary(made: Proposed, found: Sequence[Taught], corpus: Corpus, answers: Sequence[Answered]) -> None:
    for each in made.left_out:
        show.note(f'left out: "{masked(" ".join(each.taught.text.split()))}": {each.because}')
    holding = sum(each.holds for each in made.proposals)
    parts = (
        f"{counted(len(found), 'question')} taught",
        f"{len(made.covered)} that rules give already",
        f"{len(made.left_out)} left out",
        f"{counted(len(made.proposals), 'rule')} proposed, {len(made.proposals) - holding} contradicted",
        f"held against {counted(len(corpus.all) + len(answers), 'recorded query')}",
    )
    show.data(" · ".join(parts))


def _warning(changes: bool | None, use: str) -> str:
    """Return what a reviewer should know of a call, or nothing where it only reads."""
    if changes is None:
        return f"{use} is not in the catalogue, so whether it changes things is not known; ts discover asks"
    return f"changes things: nothing says that {use} only reads" if changes else ""


def _next(written: Sequence[Proposal], log: str, *, recorded: bool) -> Iterator[str]:
    """Yield the commands that show what was written, as far as questions are recorded, and make it live."""
    for file in dict.fromkeys(each.file for each in written) if recorded else ():
        yield f"to look at what it takes: ts rules try {log}{file}"
    for each in written:
        yield f"to make it live: ts learn promote {each.id}"


def _told(made: Proposed, files: Sequence[str]) -> dict[str, JSON]:
    return {
        "taught": made.taught,
        "proposals": [
            {**each.to_dict(), "written": each.holds and each.file in files} for each in made.proposals
        ],
        "covered": [each.to_dict() for each in made.covered],
        "left_out": [each.to_dict() for each in made.left_out],
    }
