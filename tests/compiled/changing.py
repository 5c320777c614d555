"""Edits of a project, and what holds after each: what is loaded is what a compile from scratch says."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final
from unittest import mock

from router.core.plan import JSON
from router.core.source import RuleText
from router.errors import RouterError
from router.rulebook.read import Reading
from tests.compiled.keeping import Kept, fresh, tick, told

Change = Callable[[Kept], object]
SHORT: Final = '[mcp.git]\ncommand = "git-server"\nenv = { TOKEN = "${TOKEN}" }\n'
RULES: Final = {
    "ts.toml": SHORT,
    "rules/vocab.toml": '[words]\nstate = ["state", "where"]\n',
    "rules/team/a.toml": '[r]\nwhen = { all = ["branch"] }\nuse = "mcp:git/a"\n',
    "rules/team/b.toml": '[r]\nwhen = { all = ["@state"] }\nuse = "mcp:git/b"\nbeats = ["a.r"]\n',
    "prompts/p.j2": "{{ text }}",
}


def said(load: Callable[[], JSON]) -> JSON:
    """Return all that a rulebook says, or the error where there is none."""
    try:
        return told(load())
    except RouterError as error:
        return type(error).__name__, str(error), error.to_dict()


def agrees(project: Kept) -> None:
    """Load twice, and hold both to a fresh compile."""
    wanted = said(lambda: fresh(project.directory))
    assert said(project.load) == wanted
    assert said(project.load) == wanted


def rewritten(project: Kept, name: str, old: str, new: str) -> None:
    """Edit a file in place: same size, same time of change of the content, same number on the disk."""
    path = project.directory / name
    before, text = path.stat(), path.read_text()
    assert len(old) == len(new)
    assert old in text
    with path.open("r+") as file:
        file.write(text.replace(old, new))
    tick(path)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def moved(project: Kept, name: str, to: str) -> None:
    path = project.directory / to
    path.parent.mkdir(parents=True, exist_ok=True)
    (project.directory / name).rename(path)


def personal(project: Kept, text: str) -> None:
    """Write the person's own settings."""
    project.home.mkdir(exist_ok=True)
    (project.home / "config.toml").write_text(text)
    tick(project.home / "config.toml")


def edited(name: str, old: str, new: str) -> Change:
    def change(project: Kept) -> None:
        text = (project.directory / name).read_text()
        assert old in text
        project.write(name, text.replace(old, new))

    return change


@contextmanager
def parsed() -> Iterator[list[str]]:
    """Collect the names of the rule files that are parsed meanwhile."""
    names: list[str] = []
    real = Reading.rule_texts

    def noted(reading: Reading, name: str, text: str, layer: str, topic: str) -> Iterator[RuleText]:
        names.append(name)
        return real(reading, name, text, layer, topic)

    with mock.patch.object(Reading, "rule_texts", noted):
        yield names
