"""Small projects written as one text, checked as `ts rules check` does; what a text leaves out is filled in.

Pages of Markdown hold pairs of them: a section for each, a fence in the form of a diff. Where a line holds
the replacement character the file holds a byte that is no UTF-8.
"""

from __future__ import annotations

import datetime as dt
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

from router.config import load_project
from router.ports import Offer, Tool
from router.rulebook.check import Report, check
from router.rulebook.corpus import read_corpus
from router.rulebook.read import Reading
from router.rulebook.tree import Directory

NO_UTF8: Final = "\N{REPLACEMENT CHARACTER}".encode()
TODAY: Final = dt.date(2026, 11, 22)
LOG: Final = {
    "type": "object",
    "properties": {"repo_path": {"type": "string"}, "max_count": {"type": "integer"}},
    "required": ["repo_path"],
}
OFFERS: Final = (
    Offer("mcp", "git", (Tool("git_log", input_schema=LOG), Tool("git_changes"))),
    Offer("mcp", "time", (Tool("now"), Tool("zones"))),
    Offer("a2a", "writer", (Tool("notes"),)),
)
PLAIN: Final = {
    "ts.toml": """
[mcp.git]
command = "git-server"
tools = { deny = ["git_push"], rename = { git_diff = "git_changes" } }
[mcp.time]
command = "time-server"
[mcp.useful]
command = "useful-server"
modes = ["useful"]
[a2a.writer]
url = "http://127.0.0.1:1/"
""",
    "rules/team/plain.toml": """
[plain]
owner = "@a"
when.all = "plain"
use = "mcp:time/now"
yes = "plain"
""",
    "corpus/queries.txt": "plain\n",
}
"""In which nothing is found."""
RULES: Final = "rules/team/rules.toml"
"""Where a text belongs that names no file before."""

_FILE: Final = re.compile(r"# (ts\.toml|(?:rules|prompts|corpus)/\S+)")
_SECTION: Final = re.compile(r"^## ([^\n]+)\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
_DIFF: Final = re.compile(r"```diff\n(.*?)```", re.DOTALL)
_HEADER: Final = re.compile(r"^\[([\w-]+)\]$", re.MULTILINE)


def files_of(text: str, first: str = RULES) -> dict[str, str]:
    """Return the files of a text: a line such as `# rules/guard/x.toml` begins the next one."""
    found: dict[str, list[str]] = {}
    name = first
    for line in text.splitlines():
        if opened := _FILE.fullmatch(line):
            name = opened[1]
            found[name] = []
        else:
            found.setdefault(name, []).append(line)
    return {name: "\n".join((*lines, "")) for name, lines in found.items() if name != first or any(lines)}


def sections(page: str) -> dict[str, str]:
    """Return the sections of a page of Markdown, by their headings."""
    return {found[1].strip("`"): found[2] for found in _SECTION.finditer(page)}


def pair(section: str) -> tuple[str, str]:
    """Return a project with the fault that a section is about, and the same one repaired."""
    lines = [line for diff in _DIFF.findall(section) for line in diff.splitlines()]
    broken, repaired = ([line[1:] for line in lines if line[:1] != left] for left in "+-")
    return "\n".join(broken), "\n".join(repaired)


def pairs(path: Path) -> dict[str, tuple[str, str]]:
    """Return the pairs of a page."""
    return {name: pair(each) for name, each in sections(path.read_text(encoding="utf-8")).items()}


def project_of(text: str) -> dict[str, str]:
    """Return the plain project with the files of a text in it.

    Rules that name no owner get one, and where the text records no queries every `yes` is recorded.
    """
    written = {name: _owned(name, each) for name, each in files_of(text).items()}
    made = {**PLAIN, **written}
    if "corpus/queries.txt" not in written:
        made["corpus/queries.txt"] += "".join(f"{each}\n" for each in _examples(written))
    return made


def report(
    directory: Path,
    files: Mapping[str, str],
    offers: Iterable[Offer] = OFFERS,
    today: dt.date | None = TODAY,
) -> Report:
    """Write a project and check it."""
    for name, text in files.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode().replace(NO_UTF8, b"\xfc"))
    settings = load_project(directory, {"TS_HOME": str(directory / "home")}).settings
    tree = Directory(directory)
    return check(Reading(tree, settings), read_corpus(tree), offers, today)


def checked(directory: Path, text: str) -> Report:
    """Check the project of a text."""
    return report(directory, project_of(text))


def told(found: Report) -> list[str]:
    """Return what was found, as it is said."""
    return [each.message for each in found.findings]


def ids(found: Report) -> list[str]:
    """Return what was found, by id."""
    return [each.id for each in found.findings]


def _owned(name: str, text: str) -> str:
    if not name.startswith("rules/") or name == "rules/vocab.toml" or "owner" in text:
        return text
    return _HEADER.sub(r'[\1]\nowner = "@a"', text)


def _examples(files: Mapping[str, str]) -> Iterator[str]:
    for name, text in files.items():
        if name.startswith("rules/") and name != "rules/vocab.toml" and name.endswith(".toml"):
            try:
                tables = tomllib.loads(text)
            except ValueError:
                continue
            for rule in tables.values():
                yes = rule.get("yes", []) if isinstance(rule, dict) else []
                yield from (each for each in ([yes] if isinstance(yes, str) else yes) if "\0" not in each)
