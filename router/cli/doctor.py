"""`ts doctor`: check the set-up, from the interpreter to the last server."""

from __future__ import annotations

import os
import platform
import stat
import time
from collections.abc import Callable, Iterator

import anyio

from router import __version__
from router.cli import asking, show
from router.compiled.opening import FOLDER, OTHERS_MAY_WRITE
from router.config import Project, unknown_variables
from router.core.book import Rulebook
from router.core.query import MODES, Query
from router.errors import CallError, ModelUnavailable, SecretMissing, SettingsRefused
from router.loading import loaded, secrets
from router.pins import LOCK_FILE, Pinned, changes, flags, pinned, read_lock
from router.planner.tiers import tier
from router.planner.ways import Way, places
from router.ports import Offer
from router.secrets import SecretStore, named
from router.wiring import opened, ways

Line = tuple[str, str, str]
"""`ok`, `warn` or `fail`; what was looked at; what was seen."""


def doctor(as_json: asking.AsJson = False) -> int:
    """Check the set-up: settings, rules, state, search, and every server and agent by connecting to it."""
    lines: list[Line] = [("ok", "version", f"ts {__version__}, Python {platform.python_version()}")]
    tell: Callable[[Line], None] = lines.append if as_json else _print
    if not as_json:
        _print(lines[0])
    project, book = loaded()
    failed = False
    for line in (*_state(project), *_rules(project, book), *_environment(), *_secrets(project)):
        tell(line)
        failed |= line[0] == "fail"
    anyio.run(_models, project, tell)
    failed |= anyio.run(_peers, project, book, tell)
    if as_json:
        show.document([{"state": state, "what": what, "seen": seen} for state, what, seen in lines])
    return show.EXIT_FAILED if failed else 0


def _print(line: Line) -> None:
    show.data(f"{line[0]:<5}{line[1]}: {line[2]}")


def _rules(project: Project, book: Rulebook) -> list[Line]:
    counts = ", ".join(
        f"{layer} {sum(rule.layer == layer for rule in book.rules.values())}"
        for layer in book.settings.layers
    )
    lines: list[Line] = [
        ("ok", "project", str(project.directory)),
        ("ok" if book.rules else "warn", "rules", f"{len(book.rules)} ({counts}), revision {book.revision}"),
    ]
    fallback = book.terms.first_fallback(planner=book.terms.plans)
    lines.append(
        ("ok" if fallback else "warn", "fallback", f"{fallback or 'nothing'} answers where no rule decides")
    )
    if "planner" in book.settings.fallback and not book.terms.plans:
        lines.append(("ok", "planner", "no model is set up; [planner] in ts.toml names one"))
    lines += [
        ("warn", name, f"[{name}] is read and checked, but this version does not act on it")
        for name in book.settings.later
    ]
    return lines


def _state(project: Project) -> list[Line]:
    home = project.home
    if not home.exists():
        return [("ok", "state", f"{home} will be made when it is needed")]
    mode = stat.S_IMODE(home.stat().st_mode)
    if os.name == "posix" and mode & 0o077:
        return [("fail", "state", f"{home} is open to others (mode {mode:04o}): chmod 700 {home}")]
    if not os.access(home, os.W_OK):
        return [("fail", "state", f"{home} cannot be written")]
    compiled = home / FOLDER
    if os.name == "posix" and compiled.is_dir() and stat.S_IMODE(compiled.stat().st_mode) & OTHERS_MAY_WRITE:
        message = f"{compiled} may be written by others, so nothing in it is used: chmod 700 {compiled}"
        return [("warn", "state", message)]
    return [("ok", "state", str(home))]


def _environment() -> list[Line]:
    names = unknown_variables(os.environ)
    return [("warn", "environment", f"{', '.join(names)}: not a setting of ts")] if names else []


def _secrets(project: Project) -> Iterator[Line]:
    """Look for each secret that the settings name, and tell where it is; a model's may be lacking."""
    store = secrets(project)
    for place in named(project.settings):
        yield _looked_for(store, (place,), "fail")
    for way in project.settings.planning.ways:
        if way.token:
            yield _looked_for(store, places(way), "warn")


def _looked_for(store: SecretStore, among: tuple[str, ...], otherwise: str) -> Line:
    """Return where the first of the places is that has its secret, or why the first has none."""
    missing: list[str] = []
    for place in among:
        try:
            return "ok", f"secret {among[0]}", f"found in {store.find(place, '').where}"
        except SecretMissing as error:
            missing.append(error.reason)
    return otherwise, f"secret {among[0]}", missing[0]


async def _models(project: Project, tell: Callable[[Line], None]) -> None:
    """Ask each way to a model whether it answers; one that does not is no failure, the next may answer."""
    planning = project.settings.planning
    wanted = {tier(planning, Query("x", modes=frozenset({mode})), cheaper=False)[0] for mode in MODES}

    async def ask(way: Way) -> None:
        name = f"planner:{way.settings.name}"
        here = {way.settings.models.get(each, each) for each in wanted}
        try:
            known = await way.models()
        except ModelUnavailable as error:
            hint = f"; set it, or leave {way.settings.name} out of planner.order" if _no_token(error) else ""
            tell(("warn", name, str(error).removeprefix(f"{way.settings.name}: ") + hint))
            return
        lacking = sorted(here - {*known}) if known else []
        if lacking:
            has = f"it has {', '.join(known[:5])}; planner.{way.settings.name}.models says which it is called"
            tell(("warn", name, f"answers, but knows no {', '.join(lacking)}; {has}"))
        else:
            tell(("ok", name, f"answers, for {', '.join(sorted(here))}" if known else "has a token"))

    async with anyio.create_task_group() as tasks:
        for way in ways(project):
            tasks.start_soon(ask, way)


def _no_token(error: ModelUnavailable) -> bool:
    return error.reason.startswith("there is no token")


def _pinned(project: Project, tell: Callable[[Line], None], failures: list[str]) -> Pinned | None:
    """Read ts.lock, and tell what it pins, or why it cannot be read."""
    try:
        found = read_lock(project.directory)
    except SettingsRefused as error:
        failures.append(LOCK_FILE)
        tell(("fail", "pins", str(error.problems[0])))
        return None
    if found is not None:
        strict = "refused" if project.settings.pinning.strict else "told as a warning"
        count = sum(len(peer.tools) for peer in found.values())
        tell(("ok", "pins", f"{count} tools and skills in {LOCK_FILE}; one that differs is {strict}"))
    return found


def _reviewed(offer: Offer, before: Pinned | None) -> Iterator[str]:
    """Yield what a person should look at: a difference from what was reviewed, and what stands out."""
    target = f"{offer.scheme}:{offer.name}"
    if before is not None and any(changes(before.get(target), pinned(offer))):
        yield f"is not as {LOCK_FILE} says; `ts pin {target}` shows the difference"
    yield from (str(flag).removeprefix(target).lstrip("/ ") for flag in flags(offer))


async def _peers(project: Project, book: Rulebook, tell: Callable[[Line], None]) -> bool:
    """Connect to every server and agent, side by side; return whether one failed."""
    failures: list[str] = []
    peers = [
        *(("mcp", name) for name in book.settings.servers),
        *(("a2a", name) for name in book.settings.agents),
    ]

    async def connect(scheme: str, name: str) -> None:
        began = time.monotonic()
        try:
            offer = await router.offer(scheme, name)
        except CallError as error:
            failures.append(name)
            tell(("fail", f"{scheme}:{name}", str(error).removeprefix(f"{scheme}:{name}: ")))
        else:
            seconds = time.monotonic() - began
            seen = f"{show.tools(offer)}, protocol {offer.protocol}, {seconds:.1f} s"
            tell(("ok", f"{scheme}:{name}", seen))
            for warning in _reviewed(offer, before):
                tell(("warn", f"{scheme}:{name}", warning))

    before = _pinned(project, tell, failures)
    async with opened(project, book) as router, anyio.create_task_group() as tasks:
        for scheme, name in peers:
            tasks.start_soon(connect, scheme, name)
    for target, why in router.catalogue.unkept.items():
        tell(("warn", "catalogue", f"what {target} offers could not be kept: {why}"))
    return bool(failures)
