"""Loads what a project has on disk: settings, rulebook, catalogue, ledger; it starts nothing."""

from __future__ import annotations

import os
import time
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from router.catalogue.store import Store
from router.compiled.opening import unchanged_book
from router.compiled.shelf import Shelf
from router.config import PROJECT_FILE, Project, load_project, settings_with
from router.core.book import Rulebook
from router.core.findings import Findings
from router.errors import RulebookRefused, SettingsRefused
from router.remaking import Making, again, remade

if TYPE_CHECKING:
    from router.budget.counting import Budget
    from router.guard.breakers import Breakers
    from router.ledger.store import Ledger
    from router.ledger.tasks import Tasks
    from router.pins.vetting import Pins
    from router.planner.remembered import Remembered
    from router.rulebook.revision import Revision
    from router.secrets.store import SecretStore


def load(path: str | Path = ".") -> Rulebook:
    """Return the compiled rulebook of the project at or above `path`; starts no server, asks nobody.

    Raises ProjectNotFound, SettingsRefused, RulebookRefused.
    """
    start, environment = str(Path(path).absolute()), os.environ
    found = unchanged_book(
        start,
        environment,
        lambda: load_project(Path(start)).settings,
        lambda key: again(load_project(Path(start)), key),
    )
    return found or loaded(start)[1]


def loaded(path: str | Path = ".") -> tuple[Project, Rulebook]:
    """Return the project at or above `path` with its rulebook. Raises what `load` raises."""
    project = load_project(Path(path))
    return project, book_of(project)


def book_of(project: Project) -> Rulebook:
    """Return the rulebook of a project, opened or compiled. Raises RulebookRefused."""
    found = unchanged_book(
        str(project.directory), os.environ, lambda: project.settings, lambda key: again(project, key)
    )
    return found or remade(project, os.environ)


def loaded_at(project: Project, revision: Revision) -> Rulebook:
    """Return the rulebook of a project at a git revision; an empty one where there was no project yet.

    Raises SettingsRefused and RulebookRefused, whose places begin with the revision, as git writes them.
    """
    findings = Findings()
    text = revision.text(PROJECT_FILE, findings)
    try:
        settings = project.settings if text is None else settings_with(project, text)
        return Making(Shelf(project.home, project.directory), revision, settings, findings).book()
    except (SettingsRefused, RulebookRefused) as error:
        raise type(error)(tuple(map(revision.placed, error.problems))) from error


def catalogue(project: Project) -> Store:
    """Return what the project's servers and agents offered when last seen, less what strict pins refuse."""
    directory, settings = project.home / "catalogue", project.settings
    if not settings.pinning.strict:
        return Store(directory, settings)
    return Store(directory, settings, admitted=pins(project).admitted)


def ledger(project: Project) -> Ledger:
    """Return the record of what was asked in a project."""
    made: type[Ledger] = import_module("router.ledger.store").Ledger  # opens SQLite: few commands need it
    return made(project.home, project.directory)


def tasks_of(project: Project) -> Tasks:
    """Return the tasks of agents that wait for an answer in a project."""
    made: type[Tasks] = import_module("router.ledger.tasks").Tasks  # as the ledger
    return made(project.home, project.directory)


def plans(project: Project) -> Remembered:
    """Return the plans of models that are remembered."""
    room = import_module("router.planner.remembered")  # opens diskcache: few commands need it
    made: type[Remembered] = room.Remembered
    return made(project.home / room.FOLDER, project.settings.cache)


def budget(project: Project) -> Budget:
    """Return what models may cost in a project."""
    made: type[Budget] = import_module("router.budget.counting").Budget  # opens SQLite, as the ledger does
    return made(project.home, project.settings.spending)


def breakers(project: Project) -> Breakers:
    """Return the breakers of a person's targets."""
    made: type[Breakers] = import_module("router.guard.breakers").Breakers  # opens SQLite, as the ledger does
    return made(project.home, time.time)


def secrets(project: Project) -> SecretStore:
    """Return who finds the secrets that a project's settings name."""
    made: type[SecretStore] = import_module("router.secrets.store").SecretStore  # few commands need it
    return made(project.home, project.directory, os.environ)


def pins(project: Project) -> Pins:
    """Return who holds what is offered against what was reviewed."""
    made: type[Pins] = import_module("router.pins.vetting").Pins  # its shapes take pydantic, for calls alone
    return made(project.directory, strict=project.settings.pinning.strict)
