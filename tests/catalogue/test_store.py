"""What the catalogue remembers, and what it takes for absent."""

from __future__ import annotations

import json
import os
import stat
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from router.catalogue.store import LARGEST_BYTES, Store
from router.core.query import Query
from router.core.settings import Agent, Server, Settings, ToolFilter
from router.ports import Catalogue, Offer, Tool

SCHEMA = {"type": "object", "properties": {"repo_path": {"type": "string"}}, "required": ["repo_path"]}
GIT = Offer(
    "mcp",
    "git",
    (Tool("git_log", "Shows the commit logs", SCHEMA, None, ("code",), read_only=True), Tool("git_status")),
    "mcp-git",
    "Reads a repository",
    "2026.10.19",
    "2026-07-28",
)
AGENT = Offer("a2a", "release", (Tool("notes", "Writes release notes"),))
SERVER = Server("git", command="uvx", args=("mcp-server-git",), env={"HOME": "/here"}, cwd="/repo")
PEERS = Settings(servers={"git": SERVER}, agents={"release": Agent("release", url="https://example.com/a")})

if sys.platform != "win32":
    import resource

posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no permission bits")
unprivileged = pytest.mark.skipif(
    sys.platform == "win32" or os.geteuid() == 0, reason="nothing is read-only to the superuser"
)


def with_server(**changes: Any) -> Settings:
    """Return the settings with a changed git server."""
    return replace(PEERS, servers={"git": replace(SERVER, **changes)})


def only_file(directory: Path) -> Path:
    """Return the one file in the directory."""
    (file,) = directory.iterdir()
    return file


def test_a_store_is_a_catalogue(tmp_path: Path) -> None:
    catalogue: Catalogue = Store(tmp_path, PEERS)
    assert catalogue.offers() == ()


def test_what_was_kept_is_there_in_the_next_process(tmp_path: Path) -> None:
    store = Store(tmp_path / "catalogue", PEERS)
    store.keep(GIT)
    store.keep(AGENT)
    assert store.offers() == (AGENT, GIT)
    assert Store(tmp_path / "catalogue", PEERS).offers() == (AGENT, GIT)
    assert not store.unkept


def test_a_newer_offer_replaces_the_older(tmp_path: Path) -> None:
    store = Store(tmp_path, PEERS)
    store.keep(GIT)
    newer = replace(GIT, version="2027.1.1", tools=GIT.tools[:1])
    store.keep(newer)
    assert store.offers() == (newer,)
    assert len(list(tmp_path.iterdir())) == 1


def test_what_another_process_keeps_is_seen(tmp_path: Path) -> None:
    reader, writer = Store(tmp_path, PEERS), Store(tmp_path, PEERS)
    assert reader.offers() == ()
    writer.keep(GIT)
    assert reader.offers() == (GIT,)
    writer.keep(replace(GIT, title="changed"))
    assert reader.offers()[0].title == "changed"


def test_an_offer_that_has_not_changed_is_not_written_again(tmp_path: Path) -> None:
    hours = iter(range(9))
    store = Store(tmp_path, PEERS, lambda: datetime(2026, 11, 22, next(hours), tzinfo=UTC))
    store.keep(GIT)
    before = only_file(tmp_path).stat()
    store.keep(replace(GIT))
    Store(tmp_path, PEERS).keep(GIT)
    after = only_file(tmp_path).stat()
    assert before.st_ino == after.st_ino
    assert store.seen_at("mcp", "git") == "2026-11-22T00:00:00+00:00"
    store.keep(replace(GIT, title="changed"))
    assert store.seen_at("mcp", "git") == "2026-11-22T01:00:00+00:00"


def test_times_are_in_utc(tmp_path: Path) -> None:
    east = timezone(timedelta(hours=2))
    store = Store(tmp_path, PEERS, lambda: datetime(2026, 11, 22, 1, 30, tzinfo=east))
    store.keep(GIT)
    assert store.seen_at("mcp", "git") == "2026-11-21T23:30:00+00:00"
    assert store.seen_at("a2a", "release") == ""
    assert store.seen_at("mcp", "nobody") == ""


@pytest.mark.parametrize(
    "changes",
    [
        {"command": "uv"},
        {"args": ("mcp-server-git", "--verbose")},
        {"args": ("mcp-server-git ",)},
        {"env": {"HOME": "/there"}},
        {"env": {}},
        {"cwd": "/other"},
        {"command": "", "url": "https://example.com/mcp", "transport": "http"},
        {"tools": ToolFilter(allow=("git_log",))},
        {"tools": ToolFilter(deny=("git_log",))},
        {"tools": ToolFilter(rename={"git_log": "history"})},
        {"auth": {"type": "bearer", "token": "env:TOKEN"}},
    ],
)
def test_a_setting_that_bears_on_the_offer_forgets_it(tmp_path: Path, changes: Mapping[str, Any]) -> None:
    Store(tmp_path, PEERS).keep(GIT)
    changed = Store(tmp_path, with_server(**changes))
    assert changed.offers() == ()
    changed.keep(GIT)
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize("changes", [{"timeout_seconds": 1.0}, {"modes": ("faves",)}, {"tags": ("code",)}])
def test_another_setting_keeps_it(tmp_path: Path, changes: Mapping[str, Any]) -> None:
    Store(tmp_path, PEERS).keep(GIT)
    assert Store(tmp_path, with_server(**changes)).offers() == (GIT,)


def test_an_agent_with_another_url_is_another_agent(tmp_path: Path) -> None:
    Store(tmp_path, PEERS).keep(AGENT)
    moved = replace(PEERS, agents={"release": Agent("release", url="https://example.com/b")})
    assert Store(tmp_path, moved).offers() == ()


def test_a_server_and_an_agent_of_one_name_do_not_mix(tmp_path: Path) -> None:
    peers = Settings(servers={"git": SERVER}, agents={"git": Agent("git", url="https://example.com/")})
    store = Store(tmp_path, peers)
    store.keep(GIT)
    store.keep(replace(AGENT, name="git"))
    assert [offer.scheme for offer in store.offers()] == ["a2a", "mcp"]


def test_peers_that_the_settings_lack_are_not_offered(tmp_path: Path) -> None:
    store = Store(tmp_path, PEERS)
    store.keep(GIT)
    assert Store(tmp_path, Settings()).offers() == ()
    store.keep(replace(GIT, name="other"))
    assert store.offers() == (GIT,)
    assert store.unkept == {"mcp:other": "the settings name no such server or agent"}


@pytest.mark.parametrize("name", ["..", "CON", "a:b", "é" * 200, "Git", "git"])
def test_any_name_makes_a_file_of_its_own(tmp_path: Path, name: str) -> None:
    names = {name, "other"}
    store = Store(
        tmp_path / "catalogue", Settings(servers={each: replace(SERVER, name=each) for each in names})
    )
    for each in names:
        store.keep(replace(GIT, name=each))
    assert {offer.name for offer in store.offers()} == names
    files = list((tmp_path / "catalogue").iterdir())
    assert len({file.name.casefold() for file in files}) == 2
    assert all(file.name.isascii() and len(file.name) < 100 for file in files)


@posix
def test_directory_and_files_are_the_owners_alone(tmp_path: Path) -> None:
    Store(tmp_path / "home" / "catalogue", PEERS).keep(GIT)
    directory = tmp_path / "home" / "catalogue"
    modes = [
        stat.S_IMODE(each.stat().st_mode) for each in (directory.parent, directory, only_file(directory))
    ]
    assert modes == [0o700, 0o700, 0o600]


@posix
def test_a_directory_that_others_may_read_is_closed(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    Store(tmp_path, PEERS).keep(GIT)
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o700


def test_secrets_of_the_settings_are_not_in_the_file(tmp_path: Path) -> None:
    changed = with_server(env={"TOKEN": "swordfish"}, auth={"type": "bearer", "token": "swordfish"})
    Store(tmp_path, changed).keep(GIT)
    file = only_file(tmp_path)
    assert "swordfish" not in file.name + file.read_text("utf-8")


def test_asking_again_is_noted_without_a_new_file(tmp_path: Path) -> None:
    store = Store(tmp_path, PEERS)
    assert store.asked_at("mcp", "git") == 0
    store.keep(GIT)
    file = only_file(tmp_path)
    known, written = store.offers(), file.read_bytes()
    os.utime(file, (1000, 1000))
    assert store.asked_at("mcp", "git") == 1000

    store.keep(GIT)

    assert store.asked_at("mcp", "git") > 1000
    assert file.read_bytes() == written
    assert Store(tmp_path, PEERS).seen_at("mcp", "git") == store.seen_at("mcp", "git")
    assert (store.offers(), store.asked_at("mcp", "nobody")) == (known, 0)


def _stored(tmp_path: Path) -> tuple[Path, dict[str, Any]]:
    Store(tmp_path, PEERS).keep(GIT)
    file = only_file(tmp_path)
    return file, json.loads(file.read_text("utf-8"))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b"\xff\xfe",
        b"\0" * 100,
        b'{"format": 1}',
        b"[" * 100_000,
        b"cos\nsystem\n.",
    ],
)
def test_a_corrupt_file_is_as_good_as_absent(tmp_path: Path, content: bytes) -> None:
    file, _ = _stored(tmp_path)
    file.write_bytes(content)
    store = Store(tmp_path, PEERS)
    assert store.offers() == ()
    store.keep(GIT)
    assert store.offers() == (GIT,)
    assert not store.unkept


@pytest.mark.parametrize(
    "change",
    [
        {"format": 0},
        {"format": 2},
        {"format": "1"},
        {"settings": "0" * 16},
        {"seen_at": None},
        {"offer": {"scheme": "mcp", "name": "other", "tools": []}},
        {"offer": {"scheme": "a2a", "name": "git", "tools": []}},
        {"offer": {"scheme": "mcp", "name": "git", "tools": [{"name": 1}]}},
        {"offer": {"scheme": "mcp", "name": "git"}},
    ],
)
def test_a_foreign_file_is_as_good_as_absent(tmp_path: Path, change: Mapping[str, Any]) -> None:
    file, content = _stored(tmp_path)
    file.write_text(json.dumps({**content, **change}), "utf-8")
    assert Store(tmp_path, PEERS).offers() == ()


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    file, _ = _stored(tmp_path)
    with file.open("ab") as grown:
        grown.truncate(LARGEST_BYTES + 1)
    assert Store(tmp_path, PEERS).offers() == ()


def test_a_directory_in_the_place_of_the_file_hinders_only_the_disk(tmp_path: Path) -> None:
    file, _ = _stored(tmp_path)
    file.unlink()
    (file / "inside").mkdir(parents=True)
    store = Store(tmp_path, PEERS)
    assert store.offers() == ()
    store.keep(GIT)
    assert store.offers() == (GIT,)
    assert "mcp:git" in store.unkept
    assert [each.name for each in tmp_path.iterdir()] == [file.name]


@contextmanager
def _mode(path: Path, mode: int) -> Iterator[None]:
    before = stat.S_IMODE(path.stat().st_mode)
    path.chmod(mode)
    try:
        yield
    finally:
        path.chmod(before)


@contextmanager
def _largest_file(size_bytes: int) -> Iterator[None]:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@unprivileged
def test_a_read_only_directory_costs_the_memory_and_not_the_answer(tmp_path: Path) -> None:
    store = Store(tmp_path / "catalogue", PEERS)
    with _mode(tmp_path, 0o500):
        store.keep(GIT)
        assert store.offers() == (GIT,)
        assert "Permission denied" in store.unkept["mcp:git"]
    store.keep(GIT)
    assert not store.unkept
    assert Store(tmp_path / "catalogue", PEERS).offers() == (GIT,)


@posix
def test_a_disk_that_is_full_leaves_the_older_offer_whole(tmp_path: Path) -> None:
    store = Store(tmp_path, PEERS)
    store.keep(GIT)
    newer = replace(GIT, title="changed")
    with _largest_file(64):
        store.keep(newer)
    assert store.offers() == (newer,)
    assert list(store.unkept) == ["mcp:git"]
    assert Store(tmp_path, PEERS).offers() == (GIT,)
    assert len(list(tmp_path.iterdir())) == 1


def test_a_file_in_the_place_of_the_directory_costs_the_memory_and_not_the_answer(tmp_path: Path) -> None:
    (tmp_path / "catalogue").write_text("no directory")
    store = Store(tmp_path / "catalogue", PEERS)
    assert store.offers() == ()
    store.keep(GIT)
    assert store.offers() == (GIT,)
    assert store.seen_at("mcp", "git")
    assert [str(hit.target) for hit in store.nearest(Query("commit logs"), 1)] == ["mcp:git/git_log"]
    assert list(store.unkept) == ["mcp:git"]
    (tmp_path / "catalogue").unlink()
    store.keep(GIT)
    assert not store.unkept
    assert Store(tmp_path / "catalogue", PEERS).offers() == (GIT,)


@pytest.mark.parametrize(
    "schema", [float("nan"), {"description": "half a character: \ud800"}, {"default": object}, {"x": (1, 2)}]
)
def test_an_offer_that_is_no_json_is_known_to_this_process_only(tmp_path: Path, schema: object) -> None:
    odd = replace(GIT, tools=(Tool("odd", "", schema),))
    store = Store(tmp_path, PEERS)
    store.keep(odd)
    assert store.offers() == (odd,)
    assert list(store.unkept) == ["mcp:git"]


def test_search_follows_what_is_kept(tmp_path: Path) -> None:
    store = Store(tmp_path, PEERS)
    assert store.nearest(Query("commit logs"), 3) == ()
    store.keep(GIT)
    assert [str(hit.target) for hit in store.nearest(Query("commit logs"), 3)] == ["mcp:git/git_log"]
    store.keep(replace(GIT, tools=(Tool("history", "Lists commits"),)))
    assert [str(hit.target) for hit in store.nearest(Query("commit logs"), 3)] == ["mcp:git/history"]


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
_TOOLS = st.builds(
    Tool,
    st.text(),
    st.text(),
    _JSON,
    _JSON,
    st.lists(st.text(), max_size=2).map(tuple),
    read_only=st.sampled_from((True, False, None)),
)


@given(st.lists(_TOOLS, max_size=3).map(tuple), st.text())
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
def test_any_offer_reads_back_as_it_was(tmp_path: Path, tools: tuple[Tool, ...], title: str) -> None:
    offer = replace(GIT, tools=tools, title=title)
    store = Store(tmp_path, PEERS)
    store.keep(offer)
    assert not store.unkept
    assert Store(tmp_path, PEERS).offers() == (offer,)
