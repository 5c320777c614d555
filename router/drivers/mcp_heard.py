"""What an MCP server wrote that was no answer, and how that explains failure; it reads no messages itself."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from typing import Final

from router.drivers.mcp_program import TooLong
from router.errors import CallError, CallTimedOut, ProtocolBroken, ResultTooLarge, TargetUnavailable

_MOST_STRAY_LINES: Final = 1_000
_LONGEST_QUOTE: Final = 120
_VERSION: Final = rb'"jsonrpc"\s*:\s*"2\.0"'
_REQUEST: Final = re.compile(rb'\s*\{[^{\[]*"method"')
_ID_FIRST: Final = re.compile(rb'\A\s*\{\s*(?:%s\s*,\s*)?"id"\s*:\s*(\d+)' % _VERSION)
_ID_LAST: Final = re.compile(rb'"id"\s*:\s*(\d+)\s*(?:,\s*%s\s*)?\}\s*\Z' % _VERSION)


@dataclass(slots=True)
class Heard:
    """What came over one connection so far."""

    messages: int = 0
    """Lines that the protocol knows."""
    stray_lines: int = 0
    """Lines that are no JSON-RPC message."""
    first_stray: str = ""
    long_lines: int = 0
    """Lines that are longer than is accepted."""
    ending: str = ""
    """How its program came to its end; empty as long as it runs, and where it was never started."""
    log_tail: str = ""
    """The last lines that the program wrote to its standard error."""

    def stray(self, line: bytes) -> None:
        """Count a line that is no JSON-RPC message."""
        self.stray_lines += 1
        self.first_stray = self.first_stray or line[:_LONGEST_QUOTE].decode(errors="replace")

    def is_hopeless(self) -> bool:
        """Whether this is no server at all, but a program that writes on and on."""
        return not self.messages and self.stray_lines >= _MOST_STRAY_LINES

    def no_start(self, target: str, error: str, *, is_lost: bool) -> CallError:
        """Return why the server could not be connected to.

        `is_lost` says that it ended, or wrote so much nonsense that it was given up.
        """
        stray = self.strayed()
        if not self.ending:
            return TargetUnavailable(target, f"the server cannot be started: {error}", sent=False)
        if not is_lost:
            return ProtocolBroken(target, f"the server cannot be spoken to: {error}")
        if stray and not self.log_tail:
            return ProtocolBroken(target, f"{stray}, and {self.ending}")
        more = f"; {stray}" if stray else ""
        reason = f"the server {self.ending} before it answered{more}"
        return TargetUnavailable(target, reason, self.log_tail, sent=False)

    def went_away(self, target: str, *, is_lost: bool) -> TargetUnavailable:
        """Return why the connection ended during a call."""
        told = f"the server {self.ending}" if is_lost and self.ending else "the connection was closed"
        return TargetUnavailable(target, f"{told} during the call", self.log_tail)

    def strayed(self) -> str:
        """Tell of the stray lines; empty where there are none."""
        if not self.stray_lines:
            return ""
        count = f"{self.stray_lines:,} lines that are" if self.stray_lines > 1 else "a line that is"
        quote = json.dumps(self.first_stray, ensure_ascii=False)
        return f"it wrote {count} no JSON-RPC to its standard output: {quote}"


def is_request(line: bytes) -> bool:
    """Whether a line, or the start of one, asks or notes something, and so answers nothing."""
    return bool(_REQUEST.match(line))


def request_id(line: TooLong) -> int | None:
    """Return the id of the request that a line too long to be read would answer; None where it does not show.

    It stands first or last in what the usual JSON writers make of an answer.
    """
    found = _ID_FIRST.search(line.start) or _ID_LAST.search(line.end)
    return int(found[1]) if found else None


class Patience:
    """The time that one call has, and what would explain that it ran out."""

    def __init__(self, target: str, seconds: float) -> None:
        self.target = target
        self.seconds = seconds
        self._failure: CallError | None = None
        self._heard = self._before = Heard()

    def watch_start(self, heard: Heard) -> None:
        """Expect the server of this connection to answer for the first time."""
        self._heard, self._before = heard, Heard()

    def watch_call(self, heard: Heard) -> None:
        """Expect an answer over this connection, which is open, from now on."""
        self._heard, self._before = heard, replace(heard)
        self._failure = None

    def failed(self, failure: CallError) -> None:
        """Take note of an attempt to connect that failed."""
        self._failure = failure

    def ran_out(self) -> CallError:
        """Return the error that says best why there is no answer."""
        if self._failure is not None:
            return self._failure
        told = f"no answer within {round(self.seconds, 3):g} seconds"
        if self._heard.long_lines > self._before.long_lines:
            return ResultTooLarge(self.target, f"{told}, but a line longer than the settings allow")
        if self._heard.stray_lines > self._before.stray_lines:
            return ProtocolBroken(self.target, f"{told}; {self._heard.strayed()}")
        return CallTimedOut(self.target, told, seconds=self.seconds)
