"""What of a failed call may be repeated, and when; and what a failure tells of the target."""

from __future__ import annotations

import secrets
from typing import Final

from router.core.settings import Peer
from router.errors import (
    CallError,
    CallTimedOut,
    ProtocolBroken,
    ResultTooLarge,
    TargetUnavailable,
    ToolFailed,
)
from router.ports import Tool

LONGEST_PAUSE_SECONDS: Final = 60.0
COUNTED: Final = (TargetUnavailable, CallTimedOut, ProtocolBroken)
"""Failures that say that a target is not well."""
ANSWERS: Final = (ToolFailed, ResultTooLarge)
"""Failures that it answered with, so that it is well; all others tell nothing of it."""

_CHANCE: Final = secrets.SystemRandom()


def is_safe(tool: Tool | None) -> bool:
    """Whether a tool says that calling it twice does no more than calling it once."""
    return tool is not None and (tool.read_only is True or tool.idempotent is True)


def may_repeat(error: CallError, *, safe: bool) -> bool:
    """Whether a call may be made again: it was never read, was asked to come again, or is safe."""
    if not isinstance(error, TargetUnavailable):
        return False
    return safe or not error.sent or error.retry_after_seconds is not None


def pause_seconds(error: CallError, peer: Peer, attempt: int) -> float:
    """Return how long to wait before the next attempt, the first being 1: longer each time, and never alike.

    Where the other side says when, that is when.
    """
    if (said := wished_seconds(error)) is not None:
        return said
    longest = min(peer.delay_seconds * 2.0 ** min(attempt - 1, 64), LONGEST_PAUSE_SECONDS)
    return _CHANCE.uniform(longest / 2, longest)


def wished_seconds(error: CallError) -> float | None:
    """Return when the other side wants to be asked again; None where it does not say."""
    return error.retry_after_seconds if isinstance(error, TargetUnavailable) else None
