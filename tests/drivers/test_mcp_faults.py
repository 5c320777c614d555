"""What the MCP driver makes of servers that fail: one table for the start, one for the call."""

from __future__ import annotations

import json
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import anyio
import pytest

from router.core.plan import JSON
from router.core.settings import Server
from router.drivers import mcp_program
from router.errors import (
    CallError,
    CallTimedOut,
    ProtocolBroken,
    ResultTooLarge,
    TargetUnavailable,
    ToolFailed,
    from_dict,
)
from tests import servers

pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
def short_grace(monkeypatch: pytest.MonkeyPatch) -> None:
    """Servers that ignore that they are to end would otherwise take four seconds each."""
    monkeypatch.setattr(mcp_program, "GRACE_SECONDS", 0.2)


async def failure(
    directory: Path, server: Server, tool: str = "echo", timeout_seconds: float = 20, **args: JSON
) -> CallError:
    """Return the error of one call, as it is after it was stored and read back."""
    async with servers.driving(directory, server) as driver:
        with pytest.raises(CallError) as caught:
            await servers.ask(driver, f"{server.name}/{tool}", timeout_seconds=timeout_seconds, **args)
    stored = json.loads(json.dumps(caught.value.to_dict()))
    assert from_dict(stored) == caught.value
    assert caught.value.target == f"mcp:{server.name}/{tool}"
    return caught.value


@pytest.mark.parametrize(
    ("mode", "kind", "told"),
    [
        ("exits", TargetUnavailable, "the server ended with exit code 3 before it answered\nno config"),
        ("greets-and-exits", ProtocolBroken, '"Hello, I am no MCP server.", and ended with exit code 0'),
        ("greets-and-crashes", TargetUnavailable, '"Listening on port 80"\nport 80 is taken'),
        ("chatters", ProtocolBroken, '1,000 lines that are no JSON-RPC to its standard output: "still no'),
        ("closes-output", TargetUnavailable, "the server closed its standard output before it answered"),
        ("refuses", ProtocolBroken, "the server cannot be spoken to: no initialize here (JSON-RPC error"),
        ("old-version", ProtocolBroken, "Unsupported protocol version from the server: 1999-12-31"),
        ("unreadable", ProtocolBroken, "cannot be spoken to: the answer cannot be read: result: Input"),
        ("bad-list", ProtocolBroken, "not what was agreed: tools.0.inputSchema: Field required"),
        ("refuses-list", ProtocolBroken, "the server does not list its tools: no tools/list here (JSON-RPC"),
        ("endless-pages", ProtocolBroken, "the server's list of tools does not end after 100 pages"),
    ],
)  # fmt: skip
async def test_a_server_that_fails_at_start_is_told_apart(
    tmp_path: Path, mode: str, kind: type[CallError], told: str
) -> None:
    error = await failure(tmp_path, servers.faulty(mode))

    assert type(error) is kind
    assert told in str(error)


async def test_a_server_that_hangs_at_start_is_given_up_in_time(tmp_path: Path) -> None:
    error = await failure(tmp_path, servers.faulty("hangs"), timeout_seconds=0.3)

    assert error == CallTimedOut("mcp:faulty/echo", "no answer within 0.3 seconds", seconds=0.3)


async def test_a_server_that_writes_garbage_and_hangs_is_no_mere_timeout(tmp_path: Path) -> None:
    error = await failure(tmp_path, servers.faulty("garbles"), timeout_seconds=2)

    assert error == ProtocolBroken(
        "mcp:faulty/echo",
        "no answer within 2 seconds; it wrote a line that is no JSON-RPC to its standard output: "
        '"<html>not JSON-RPC</html>"',
    )


@pytest.mark.parametrize(
    ("tool", "args", "kind", "told"),
    [
        ("fail", {}, ToolFailed, "mcp:faulty/fail: the disk is full"),
        ("fail-silently", {}, ToolFailed, "the tool reports an error and says no more"),
        ("refuse", {"code": -32603}, ToolFailed, "refused (JSON-RPC error -32603)"),
        ("refuse", {"code": -32000}, ToolFailed, "refused (JSON-RPC error -32000)"),
        ("die", {}, TargetUnavailable, "the server was ended by SIGKILL during the call\nout of memory"),
        ("exit", {}, TargetUnavailable, "the server ended with exit code 7 during the call"),
        ("content", {"result": {}}, ProtocolBroken, "not what was agreed: content: Field required"),
        ("content", {"result": {"content": [{"type": "image", "data": "?", "mimeType": "image/png"}]}},
         ProtocolBroken, "the result holds content that is not base64"),
        ("structured", {"value": {}}, ProtocolBroken, "'count' is a required property"),
    ],
)  # fmt: skip
async def test_a_call_that_fails_is_told_apart(
    tmp_path: Path, tool: str, args: dict[str, JSON], kind: type[CallError], told: str
) -> None:
    error = await failure(tmp_path, servers.faulty(), tool, **args)

    assert type(error) is kind
    assert told in str(error)


async def test_the_whole_call_has_the_time_it_was_given(tmp_path: Path) -> None:
    error = await failure(tmp_path, servers.faulty(), "hang", timeout_seconds=1)

    assert error == CallTimedOut("mcp:faulty/hang", "no answer within 1 seconds", seconds=1)


async def test_garbage_in_the_place_of_an_answer_is_no_mere_timeout(tmp_path: Path) -> None:
    async with servers.driving(tmp_path, servers.faulty()) as driver:
        await servers.ask(driver, "faulty/echo", text="warmed up")
        with pytest.raises(ProtocolBroken) as broken:
            await servers.ask(driver, "faulty/garbage", timeout_seconds=1)

    assert broken.value.reason.endswith('"Traceback (most recent call last):"')


async def test_an_offer_that_does_not_come_times_out(tmp_path: Path) -> None:
    server = replace(servers.faulty("hangs"), timeout_seconds=0.3)
    async with servers.driving(tmp_path, server) as driver:
        with pytest.raises(CallTimedOut) as late:
            await driver.offer("faulty")

    assert late.value.target == "mcp:faulty"


async def test_a_program_that_tells_its_usage_tells_the_error_as_well(tmp_path: Path) -> None:
    error = await failure(tmp_path, servers.faulty("explains-usage"))

    assert isinstance(error, TargetUnavailable)
    lines = error.log.splitlines()
    assert len(lines) == 20
    assert lines[0] == "Error: no such option --frobnicate"
    assert lines[-1] == "  --option-59"


async def test_a_missing_program_is_unavailable(tmp_path: Path) -> None:
    error = await failure(tmp_path, Server("gone", command="no-such-program"))

    assert isinstance(error, TargetUnavailable)
    assert error.reason == (
        f'there is no program "no-such-program" on PATH or beside {sys.executable}; '
        "install it, or write its whole path as command in [mcp.gone]"
    )


async def test_a_program_that_cannot_be_executed_is_unavailable(tmp_path: Path) -> None:
    program = tmp_path / "program"
    program.write_text("neither a binary nor a script with an interpreter")
    program.chmod(0o700)

    error = await failure(tmp_path, Server("odd", command=str(program)))

    assert isinstance(error, TargetUnavailable)
    assert "the server cannot be started: [Errno 8] Exec format error" in error.reason


async def test_a_log_that_cannot_be_written_keeps_no_server_from_answering(tmp_path: Path) -> None:
    (tmp_path / "logs").write_text("a file where the directory should be")
    async with servers.driving(tmp_path, servers.faulty()) as driver:
        result = await servers.ask(driver, "faulty/echo", text="hello")

    assert result.text == "hello"


async def test_a_log_that_cannot_be_written_is_told_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "logs").write_text("a file where the directory should be")
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))

    error = await failure(tmp_path, servers.faulty("exits"))

    assert isinstance(error, TargetUnavailable)
    assert error.log == "no configuration found in /etc/faulty.conf"
    assert list((tmp_path / "temporary").iterdir()) == []


async def test_a_machine_without_a_place_for_any_log_is_no_hindrance(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "logs").write_text("a file where the directory should be")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "nowhere"))

    error = await failure(tmp_path, servers.faulty("exits"))

    assert error == TargetUnavailable(
        "mcp:faulty/echo", "the server ended with exit code 3 before it answered", sent=False
    )


async def test_half_a_character_costs_no_more_than_itself(tmp_path: Path) -> None:
    line = '{"jsonrpc": "2.0", "id": ID, "result": {"resultType": "complete", "content": [TEXT]}}'
    text = r'{"type": "text", "text": "cut \ud83d, \ud83d\ude00 and C:\\ud83d"}'
    async with servers.driving(tmp_path, servers.faulty()) as driver:
        result = await servers.ask(driver, "faulty/raw", line=line.replace("TEXT", text))

    assert result.text == "cut \N{REPLACEMENT CHARACTER}, \N{GRINNING FACE} and C:\\ud83d"


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('{"jsonrpc": "2.0", "id": ID, "result": [1, 2]}', "result: Input should be an object"),
        ('{"jsonrpc": "2.0", "id": ID.0, "result": {"content": []}}', "id.int: Input should be a valid"),
        ('{"jsonrpc": "2.0", "id": ID, "error": "no"}', "error: Input should be an object"),
        ('{"jsonrpc": "2.0", "id": ID, "result": {"n": %s}}' % ("9" * 10_000), "Invalid JSON: number out of"),
        ('{"jsonrpc": "2.0", "id": ID, "result": %s}' % ("[" * 10_000 + "]" * 10_000), "Invalid JSON: recur"),
        ('{"result": {"n": %s}, "jsonrpc": "2.0", "id": ID}' % ("9" * 10_000), "Invalid JSON: number out of"),
    ],
    ids=["no-object", "float-id", "bad-error", "digits", "nesting", "id-last"],
)  # fmt: skip
async def test_an_answer_that_cannot_be_read_ends_the_call_at_once(
    tmp_path: Path, line: str, told: str
) -> None:
    async with servers.driving(tmp_path, servers.faulty()) as driver:
        with pytest.raises(ProtocolBroken) as broken:
            await servers.ask(driver, "faulty/raw", line=line, timeout_seconds=300)
        after = await servers.ask(driver, "faulty/echo", text="still here")

    assert broken.value.reason.startswith(f"the answer cannot be read: {told}")
    assert after.text == "still here"


async def test_an_error_for_no_request_is_that_of_the_only_one(tmp_path: Path) -> None:
    line = '{"jsonrpc": "2.0", "id": null, "error": {"code": -32700, "message": "Parse error"}}'

    error = await failure(tmp_path, servers.faulty(), "raw", line=line, timeout_seconds=300)

    assert error == ToolFailed("mcp:faulty/raw", "Parse error (JSON-RPC error -32700)")


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity"])
async def test_a_number_that_is_no_json_is_told(tmp_path: Path, number: str) -> None:
    line = '{"jsonrpc": "2.0", "id": ID, "result": RESULT}'
    result = '{"resultType": "complete", "content": [], "structuredContent": {"mean": ' + number + "}}"

    error = await failure(tmp_path, servers.faulty(), "raw", line=line.replace("RESULT", result))

    assert error == ProtocolBroken("mcp:faulty/raw", "the result holds NaN or Infinity, which is not JSON")


async def test_one_tool_described_wrongly_takes_none_of_the_others_away(tmp_path: Path) -> None:
    async with servers.driving(tmp_path, servers.faulty("bad-tool")) as driver:
        result = await servers.ask(driver, "faulty/echo", text="hello")
        with pytest.raises(ProtocolBroken) as broken:
            await servers.ask(driver, "faulty/bad")

    assert result.text == "hello"
    assert broken.value.reason == (
        "the server describes this tool wrongly: inputSchema.required: Input should be a valid list"
    )


@pytest.mark.parametrize("order", ["id-first", "id-last"])
async def test_a_result_of_20_megabytes_is_refused_and_the_connection_kept(
    tmp_path: Path, order: str
) -> None:
    server = replace(servers.faulty(), limit_bytes=100_000)
    async with servers.driving(tmp_path, server) as driver:
        with pytest.raises(ResultTooLarge) as refused:
            await servers.ask(driver, "faulty/big", bytes=20_000_000, order=order)
        after = await servers.ask(driver, "faulty/echo", text="still here")

    assert refused.value.reason == (
        "the result has more bytes than are read, the limit of [mcp.faulty] is 100,000"
    )
    assert after.text == "still here"


async def test_a_result_is_measured_by_what_it_holds(tmp_path: Path) -> None:
    server = replace(servers.faulty(), limit_bytes=1_000)
    async with servers.driving(tmp_path, server) as driver:
        await servers.ask(driver, "faulty/big", bytes=1_000)
        with pytest.raises(ResultTooLarge, match=r"the result has 1,001 bytes, the limit of .* is 1,000"):
            await servers.ask(driver, "faulty/big", bytes=1_001)


async def test_a_line_without_an_end_is_refused_before_the_time_is_up(tmp_path: Path) -> None:
    server = replace(servers.faulty(), limit_bytes=100_000)

    error = await failure(tmp_path, server, "endless-line", timeout_seconds=300)

    assert isinstance(error, ResultTooLarge)


async def test_a_long_line_of_an_unknown_request_explains_the_silence(tmp_path: Path) -> None:
    server = replace(servers.faulty(), limit_bytes=1_000)
    async with servers.driving(tmp_path, server) as driver:
        await servers.ask(driver, "faulty/echo", text="warmed up")
        with pytest.raises(ResultTooLarge) as refused:
            await servers.ask(driver, "faulty/big", timeout_seconds=1, bytes=2_000_000, order="id-inside")

    assert refused.value.reason == "no answer within 1 seconds, but a line longer than the settings allow"


async def test_a_server_that_reads_no_more_is_unavailable(tmp_path: Path) -> None:
    async with servers.driving(tmp_path, servers.faulty()) as driver:
        await servers.ask(driver, "faulty/go-deaf")
        with pytest.raises(TargetUnavailable, match="the server closed its standard output during the call"):
            await servers.ask(driver, "faulty/echo", text="hello?")


async def test_a_call_that_was_sent_is_not_sent_again(tmp_path: Path) -> None:
    starts = tmp_path / "starts"
    server = replace(servers.faulty("fails-first", "0", str(starts)), retries=5, delay_seconds=0.01)

    error = await failure(tmp_path, server, "die")

    assert isinstance(error, TargetUnavailable)
    assert starts.read_bytes() == b"."


async def test_a_call_that_timed_out_is_cancelled_at_the_server_and_the_next_one_answered(
    tmp_path: Path,
) -> None:
    async with servers.driving(tmp_path, servers.faulty()) as driver:
        before = await servers.ask(driver, "faulty/pid")
        with pytest.raises(CallTimedOut):
            await servers.ask(driver, "faulty/hang", timeout_seconds=0.2)
        cancelled = await servers.ask(driver, "faulty/cancelled")
        after = await servers.ask(driver, "faulty/pid")

    assert len(json.loads(cancelled.text)) == 1
    assert after.text == before.text


async def test_a_stray_line_before_the_first_answer_is_passed_over(tmp_path: Path) -> None:
    async with servers.driving(tmp_path, servers.faulty("stray-line")) as driver:
        result = await servers.ask(driver, "faulty/echo", text="hello")
        with pytest.raises(CallTimedOut):
            await servers.ask(driver, "faulty/hang", timeout_seconds=0.1)

    assert result.text == "hello"


async def test_what_the_sdk_logs_does_not_reach_the_terminal(tmp_path: Path) -> None:
    script = (
        "import sys, anyio\n"
        "from pathlib import Path\n"
        "from tests import servers\n"
        "async def main():\n"
        "    async with servers.driving(Path(sys.argv[1]), servers.faulty('stray-line')) as driver:\n"
        "        print((await servers.ask(driver, 'faulty/echo', text='hello')).text)\n"
        "anyio.run(main)\n"
    )

    done = await anyio.run_process([sys.executable, "-c", script, str(tmp_path)], cwd=servers.PROJECT)

    assert (done.stdout, done.stderr) == (b"hello\n", b"")
