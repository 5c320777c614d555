"""Messages to A2A agents and what their answers come to; nothing here sends or waits.

Facts from the A2A specification 1.0.1: a part is text, raw bytes, a URL or data; an answer is a message,
or a task whose artifacts and status arrive whole or as updates; no field names a skill.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Final
from urllib.parse import quote, unquote
from uuid import uuid4

import anyio
from a2a.helpers import get_data_parts, get_text_parts, new_data_part, new_raw_part
from a2a.types import (
    Artifact,
    Message,
    Part,
    Role,
    StreamResponse,
    Task,
    TaskArtifactUpdateEvent,
    TaskState,
    TaskStatus,
    TaskStatusUpdateEvent,
)

from router.core.outcome import Blob, Content, Link, Result, Text
from router.core.plan import JSON
from router.core.query import Attachment
from router.drivers.a2a_wire import too_large
from router.drivers.quoting import brief
from router.errors import ArgumentsRefused, ProtocolBroken, ToolFailed
from router.ports import Call

LARGEST_ATTACHED_BYTES: Final = 10_000_000
"""All attached files of one call together."""

_FAILED: Final = {
    TaskState.TASK_STATE_FAILED: "the task failed",
    TaskState.TASK_STATE_REJECTED: "the agent rejected the task",
    TaskState.TASK_STATE_CANCELED: "the task was canceled",
}
_WAITING: Final = {
    TaskState.TASK_STATE_INPUT_REQUIRED: "The agent asks for more input, without saying what.",
    TaskState.TASK_STATE_AUTH_REQUIRED: "The agent asks for sign-in, without saying where.",
}

_AT_WORK: Final = (TaskState.TASK_STATE_SUBMITTED, TaskState.TASK_STATE_WORKING)
_SETTLED: Final = frozenset({TaskState.TASK_STATE_COMPLETED, *_FAILED, *_WAITING})


async def message_of(call: Call) -> Message:
    """Return the message to send: the text, the arguments as a data part, the attached files as bytes.

    No field of A2A names a skill, so that of the target goes into the metadata as `skill`; agents that
    don't look there choose for themselves. A call that goes on with a task carries its two ids. Raises
    ArgumentsRefused; nothing is sent then.
    """
    target = str(call.target)
    context_id, task_id = ids_of(call.task, target)
    parts = [Part(text=call.message)] if call.message else []
    if call.args:
        parts.append(_data_part(call.args, target))
    if call.attached:
        parts += await anyio.to_thread.run_sync(_file_parts, call.attached, target)
    if not parts:
        raise ArgumentsRefused(target, "there is nothing to send: no message, no arguments, no file")
    metadata = {"skill": call.target.member} if call.target.member else None
    return Message(
        message_id=str(uuid4()),
        role=Role.ROLE_USER,
        parts=parts,
        metadata=metadata,
        context_id=context_id,
        task_id=task_id,
    )


def ids_of(told: str, target: str) -> tuple[str, str]:
    """Return context id and task id of a handle; two empty texts where there is none."""
    context_id, slash, task_id = told.partition("/")
    if told and not (slash and task_id):
        reason = f'"{told}" is not the handle of a task, which is its context id, a slash and its id'
        raise ArgumentsRefused(target, reason)
    return unquote(context_id), unquote(task_id)


def _data_part(args: Mapping[str, JSON], target: str) -> Part:
    try:
        return new_data_part(json.loads(json.dumps(args, allow_nan=False)))
    except (TypeError, ValueError) as error:
        raise ArgumentsRefused(target, f"the arguments are not JSON: {error}") from error


def _file_parts(attached: Iterable[Attachment], target: str) -> list[Part]:
    left, parts = LARGEST_ATTACHED_BYTES, []
    for each in attached:
        path = Path(each.path)
        if not path.is_file():
            raise ArgumentsRefused(target, f"{each.path} cannot be attached: it is not a file")
        try:
            with path.open("rb") as file:
                data = file.read(left + 1)
        except OSError as error:
            raise ArgumentsRefused(target, f"{each.path} cannot be attached: {error.strerror}") from error
        left -= len(data)
        if left < 0:
            raise ArgumentsRefused(
                target, f"the attached files have more than {LARGEST_ATTACHED_BYTES:,} bytes together"
            )
        parts.append(new_raw_part(data, media_type=each.media_type, filename=each.name))
    return parts


@dataclass(slots=True)
class Conversation:
    """What an agent has said so far to one message; grows as events and polls come in."""

    task: Task | None = None
    message: Message | None = None
    """An answer without a task."""
    said: list[Part] = field(default_factory=list)
    """What status messages said while the task was still at work, in order."""
    before: Task | None = None
    """A task that is gone on with, as it stood: what it had last said, seen again, is no answer."""
    in_chunks: set[str] = field(default_factory=set)
    """Ids of the artifacts whose text came bit by bit; agents keep each bit as a part."""

    @property
    def task_id(self) -> str:
        """The agent's id of the task; empty while none is known."""
        return self.task.id if self.task else ""

    @property
    def settled(self) -> bool:
        """Whether there is an answer, a failure or a question: nothing more is to be waited for."""
        return self.message is not None or (self._state in _SETTLED and not self._stale)

    @property
    def astray(self) -> bool:
        """Whether there is a task, in a state that A2A 1.0 and 0.3 do not have."""
        known = self.settled or self._stale or self._state in _AT_WORK
        return self.task is not None and not known

    @property
    def wordless(self) -> bool:
        """Whether the task is settled and nothing seen of it can be its answer, reason or question."""
        if self.task is None or not self.settled:
            return False
        return not (self.task.status.message.parts if self._state in _WAITING else self._answer())

    @property
    def standing(self) -> bytes:
        """What the task has come to, comparable with what it came to later; the time of it tells nothing."""
        task = self.task or Task()
        status = TaskStatus(state=task.status.state, message=task.status.message)
        return bytes(Task(status=status, artifacts=task.artifacts).SerializeToString(deterministic=True))

    @property
    def _stale(self) -> bool:
        return self.task is not None and self._as_before(self.task)

    def _as_before(self, task: Task) -> bool:
        """Say whether it stands as it did; agents may answer with another task, which never does."""
        return self.before is not None and (task.id, task.status) == (self.before.id, self.before.status)

    @property
    def _state(self) -> TaskState:
        return self.task.status.state if self.task else TaskState.TASK_STATE_UNSPECIFIED

    def take(self, event: StreamResponse) -> list[str]:
        """Take in one event of a stream; return the texts in it that are news to a person."""
        if event.HasField("message"):
            self.message = event.message
        elif event.HasField("task"):
            return self.look(event.task)
        elif event.HasField("status_update"):
            return self._told(event.status_update)
        elif event.HasField("artifact_update"):
            chunk = event.artifact_update
            if chunk.append:
                self.in_chunks.add(chunk.artifact.artifact_id)
            _add(self._known(chunk.task_id, chunk.context_id), chunk)
            # Some agents say their answer as a status first (ADK), and then as an artifact.
            said = () if chunk.append else _texts(self.said)
            return [text for text in _texts(chunk.artifact.parts) if text not in said]
        return []

    def look(self, task: Task) -> list[str]:
        """Take in the task as it stands; return the texts of its status where they are news."""
        before = self.task.status.message if self.task else Message()
        for each in task.artifacts:
            if each.artifact_id in self.in_chunks:
                _join(each)
        self.task = task
        return self._heard(task.status) if task.status.message != before else []

    def end(self, task: Task) -> None:
        """Take in the task as it stands if it is settled, and else leave that to the stream."""
        if task.status.state in _SETTLED and not self._as_before(task):
            self.look(task)

    def recall(self, task: Task) -> None:
        """Take the whole of a task that was settled without words: what it keeps, or else has said before."""
        if task.status.state == self._state:
            self.look(task)
        spoken = [each for each in task.history if each.role == Role.ROLE_AGENT]
        if self._state == TaskState.TASK_STATE_COMPLETED:
            self.said = self.said or [part for each in spoken for part in each.parts]
        elif spoken and spoken[-1] == task.history[-1] and self.task and not self.task.status.message.parts:
            self.task.status.message.CopyFrom(spoken[-1])

    def _told(self, update: TaskStatusUpdateEvent) -> list[str]:
        """Take in a status; the message that is known already is no news when a stream is heard again."""
        task = self._known(update.task_id, update.context_id)
        known = task.status.message.message_id
        task.status.CopyFrom(update.status)
        return [] if known and known == update.status.message.message_id else self._heard(task.status)

    def _known(self, task_id: str, context_id: str) -> Task:
        if self.task is None:
            self.task = Task(id=task_id, context_id=context_id)
        return self.task

    def _heard(self, status: TaskStatus) -> list[str]:
        """Keep what a task at work says; what a settled one says is its answer, not news."""
        if self.settled or self._stale:
            return []
        self.said += status.message.parts
        return _texts(status.message.parts)

    def result(self, target: str, limit_bytes: int) -> Result:
        """Return the answer or the question; raises ToolFailed, ProtocolBroken and ResultTooLarge."""
        if (failure := _FAILED.get(self._state)) is not None:
            said = " ".join(_texts(self._answer() or self.said))
            told = f"{failure}: {brief(said)}" if said else f"{failure} without saying why"
            raise ToolFailed(target, told, is_over=True)
        if self.task is not None and (silence := _WAITING.get(self._state)) is not None:
            asked = self.task.status.message.parts or self._answer() or [Part(text=silence)]
            content, structured = _read(asked, target, limit_bytes)
            return Result(content, structured, "waiting", handle(self.task))
        content, structured = _read(self._answer() or self.said, target, limit_bytes)
        return Result(content, structured)

    def _answer(self) -> list[Part]:
        """Artifacts first, then the last status message as far as it does not repeat them."""
        if self.message is not None:
            return list(self.message.parts)
        if self.task is None:
            return []
        parts = [part for artifact in self.task.artifacts for part in artifact.parts]
        return parts + [part for part in self.task.status.message.parts if part not in parts]


def handle(task: Task) -> str:
    """Return the handle of a waiting task: context id, a slash, task id; each percent-encoded.

    A follow-up must carry both: with the task id alone agents may open a new context (a2a-python#1206).
    """
    return f"{quote(task.context_id, safe='')}/{quote(task.id, safe='')}"


def _add(task: Task, chunk: TaskArtifactUpdateEvent) -> None:
    """Add an artifact, replace the one of its id, or append to it; appended text goes on unbroken."""
    known = next((each for each in task.artifacts if each.artifact_id == chunk.artifact.artifact_id), None)
    if known is None:
        task.artifacts.append(chunk.artifact)
        return
    if not chunk.append:
        known.CopyFrom(chunk.artifact)
        return
    parts = list(chunk.artifact.parts)
    if parts and known.parts and _goes_on(known.parts[-1], parts[0]):
        known.parts[-1].text += parts.pop(0).text
    known.parts.extend(parts)


def _join(artifact: Artifact) -> None:
    """Join the texts of an artifact that came in chunks, which then are parts of their own."""
    parts: list[Part] = []
    for part in artifact.parts:
        if parts and _goes_on(parts[-1], part):
            parts[-1].text += part.text
        else:
            parts.append(part)
    del artifact.parts[:]
    artifact.parts.extend(parts)


def _goes_on(last: Part, following: Part) -> bool:
    both_text = last.HasField("text") and following.HasField("text")
    return both_text and (last.media_type, last.filename) == (following.media_type, following.filename)


def _read(parts: Sequence[Part], target: str, limit_bytes: int) -> tuple[tuple[Content, ...], JSON]:
    """Return content and structured content; a lone data part stands for itself, several are a list."""
    content = tuple(each for part in parts if (each := _content(part)) is not None)
    try:
        values = [_narrow(value) for value in get_data_parts(parts)]
    except ValueError as error:
        raise ProtocolBroken(target, "the answer holds NaN or Infinity, which is not JSON") from error
    size = sum(map(_bytes, content)) + (len(json.dumps(values)) if values else 0)
    if size > limit_bytes:
        raise too_large(target, limit_bytes)
    return content, values[0] if len(values) == 1 else values or None


def _texts(parts: Sequence[Part]) -> list[str]:
    return [text for text in get_text_parts(parts) if text]


def _content(part: Part) -> Content | None:
    if part.text:
        return Text(part.text, part.media_type or "text/plain")
    if part.HasField("raw"):
        return Blob(part.raw, part.media_type or "application/octet-stream", _bare(part.filename))
    if part.url:
        return Link(part.url, _bare(part.filename), part.media_type)
    return None


def _bytes(content: Content) -> int:
    if isinstance(content, Blob):
        return len(content.data)
    return len((content.text if isinstance(content, Text) else content.uri).encode())


def _bare(filename: str) -> str:
    """Return the name without directories, as either kind of system writes them."""
    name = PurePosixPath(PureWindowsPath(filename).name).name
    return "".join(each for each in name if each.isprintable()) if name not in (".", "..") else ""


def _narrow(value: JSON) -> JSON:
    """Make whole numbers int again: protobuf keeps every number as a double."""
    if isinstance(value, dict):
        return {key: _narrow(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_narrow(each) for each in value]
    if isinstance(value, float) and value.is_integer() and abs(value) <= 2**53:
        return int(value)
    return value
