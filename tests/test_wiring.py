"""The parts are put together late, closed always, and the caller's own errors stay what they are."""

from __future__ import annotations

import logging
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import anyio
import pytest

from router import loading, wiring
from router.config import Project
from router.core.outcome import Blob, Result
from router.errors import ProjectNotFound, RulebookRefused, SettingsRefused, TargetUnknown
from router.ports import Offer
from router.rulebook.read import read_rulebook
from router.rulebook.tree import Directory
from router.testing import FakeDriver
from tests import projects

pytestmark = pytest.mark.anyio

RULES = '[one]\nsay = "ask"\nuse = "mcp:git/one"\n[two]\nsay = "write"\nuse = "a2a:writer"\n'
OFFER = Offer("mcp", "git", ())


class Recorder(FakeDriver):
    """Stands where a driver of the program would; remembers how it was made."""

    made: ClassVar[list[Recorder]] = []
    failing = False

    def __init__(self, peers: Mapping[str, Any], **given: Any) -> None:
        picture = Result((Blob(b"12", "image/png", "a.png"),))
        super().__init__({"mcp:git/one": picture, "a2a:writer": "written"}, [OFFER])
        self.peers = peers
        self.given = given
        self.made.append(self)

    async def aclose(self) -> None:
        await super().aclose()
        if self.failing:
            raise RuntimeError("cannot be closed")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.setenv("TS_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(Recorder, "made", [])
    monkeypatch.setattr(wiring, "DRIVERS", dict.fromkeys(("mcp", "a2a"), f"{__name__}:Recorder"))
    return projects.project(tmp_path, {"rules/team/rules.toml": RULES})


async def test_a_driver_is_made_when_it_is_first_called_and_closed_at_the_end(project: Project) -> None:
    async with wiring.open_router(project.directory, cwd=project.directory) as router:
        before = list(Recorder.made)
        outcome = await router.ask("ask")
        assert (before, outcome.state) == ([], "done")
        assert await router.offer("mcp", "git") is OFFER
        closed_within = [each.is_closed for each in Recorder.made]

    (driver,) = Recorder.made
    assert (closed_within, driver.is_closed) == ([False], True)
    assert driver.peers == project.settings.servers
    assert driver.given["cwd"] == str(project.directory)
    assert driver.given["state"] == project.home


async def test_each_scheme_has_a_driver_of_its_own(project: Project) -> None:
    async with wiring.open_router(project.directory) as router:
        assert (await router.ask("write")).answer == "written"
        await router.ask("ask")

    assert [each.peers for each in Recorder.made] == [project.settings.agents, project.settings.servers]
    assert Recorder.made[1].given["cwd"] == str(Path.cwd())


async def test_what_a_driver_sees_is_kept_in_the_catalogue(project: Project) -> None:
    async with wiring.open_router(project.directory) as router:
        await router.ask("ask")
        mcp = next(each for each in Recorder.made if "host" in each.given)
        mcp.given["host"].seen(OFFER)
        assert router.catalogue.offers() == (OFFER,)

    assert loading.catalogue(project).offers() == (OFFER,)


async def test_files_of_results_are_written_only_where_the_caller_asks(project: Project) -> None:
    async with wiring.open_router(project.directory) as router:
        (unsaved,) = (await router.ask("ask")).steps[0].result.content
    async with wiring.open_router(project.directory, save=project.directory / "out") as router:
        (saved,) = (await router.ask("ask")).steps[0].result.content

    out = project.directory / "out"
    assert unsaved == Blob(b"12", "image/png", "a.png")
    assert saved == Blob(b"12", "image/png", "a.png", str(out / "a.png"))


async def test_a_directory_that_cannot_be_written_costs_a_warning_and_not_the_result(
    project: Project,
) -> None:
    projects.write(project.directory, {"out": "a file in the way"})

    async with wiring.open_router(project.directory, save=project.directory / "out") as router:
        outcome = await router.ask("ask")

    assert outcome.state == "done"
    assert "could not be written" in outcome.warnings[0]


async def test_state_is_made_for_its_owner_alone_before_anything_is_called(project: Project) -> None:
    assert not project.home.exists()

    async with wiring.open_router(project.directory):
        assert stat.S_IMODE(project.home.stat().st_mode) == 0o700


async def test_state_that_is_there_is_left_as_its_owner_has_it(project: Project) -> None:
    project.home.mkdir(mode=0o750)

    async with wiring.open_router(project.directory):
        assert stat.S_IMODE(project.home.stat().st_mode) == 0o750


async def test_state_that_cannot_be_made_does_not_stand_in_the_way(project: Project) -> None:
    project.home.write_text("a file in the way")

    async with wiring.open_router(project.directory) as router:
        assert (await router.ask("ask")).state == "done"


@pytest.mark.parametrize("kind", [ValueError, KeyboardInterrupt, SystemExit, TargetUnknown])
async def test_what_the_caller_raises_leaves_as_it_is_after_all_is_closed(
    project: Project, kind: type[BaseException]
) -> None:
    raised = kind("mine")

    async def fail() -> None:
        async with wiring.open_router(project.directory) as router:
            await router.ask("ask")
            raise raised

    with pytest.raises(kind) as caught:
        await fail()

    assert caught.value is raised
    assert Recorder.made[0].is_closed


async def test_cancelling_closes_everything(project: Project) -> None:
    async with anyio.create_task_group() as tasks, wiring.open_router(project.directory) as router:
        await router.ask("ask")
        tasks.cancel_scope.cancel()
        await anyio.lowlevel.checkpoint()

    assert Recorder.made[0].is_closed


async def test_a_driver_that_cannot_be_closed_keeps_no_other_from_being_closed(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Recorder, "failing", True)

    async def ask_both() -> None:
        async with wiring.open_router(project.directory) as router:
            await router.ask("ask")
            await router.ask("write")

    with pytest.raises(ExceptionGroup) as caught:
        await ask_both()

    assert caught.group_contains(RuntimeError, match="cannot be closed")
    assert [each.is_closed for each in Recorder.made] == [True, True]


async def test_opening_often_adds_no_handlers_of_logs(project: Project) -> None:
    for _ in range(3):
        async with wiring.open_router(project.directory) as router:
            await router.ask("ask")
            await router.ask("write")

    assert len(logging.getLogger("a2a").handlers) == 1


def test_a_rulebook_is_loaded_without_making_state_or_drivers(project: Project) -> None:
    book = loading.load(project.directory)

    assert book.decide("ask").rule == "rules.one"
    assert book.revision == read_rulebook(Directory(project.directory), project.settings).revision
    assert Recorder.made == []
    assert [each.name for each in project.home.iterdir()] == ["compiled"]


async def test_what_does_not_load_is_told_before_anything_is_made(project: Project, tmp_path: Path) -> None:
    projects.write(project.directory, {"rules/team/rules.toml": "[one]\nsay = 5"})
    with pytest.raises(RulebookRefused):
        loading.load(project.directory)
    with pytest.raises(RulebookRefused):
        await wiring.open_router(project.directory).__aenter__()
    projects.write(project.directory, {"ts.toml": "a = 1"})
    with pytest.raises(SettingsRefused):
        loading.load(project.directory)
    with pytest.raises(ProjectNotFound):
        loading.load(tmp_path / "nowhere")

    assert not project.home.exists()
