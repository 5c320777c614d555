"""How what a server wrote explains that there is no answer."""

from __future__ import annotations

import pytest

from router.drivers.mcp_heard import Heard, Patience, request_id
from router.drivers.mcp_program import TooLong
from router.errors import CallTimedOut, ProtocolBroken, ResultTooLarge, TargetUnavailable


@pytest.mark.parametrize(
    ("line", "number"),
    [
        (TooLong(b'{"jsonrpc":"2.0","id":12,"result":{"content":[{"ty'), 12),
        (TooLong(b' { "id" : 3 , "jsonrpc" : "2.0"'), 3),
        (TooLong(b'{"result":{"id":4', b'xx"}]},"jsonrpc":"2.0","id":5}'), 5),
        (TooLong(b'{"result":{"id":4', b'xx"}]},"id":6,"jsonrpc":"2.0"}\r'), 6),
        (TooLong(b'{"result":{"id":4', b'xx"}]},"id":6,"x":1}'), None),
        (TooLong(b'{"result":{"id":4'), None),
        (TooLong(b'{"jsonrpc":"2.0","id":"text","result":'), None),
    ],
)
def test_the_request_that_a_long_line_answers_shows_at_its_ends(line: TooLong, number: int | None) -> None:
    assert request_id(line) == number


def test_a_failed_attempt_explains_best_why_time_ran_out() -> None:
    patience = Patience("mcp:a/b", 3)
    failure = TargetUnavailable("mcp:a/b", "it is away")
    patience.failed(failure)
    patience.watch_start(Heard(stray_lines=1))

    assert patience.ran_out() is failure


def test_what_came_before_the_call_does_not_explain_its_silence() -> None:
    patience = Patience("mcp:a/b", 3)
    heard = Heard(messages=2, stray_lines=1, long_lines=1)
    patience.watch_call(heard)

    assert patience.ran_out() == CallTimedOut("mcp:a/b", "no answer within 3 seconds", seconds=3)


def test_what_came_during_the_call_explains_its_silence() -> None:
    patience = Patience("mcp:a/b", 3)
    heard = Heard(messages=2)
    patience.watch_call(heard)
    heard.stray(b"Oops \xff")
    assert patience.ran_out() == ProtocolBroken(
        "mcp:a/b",
        "no answer within 3 seconds; it wrote a line that is no JSON-RPC to its standard output: "
        '"Oops \N{REPLACEMENT CHARACTER}"',
    )

    heard.long_lines += 1
    assert isinstance(patience.ran_out(), ResultTooLarge)
