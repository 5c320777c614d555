"""`ts rules schema`: JSON Schemas of rules, vocabulary and settings, by which editors complete and check."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Final

import typer

from router.cli import asking, show
from router.config import find_project
from router.config.schema import settings_schema
from router.core.findings import nearest_or_all
from router.core.plan import JSON
from router.disk import replace_file
from router.rulebook.schema import rule_schema, vocabulary_schema
from router.toml.schema import rendered

SCHEMAS: Final[Mapping[str, Callable[[], dict[str, JSON]]]] = {
    "rules": rule_schema,
    "vocabulary": vocabulary_schema,
    "settings": settings_schema,
}
FOLDER: Final = "schemas"
"""Of a project, beside `ts.toml`: the lines `#:schema` of its files lead there."""

What = Annotated[
    str,
    typer.Argument(
        metavar="NAME|DIR",
        help="What to print: rules, vocabulary or settings. With --write and --check the directory, by "
        "default schemas/ of the project.",
        show_default=False,
    ),
]
Write = Annotated[bool, typer.Option("--write", help="Write all of them to DIR.")]
Check = Annotated[bool, typer.Option("--check", help="Check that DIR has them as this version writes them.")]


def schema(
    what: What = "", write: Write = False, check: Check = False, as_json: asking.AsJson = False
) -> int:
    """Print a JSON Schema for editors, write all of them into a project, or check those that are there."""
    if write and check:
        raise typer.BadParameter("--write and --check exclude each other")
    if write or check:
        above, folder = _place(what)
        return _written(above, folder, as_json) if write else _checked(above, folder, as_json)
    if what not in SCHEMAS:
        names = ", ".join(SCHEMAS)
        if not what:
            raise typer.BadParameter(f"name what to print ({names}), or say --write or --check")
        raise typer.BadParameter(f'there is no schema "{what}"; {nearest_or_all(what, SCHEMAS)}')
    show.document(SCHEMAS[what]())
    return 0


def _place(directory: str) -> tuple[Path, Path]:
    """Return a directory and the one below it that holds the schemas, as it is shown."""
    if directory in SCHEMAS:
        raise typer.BadParameter(
            f"--write and --check are for all schemas at once; a directory of that name is ./{directory}"
        )
    return (Path(), Path(directory)) if directory else (find_project(Path.cwd()), Path(FOLDER))


def _written(above: Path, folder: Path, as_json: bool) -> int:
    (above / folder).mkdir(parents=True, exist_ok=True)
    names = [(folder / f"{name}.json").as_posix() for name in SCHEMAS]
    for name, made in zip(names, SCHEMAS.values(), strict=True):
        replace_file(above / name, rendered(made()).encode())
    if as_json:
        show.document({"written": names})
    else:
        for name in names:
            show.data(name)
    return 0


def _checked(above: Path, folder: Path, as_json: bool) -> int:
    told = {(folder / f"{name}.json").as_posix(): rendered(made()) for name, made in SCHEMAS.items()}
    wrong = {name: reason for name, text in told.items() if (reason := _difference(above / name, text))}
    if as_json:
        show.document({"checked": [*told], "wrong": wrong})
    else:
        for name, reason in wrong.items():
            show.data(f"{name}: {reason}")
        show.data(f"{len(told)} schemas checked, {len(wrong)} to be written again")
    if wrong:
        given = "" if folder == Path(FOLDER) else f" {folder.as_posix()}"
        show.note(f"run: ts rules schema --write{given}")
    return show.EXIT_FAILED if wrong else 0


def _difference(path: Path, wanted: str) -> str:
    """Return what is wrong with a file, or nothing; ends of lines may be those of any system."""
    if not path.exists():
        return "is missing"
    found = path.read_bytes().decode(errors="replace").replace("\r\n", "\n")
    return "" if found == wanted else "is not what this version generates"
