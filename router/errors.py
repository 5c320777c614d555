"""Every error of `router`, one tree; it is not where errors are shown or turned into exit codes.

    RouterError
    ├── AskerError                    the asker's mistake (exit 2)
    │   ├── QueryRefused              the text or its context cannot be a query
    │   ├── ProjectNotFound           no ts.toml here or above
    │   ├── ProjectExists             ts init would overwrite a file
    │   ├── SettingsRefused           ts.toml or the environment does not load
    │   ├── RulebookRefused           rules, vocabulary or prompts do not load
    │   ├── CorpusRefused             recorded queries cannot be read
    │   └── RevisionUnknown           git has no such revision, or is not there
    ├── NoRoute                       no rule decides and no fallback answers (exit 3)
    ├── AmbiguousRoute                rules tie and `ambiguous = "error"` (exit 1)
    ├── BindingFailed                 a template of the plan cannot be rendered
    ├── PlanRefused                   the steps of a plan do not form a DAG of known targets
    ├── PlannerError                  asking a model gave no plan
    │   ├── PlanRejected              the model answers, but with no plan that can be carried out
    │   ├── ModelUnavailable          no model can be reached, or none answers in time
    │   └── BudgetSpent               what models may cost is spent (exit 4)
    ├── SecretMissing                 a secret that is named is nowhere to be found
    └── CallError                     one step of a plan failed
        ├── TargetUnknown             no such server, agent, tool or skill
        ├── ArgumentsRefused          the arguments do not fit the tool's input schema
        ├── TargetUnavailable         a server or agent cannot be started or reached, or went away
        ├── SignInFailed              the sign-in of the settings cannot be applied, or is refused
        ├── PinBroken                 what a tool or agent says of itself is not what was reviewed
        ├── ProtocolBroken            what came back is not the protocol
        ├── ResultTooLarge            what came back is larger than the settings allow
        ├── CallTimedOut              no answer within the time allowed
        └── ToolFailed                the tool or agent itself reports an error

Each class has fields and a stable `code`; the message is made from the fields. `to_dict` and
`from_dict` store an error and read it back.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields
from typing import Any, ClassVar


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong in a file that a user wrote."""

    file: str
    """Path relative to the project, with `/`."""
    message: str
    """What is wrong, in one sentence without a full stop."""
    hint: str = ""
    """What would do, such as the nearest valid word; empty where there is nothing to say."""
    path: tuple[str | int, ...] = ()
    """Keys and list indices that lead to the value in the file."""
    line: int = 0
    """1-based; 0 where it is not known."""
    column: int = 0
    """1-based, in characters; 0 where it is not known."""
    key: bool = False
    """Whether the problem is the key itself and not its value."""
    offset: int = 0
    """Characters into the string value at which the problem is."""
    code: str = "bad-value"
    """Stable, such as `unknown-list`; docs/findings.md has a section for each."""

    def __str__(self) -> str:
        """Place, what is wrong, and what would do, on one line."""
        place = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        return f"{place}: {self.message}" + (f"; {self.hint}" if self.hint else "")


@dataclass(eq=False)
class RouterError(Exception):
    """The root of all errors of `router`."""

    code: ClassVar[str] = "router"

    def __post_init__(self) -> None:
        """Give `Exception` the message, so that tracebacks and pickles show it."""
        Exception.__init__(self, str(self))

    def __str__(self) -> str:
        """Made from the fields by each class."""
        return "something failed"

    def __eq__(self, other: object) -> bool:
        """Equal where class and fields are."""
        if not isinstance(other, RouterError) or type(self) is not type(other):
            return NotImplemented
        return self._values() == other._values()

    def __hash__(self) -> int:
        """Agree with equality, so that errors can be kept in sets as any exception can."""
        return hash((type(self), str(self)))

    def _values(self) -> tuple[Any, ...]:
        return tuple(getattr(self, each.name) for each in fields(self))

    def __reduce__(self) -> tuple[Any, ...]:
        """Rebuild from the fields, not from the message."""
        return (type(self), self._values())

    def to_dict(self) -> dict[str, Any]:
        """Return `{"code", "message", …fields}`, fit for JSON."""
        return {"code": self.code, "message": str(self), **asdict(self)}


def from_dict(stored: dict[str, Any]) -> RouterError:
    """Read back what `to_dict` wrote, also after a way through JSON; a field that is missing has its default.

    Raises KeyError for an unknown code.
    """
    kind = _by_code()[stored["code"]]
    values = {each.name: stored[each.name] for each in fields(kind) if each.name in stored}
    if "problems" in values:
        values["problems"] = tuple(
            Problem(**{**problem, "path": tuple(problem["path"])}) for problem in values["problems"]
        )
    for name, value in values.items():
        if isinstance(value, list):
            values[name] = tuple(value)
    return kind(**values)


def _by_code() -> dict[str, type[RouterError]]:
    found: dict[str, type[RouterError]] = {}
    waiting: list[type[RouterError]] = [RouterError]
    while waiting:
        kind = waiting.pop(0)
        if "code" in vars(kind):  # `_Refused` only inherits one
            found.setdefault(kind.code, kind)
        waiting += kind.__subclasses__()
    return found


@dataclass(eq=False)
class AskerError(RouterError):
    """The asker's mistake: usage, settings, or a rulebook that does not load."""

    code: ClassVar[str] = "asker"


@dataclass(eq=False)
class QueryRefused(AskerError):
    """The text or its context cannot be a query."""

    code: ClassVar[str] = "query"
    reason: str = ""

    def __str__(self) -> str:
        """Say why."""
        return self.reason


@dataclass(eq=False)
class ProjectNotFound(AskerError):
    """There is no `ts.toml` in the directory or above it."""

    code: ClassVar[str] = "project-not-found"
    directory: str = ""
    reason: str = "no ts.toml here or in a directory above"

    def __str__(self) -> str:
        """Say where it was looked for and what would do."""
        return f"{self.directory}: {self.reason}; `ts init` writes a starter project"


@dataclass(eq=False)
class ProjectExists(AskerError):
    """`ts init` would overwrite files."""

    code: ClassVar[str] = "project-exists"
    directory: str = ""
    files: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Name the files."""
        return f"{self.directory}: would overwrite {', '.join(self.files)}; nothing was written"


@dataclass(eq=False)
class _Refused(AskerError):
    problems: tuple[Problem, ...] = ()

    def __str__(self) -> str:
        """Every problem at once, a line each."""
        return "\n".join(str(problem) for problem in self.problems)


@dataclass(eq=False)
class SettingsRefused(_Refused):
    """`ts.toml`, the personal settings or the environment do not load; says every problem at once."""

    code: ClassVar[str] = "settings"


@dataclass(eq=False)
class RulebookRefused(_Refused):
    """Rules, vocabulary or prompts do not load; says every problem at once."""

    code: ClassVar[str] = "rulebook"


@dataclass(eq=False)
class CorpusRefused(_Refused):
    """Recorded queries cannot be read, or there are none; says every problem at once."""

    code: ClassVar[str] = "corpus"


@dataclass(eq=False)
class RevisionUnknown(AskerError):
    """Git has no such revision of the project, or is not there."""

    code: ClassVar[str] = "revision"
    name: str = ""
    reason: str = ""

    def __str__(self) -> str:
        """Name the revision and say why."""
        return f"revision {self.name}: {self.reason}"


@dataclass(eq=False)
class NoRoute(RouterError):
    """No rule decides and no fallback answers."""

    code: ClassVar[str] = "no-route"
    text: str = ""
    nearest: tuple[str, ...] = ()
    failures: tuple[str, ...] = ()
    """Why fallbacks that were asked gave no plan."""

    def __str__(self) -> str:
        """Name what failed, and the nearest targets."""
        failed = f"; {'; '.join(self.failures)}" if self.failures else ""
        near = f"; nearest: {', '.join(self.nearest)}" if self.nearest else ""
        return f"no rule decides this query{failed}{near}"


@dataclass(eq=False)
class AmbiguousRoute(RouterError):
    """Rules tie and the settings say that this is an error."""

    code: ClassVar[str] = "ambiguous"
    rules: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Name every tied rule and the way out."""
        return (
            f"rules tie: {', '.join(self.rules)}; give one of them a condition that the others "
            'lack, or a `beats = ["…"]`'
        )


@dataclass(eq=False)
class BindingFailed(RouterError):
    """A template of the plan cannot be rendered."""

    code: ClassVar[str] = "binding"
    place: str = ""
    """Which value of which rule or step, such as `git.history args.max_count`."""
    reason: str = ""

    def __str__(self) -> str:
        """Place and reason."""
        return f"{self.place}: {self.reason}"


@dataclass(eq=False)
class PlanRefused(RouterError):
    """The steps of a plan do not form a DAG of well-formed targets."""

    code: ClassVar[str] = "plan"
    reason: str = ""

    def __str__(self) -> str:
        """Say why."""
        return f"the plan cannot be carried out: {self.reason}"


@dataclass(eq=False)
class PlannerError(RouterError):
    """Asking a model gave no plan."""

    code: ClassVar[str] = "planner"
    reason: str = ""

    def __str__(self) -> str:
        """Say why."""
        return f"no model made a plan: {self.reason}"


@dataclass(eq=False)
class PlanRejected(PlannerError):
    """The model answers, but with no plan that can be carried out, not even when told what is wrong."""

    code: ClassVar[str] = "plan-rejected"
    model: str = ""
    """Who answered, such as `hf:openai/gpt-oss-20b`."""
    faults: tuple[str, ...] = ()
    """What is wrong with its last answer."""

    def __str__(self) -> str:
        """Name the model and what is wrong."""
        return f"{self.model} made no plan that can be carried out: {'; '.join(self.faults) or self.reason}"


@dataclass(eq=False)
class ModelUnavailable(PlannerError):
    """No model can be reached, or none answers in time; nothing says that the question is at fault."""

    code: ClassVar[str] = "model-unavailable"
    model: str = ""
    """Who was asked, such as `local:openai/gpt-oss-20b`; empty where it was everyone."""
    status: int = 0
    """The HTTP status; 0 where there was none."""
    retry_after_seconds: float | None = None
    """When the other side wants to be asked again; None where it does not say."""
    sent: bool = False
    """Whether the question went out and may have been answered, and billed, without our seeing it."""

    def __str__(self) -> str:
        """Name the model, the reason and when to ask again."""
        later = f"; ask again in {_readable(self.retry_after_seconds)}" if self.retry_after_seconds else ""
        return f"{self.model}: {self.reason}{later}" if self.model else f"{self.reason}{later}"


def _readable(seconds: float) -> str:
    """Return a time to wait as people say it."""
    for unit, length in (("days", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:g} s"


@dataclass(eq=False)
class BudgetSpent(PlannerError):
    """What models may cost this month, altogether or in one pool, is spent."""

    code: ClassVar[str] = "budget-spent"
    spent_usd: float = 0.0
    limit_usd: float = 0.0
    pool: str = ""
    """The pool whose share is spent; empty for the whole."""

    def __str__(self) -> str:
        """Say what was spent of what."""
        if self.reason:
            return self.reason
        whose = f'the pool "{self.pool}"' if self.pool else "the budget"
        return f"{whose} is spent: ${self.spent_usd:.4f} of ${self.limit_usd:.4f} this month"


@dataclass(eq=False)
class SecretMissing(RouterError):
    """A secret that the settings name is nowhere to be found, or cannot be read."""

    code: ClassVar[str] = "secret"
    place: str = ""
    """As the settings name it, such as `keyring:release`; never the secret itself."""
    reason: str = ""

    def __str__(self) -> str:
        """Name the place and what would do."""
        return f"{self.place}: {self.reason}"


@dataclass(eq=False)
class CallError(RouterError):
    """One step failed; `target` is written as in rules, such as `mcp:git/git_log`."""

    code: ClassVar[str] = "call"
    target: str = ""
    reason: str = ""

    def __post_init__(self) -> None:
        """Count the one call that failed; it is no field, since errors are compared and stored without."""
        super().__post_init__()
        self.attempts = 1

    def __str__(self) -> str:
        """Target and reason."""
        return f"{self.target}: {self.reason}"


@dataclass(eq=False)
class TargetUnknown(CallError):
    """There is no such server, agent, tool or skill."""

    code: ClassVar[str] = "target-unknown"
    nearest: str = ""

    def __str__(self) -> str:
        """Offer the nearest name."""
        hint = f"; did you mean {self.nearest}?" if self.nearest else ""
        return f"{self.target}: {self.reason}{hint}"


@dataclass(eq=False)
class ArgumentsRefused(CallError):
    """The arguments do not fit the tool's input schema; nothing was sent."""

    code: ClassVar[str] = "arguments"


@dataclass(eq=False)
class TargetUnavailable(CallError):
    """A server or agent cannot be started or reached, or went away during the call."""

    code: ClassVar[str] = "unavailable"
    log: str = ""
    """The last lines that the server wrote to its standard error; empty where there are none."""
    sent: bool = True
    """Whether the call may have been read; False where it is sure that it was not."""
    retry_after_seconds: float | None = None
    """When the other side wants to be asked again; None where it does not say."""

    def __str__(self) -> str:
        """Append what the server said."""
        return f"{self.target}: {self.reason}" + (f"\n{self.log}" if self.log else "")


@dataclass(eq=False)
class SignInFailed(CallError):
    """The sign-in of the settings cannot be applied, or the other side refuses it: nothing was done."""

    code: ClassVar[str] = "sign-in"


@dataclass(eq=False)
class PinBroken(CallError):
    """What a tool or agent says of itself is not what was reviewed, and the settings are strict."""

    code: ClassVar[str] = "pin"


@dataclass(eq=False)
class ProtocolBroken(CallError):
    """What came back is not the protocol."""

    code: ClassVar[str] = "protocol"


@dataclass(eq=False)
class ResultTooLarge(CallError):
    """What came back is larger than the settings allow."""

    code: ClassVar[str] = "too-large"


@dataclass(eq=False)
class CallTimedOut(CallError):
    """No answer came within the time allowed."""

    code: ClassVar[str] = "timeout"
    seconds: float = field(default=0.0)

    def __str__(self) -> str:
        """Say how long was waited."""
        return f"{self.target}: no answer within {round(self.seconds, 3):g} seconds"


@dataclass(eq=False)
class ToolFailed(CallError):
    """The tool or agent itself reports an error."""

    code: ClassVar[str] = "tool-failed"
    is_over: bool = field(default=False)
    """Whether an agent's task has come to its end by it, so that going on with it is of no use."""
