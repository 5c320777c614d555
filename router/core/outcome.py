"""What came of a plan: results of steps and the whole; not how they were obtained."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from router.core.plan import JSON

State = Literal["done", "failed", "waiting", "skipped"]
"""`waiting`: the other side asks for input or sign-in; `skipped`: a step it needs did not finish."""


@dataclass(frozen=True, slots=True)
class Text:
    """A piece of text."""

    text: str
    media_type: str = "text/plain"

    def to_dict(self) -> dict[str, JSON]:
        """Return the content block as JSON."""
        return {"type": "text", "text": self.text}


@dataclass(frozen=True, slots=True)
class Blob:
    """Bytes: an image, a sound or any file; described in output, written only where the user asks."""

    data: bytes
    media_type: str = "application/octet-stream"
    name: str = ""
    """A file name without directories; empty where the sender gave none."""
    path: str = ""
    """Where it was written; empty where it was not."""

    def to_dict(self) -> dict[str, JSON]:
        """Return a description as JSON; the bytes themselves are left out."""
        kind = self.media_type.partition("/")[0]
        out: dict[str, JSON] = {
            "type": kind if kind in ("image", "audio") else "file",
            "media_type": self.media_type,
            "bytes": len(self.data),
        }
        if self.name:
            out["name"] = self.name
        if self.path:
            out["path"] = self.path
        return out


@dataclass(frozen=True, slots=True)
class Link:
    """A reference to something that the other side keeps."""

    uri: str
    name: str = ""
    media_type: str = ""

    def to_dict(self) -> dict[str, JSON]:
        """Return the content block as JSON."""
        return {"type": "link", "uri": self.uri, "name": self.name, "media_type": self.media_type}


Content = Text | Blob | Link


@dataclass(frozen=True, slots=True)
class Result:
    """What one call returned."""

    content: tuple[Content, ...] = ()
    structured: JSON = None
    """Structured content as JSON; None where there is none."""
    state: Literal["done", "waiting"] = "done"
    """`waiting` where the other side asks for input or sign-in; `content` then holds the question."""
    task: str = ""
    """The other side's id of the task, with which a waiting one is continued; empty for a plain call."""
    attempts: int = 1
    """Calls made until it came."""
    wire: Mapping[str, JSON] | None = field(default=None, compare=False, repr=False)
    """As an MCP server sent it, for whoever hands it on unchanged; None where it did not, or it was cut."""

    @property
    def text(self) -> str:
        """The texts, joined by line breaks."""
        return "\n".join(each.text for each in self.content if isinstance(each, Text))


@dataclass(frozen=True, slots=True)
class StepOutcome:
    """What came of one step."""

    id: str
    state: State
    result: Result = field(default_factory=Result)
    seconds: float = 0.0
    attempts: int = 0
    """Calls made; 0 where the step was never called."""
    error: Mapping[str, JSON] | None = None
    """What `RouterError.to_dict` gave; None where nothing failed."""

    def to_dict(self) -> dict[str, JSON]:
        """Return the step as `ts q --json` prints it."""
        out: dict[str, JSON] = {
            "id": self.id,
            "state": self.state,
            "content": [each.to_dict() for each in self.result.content],
            "structured": self.result.structured,
            "seconds": round(self.seconds, 3),
            "attempts": self.attempts,
            "error": dict(self.error) if self.error else None,
        }
        if self.result.task:
            out["task"] = self.result.task
        return out


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a plan."""

    state: Literal["done", "failed", "waiting"]
    steps: tuple[StepOutcome, ...]
    answer: str = ""
    """What a person reads."""
    tokens: int = 0
    cost_usd: float = 0.0
    warnings: tuple[str, ...] = ()
    """What went wrong without costing the results, such as an answer's template that fails."""

    def to_dict(self) -> dict[str, JSON]:
        """Return the outcome as `ts q --json` prints it."""
        return {
            "state": self.state,
            "steps": [step.to_dict() for step in self.steps],
            "answer": self.answer,
            "tokens": self.tokens,
            "cost_usd": self.cost_usd,
            "warnings": list(self.warnings),
        }
