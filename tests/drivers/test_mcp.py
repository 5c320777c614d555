"""The MCP driver against servers of third parties, over stdio and in both eras of the protocol."""

from __future__ import annotations

import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import anyio
import pytest

from router.core.outcome import Blob, Link, Text
from router.core.plan import JSON
from router.drivers.mcp import McpDriver
from router.errors import ArgumentsRefused, TargetUnknown, ToolFailed
from router.ports import Offer, Question
from tests import servers

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("servers")


@pytest.fixture(scope="module")
def seen() -> list[Offer]:
    return []


@pytest.fixture(scope="module")
async def driver(directory: Path, seen: list[Offer]) -> AsyncIterator[McpDriver]:
    offered = (
        servers.git(),
        servers.time(),
        servers.everything(),
        servers.filesystem(directory),
        servers.kubernetes(directory),
    )
    async with servers.driving(directory, *offered, seen=seen.append) as driver:
        yield driver


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    def run(*command: str) -> None:
        subprocess.run(["git", "-C", str(tmp_path), *command], check=True, capture_output=True)

    run("init", "-q")
    identity = ("-c", "user.name=Ada", "-c", "user.email=ada@example.com")
    run(*identity, "commit", "-q", "--allow-empty", "-m", "Lay the first stone")
    return tmp_path


@pytest.mark.parametrize(
    ("server", "protocol", "tool"),
    [
        ("git", "2026-07-28", "git_log"),
        ("time", "2026-07-28", "convert_time"),
        ("everything", "2025-11-25", "echo"),
        ("filesystem", "2025-11-25", "read_text_file"),
        ("kubernetes", "2026-07-28", "pods_list"),
    ],
)
async def test_both_eras_of_the_protocol_are_negotiated(
    driver: McpDriver, seen: list[Offer], server: str, protocol: str, tool: str
) -> None:
    offer = await driver.offer(server)

    assert (offer.scheme, offer.name, offer.protocol) == ("mcp", server, protocol)
    offered = offer.tool(tool)
    assert offered is not None
    assert offered.description
    assert offered.input_schema["type"] == "object"
    assert offer.title
    assert offer.version
    assert seen[-1] == offer


async def test_a_server_of_2026_answers_a_call(driver: McpDriver, repository: Path) -> None:
    result = await servers.ask(driver, "git/git_log", repo_path=str(repository), max_count=3)

    assert result.state == "done"
    assert "Lay the first stone" in result.text


@pytest.mark.parametrize(("answer", "told"), [({"name": "Ann"}, "- Name: Ann"), (None, "declined")])
async def test_a_question_of_a_server_is_put_to_a_person_whose_time_does_not_count(
    tmp_path: Path, answer: dict[str, JSON] | None, told: str
) -> None:
    asked: list[Question] = []

    async def ask(question: Question) -> dict[str, JSON] | None:
        asked.append(question)
        await anyio.sleep(1.2)
        return answer

    async with servers.driving(tmp_path, servers.everything(), ask=ask) as driver:
        await driver.offer("everything")
        result = await servers.ask(driver, "everything/trigger-elicitation-request", timeout_seconds=1)

    assert told in result.text
    (question,) = asked
    assert question.target == "mcp:everything"
    assert isinstance(question.schema, dict)
    assert question.schema["required"] == ["name"]


async def test_structured_content_comes_with_its_text(driver: McpDriver) -> None:
    result = await servers.ask(driver, "time/get_current_time", timezone="UTC")

    assert result.structured["timezone"] == "UTC"
    assert '"timezone": "UTC"' in result.text


async def test_structured_content_comes_from_a_server_of_2025(driver: McpDriver) -> None:
    result = await servers.ask(driver, "everything/get-structured-content", location="Chicago")

    assert set(result.structured) == {"temperature", "conditions", "humidity"}


async def test_an_image_comes_as_bytes(driver: McpDriver) -> None:
    result = await servers.ask(driver, "everything/get-tiny-image")

    images = [each for each in result.content if isinstance(each, Blob)]
    assert [image.media_type for image in images] == ["image/png"]
    assert images[0].data.startswith(b"\x89PNG\r\n")


async def test_an_embedded_text_comes_as_text(driver: McpDriver) -> None:
    result = await servers.ask(driver, "everything/get-resource-reference", resourceType="Text", resourceId=1)

    assert any(isinstance(each, Text) and "Resource 1:" in each.text for each in result.content)


async def test_embedded_bytes_come_as_bytes_with_a_name(driver: McpDriver) -> None:
    result = await servers.ask(driver, "everything/get-resource-reference", resourceType="Blob", resourceId=1)

    blobs = [each for each in result.content if isinstance(each, Blob)]
    assert [blob.name for blob in blobs] == ["1"]
    assert b"base64 blob" in blobs[0].data


async def test_links_to_resources_come_as_links(driver: McpDriver) -> None:
    result = await servers.ask(driver, "everything/get-resource-links", count=2)

    links = [each for each in result.content if isinstance(each, Link)]
    assert [link.uri for link in links] == [
        "demo://resource/dynamic/blob/1",
        "demo://resource/dynamic/text/2",
    ]


async def test_progress_is_told_while_the_tool_works(driver: McpDriver) -> None:
    told: list[str] = []

    await servers.ask(
        driver,
        "everything/trigger-long-running-operation",
        progress=told.append,
        duration=0.2,
        steps=4,
    )

    assert told == ["1/4", "2/4", "3/4", "4/4"]


async def test_calls_share_one_connection_and_do_not_wait_for_each_other(driver: McpDriver) -> None:
    finished: list[str] = []

    async def ask(tool: str, args: dict[str, JSON]) -> None:
        await servers.ask(driver, f"everything/{tool}", **args)
        finished.append(tool)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(ask, "trigger-long-running-operation", {"duration": 0.5, "steps": 1})
        for number in range(8):
            tasks.start_soon(ask, "echo", {"message": str(number)})

    assert finished == ["echo"] * 8 + ["trigger-long-running-operation"]


async def test_a_file_is_read_and_a_path_outside_is_refused_by_the_tool(
    driver: McpDriver, directory: Path
) -> None:
    (directory / "note.txt").write_text("over the wire")

    result = await servers.ask(driver, "filesystem/read_text_file", path=str(directory / "note.txt"))
    with pytest.raises(ToolFailed, match="Access denied"):
        await servers.ask(driver, "filesystem/read_text_file", path="/etc/passwd")

    assert result.text == "over the wire"


async def test_a_go_server_answers_a_call(driver: McpDriver) -> None:
    result = await servers.ask(driver, "kubernetes/configuration_view")

    assert "127.0.0.1:1" in result.text


async def test_a_misspelt_argument_is_refused_with_the_nearest(driver: McpDriver) -> None:
    with pytest.raises(ArgumentsRefused) as refused:
        await servers.ask(driver, "git/git_log", repo_pth=".", max_count="three")

    assert str(refused.value) == (
        'mcp:git/git_log: "repo_path" is missing; "repo_pth" was given; '
        '"max_count" must be an integer, not "three"; '
        '"repo_pth" is not an argument of this tool; did you mean "repo_path"?'
    )


async def test_a_misspelt_tool_is_unknown_with_the_nearest(driver: McpDriver) -> None:
    with pytest.raises(TargetUnknown) as unknown:
        await servers.ask(driver, "git/git_lgo")

    assert str(unknown.value) == (
        "mcp:git/git_lgo: the server offers no tool of that name; did you mean mcp:git/git_log?"
    )
