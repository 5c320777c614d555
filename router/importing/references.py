"""Turns `${…}` of other tools into what settings here have; it looks nothing up but what an editor knows."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from router.importing.finding import Input
from router.importing.hiding import Hiding

FOLDER: Final = "${workspaceFolder}"
_NAME: Final = r"[A-Za-z_][A-Za-z0-9_]*"
_REFERENCE: Final = re.compile(rf"\$\{{([^{{}}]*)\}}|\{{env:({_NAME})\}}|\$({_NAME})")
"""`${…}`; `{env:NAME}`; `$NAME`, which is a reference in some tools only."""
_WITH_DEFAULT: Final = re.compile(rf"({_NAME}):-(.*)", re.DOTALL)
_KIND: Final = re.compile(r"[A-Za-z]+:")
_EDITOR: Final = frozenset(
    [
        "cwd",
        "execPath",
        "file",
        "fileBasename",
        "fileBasenameNoExtension",
        "fileDirname",
        "fileDirnameBasename",
        "fileExtname",
        "fileWorkspaceFolder",
        "lineNumber",
        "relativeFile",
        "relativeFileDirname",
        "selectedText",
    ]
)
"""What an editor has open or is started as, which nothing here knows."""


class CannotTake(Exception):
    """A server cannot be taken over; says why."""


@dataclass(slots=True)
class References:
    """Rewrites the texts of one server."""

    inputs: Mapping[str, Input]
    workspace: Path
    """The directory that an editor would have open."""
    hiding: Hiding
    bare: bool = False
    """Whether `$NAME` within a text is a reference, as in Gemini CLI."""
    asked: dict[str, str] = field(default_factory=dict)
    """Names of secrets that stand for what VS Code asks for, each with the name that this has there."""
    notes: list[str] = field(default_factory=list)

    def rewritten(self, text: str, place: str, *, late: bool) -> str:
        """Return a text with references as they are written here.

        A `late` one is of `args`, `env` or `headers`, where secrets may stand. Raises CannotTake.
        """

        def write(found: re.Match[str]) -> str:
            braced, opened, bare = found.groups()
            if braced is not None:
                return self._braced(found[0], braced, place, late=late)
            if bare is not None and not self.bare and (bare != text[1:] or bare != bare.upper()):
                return found[0]
            return _variable(opened or bare, late=late)

        return _REFERENCE.sub(write, text)

    def _braced(self, whole: str, inner: str, place: str, *, late: bool) -> str:
        kind, colon, rest = inner.partition(":")
        with_default = _WITH_DEFAULT.fullmatch(inner)
        if known := self._known(inner, late=late):
            return known
        if with_default:
            return self._or_default(with_default[1], with_default[2], place, late=late)
        if kind == "input" and colon:
            return self._input(rest, place, late=late)
        if kind == "file" and rest and late:
            self.notes.append(f"{place} is given the content of the file {rest}")
            return whole
        return self._variable_in(whole, rest if kind == "env" and colon else inner, place, late=late)

    def _variable_in(self, whole: str, inner: str, place: str, *, late: bool) -> str:
        if inner in _EDITOR or _KIND.match(inner):
            raise CannotTake(f"{place} has {whole}, which ts does not know; write what it stands for")
        return _variable(inner, late=late) if re.fullmatch(_NAME, inner) else whole

    def _known(self, name: str, *, late: bool) -> str:
        """Return what a name that editors have stands for; empty where it is none."""
        if name in ("workspaceFolder", "workspaceRoot"):
            return self._told(self.workspace.as_posix())
        if name == "userHome":
            return _variable("HOME", late=late)
        return {"workspaceFolderBasename": self.workspace.name, "pathSeparator": "/", "/": "/"}.get(name, "")

    def _told(self, folder: str) -> str:
        note = f"{FOLDER} is written as {folder}, which other machines may not have"
        if note not in self.notes:
            self.notes.append(note)
        return folder

    def _or_default(self, name: str, default: str, place: str, *, late: bool) -> str:
        if not default:
            return _variable(name, late=late)
        self.notes.append(f"{place} has the default of ${name} written out; ts has no defaults")
        return default

    def _input(self, name: str, place: str, *, late: bool) -> str:
        known = self.inputs.get(name)
        if known is None:
            raise CannotTake(f"{place} asks for the input {name}, which the file does not define")
        if known.default:
            self.notes.append(f"{place} has the default of the input {name} written out")
            return known.default
        if not late:
            raise CannotTake(
                f"{place} asks for the input {name}, and no secret may stand there; write it out"
            )
        secret = self.hiding.named("", name, f"${{input:{name}}}")
        self.asked.setdefault(secret, name)
        return f"${{keyring:{secret}}}"


def _variable(name: str, *, late: bool) -> str:
    """Return a variable of the environment: looked up when it is needed, or when settings are read."""
    return f"${{env:{name}}}" if late else f"${{{name}}}"
