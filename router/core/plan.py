"""What is to be carried out: targets, steps and plans; not how a driver does it."""

from __future__ import annotations

from router.core.light import Light

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, Literal, Protocol, TypeAlias, TypeVar

    JSON: TypeAlias = Any
    """A JSON value: str, int, float, bool, None, list or dict with string keys."""

    Scheme = Literal["mcp", "a2a", "workflow"]
    Source = Literal["rule", "cache", "planner", "search", "file"]

    class Needy(Protocol):
        """What has an id and needs others by id."""

        @property
        def id(self) -> str:
            """Its own id."""
            ...

        @property
        def needs(self) -> tuple[str, ...]:
            """Ids of those that come before."""
            ...

    NeedyT = TypeVar("NeedyT", bound=Needy)
else:
    JSON = Scheme = Source = object  # names for annotations, which nobody evaluates

SCHEMES: tuple[Scheme, ...] = ("mcp", "a2a", "workflow")


class Target(Light):
    """Whom a step calls: `mcp:server/tool`, `mcp:server`, `a2a:agent`, `a2a:agent/skill`, `workflow:name`."""

    __slots__ = ("scheme", "name", "member")  # noqa: RUF023 - the order in which targets are sorted

    def __init__(self, scheme: str, name: str, member: str = "") -> None:
        self.scheme = scheme
        """`mcp`, `a2a` or `workflow`."""
        self.name = name
        """The server, agent or workflow as the settings name it."""
        self.member = member
        """The tool or skill; empty where the target is the whole server or agent."""

    def __lt__(self, other: Target) -> bool:
        """Sort by scheme, name and member."""
        return self._values() < other._values()

    @classmethod
    def parse(cls, text: str) -> Target:
        """Read a target as it is written in rules.

        Raises ValueError with what is wrong.
        """
        scheme, colon, rest = text.partition(":")
        name, slash, member = rest.partition("/")
        if scheme not in SCHEMES or not colon:
            raise ValueError(f'"{_on_a_line(text)}" is not a target: it starts with mcp:, a2a: or workflow:')
        if not name or (slash and not member) or text.split() != [text]:
            raise ValueError(f'"{_on_a_line(text)}" is not a target such as mcp:server/tool or a2a:agent')
        return cls(scheme, name, member)

    def __str__(self) -> str:
        """As it is written in rules."""
        return f"{self.scheme}:{self.name}" + (f"/{self.member}" if self.member else "")


def _on_a_line(text: str) -> str:
    """Return a text without what would break a line or steer a terminal."""
    return "".join(each if each.isprintable() else f"\\x{ord(each):02x}" for each in text)


class StepSource(Light):
    """A step of a rule, its templates not yet rendered."""

    __slots__ = ("args", "ask", "ask_later", "id", "later", "needs", "use")

    def __init__(
        self,
        id: str,
        use: Target,
        args: Mapping[str, JSON] | None = None,
        ask: str = "",
        needs: tuple[str, ...] = (),
        later: tuple[str, ...] = (),
        ask_later: bool = False,
    ) -> None:
        self.id = id
        self.use = use
        self.args = args or {}
        """Arguments; any string may be a template."""
        self.ask = ask
        """The template of the message to an agent; empty for the query's text."""
        self.needs = needs
        self.later = later
        """Names of the arguments whose templates read results of earlier steps."""
        self.ask_later = ask_later
        """Whether `ask` reads them."""

    def to_dict(self) -> dict[str, JSON]:
        """Return all of it as JSON."""
        return {
            "id": self.id,
            "use": str(self.use),
            "args": dict(self.args),
            "ask": self.ask,
            "needs": list(self.needs),
        }


class Step(Light):
    """One call: a target, its arguments or message, and the steps it needs."""

    __slots__ = ("args", "id", "later", "message", "needs", "task", "use", "values")

    def __init__(
        self,
        id: str,
        use: Target,
        args: Mapping[str, JSON] | None = None,
        message: str | None = None,
        needs: tuple[str, ...] = (),
        later: Mapping[str, JSON] | None = None,
        values: Mapping[str, JSON] | None = None,
        task: str = "",
    ) -> None:
        self.id = id
        self.use = use
        self.args = args
        """Arguments of a tool, by name; None where none were given."""
        self.message = message
        """What an agent is asked; None for a tool."""
        self.needs = needs
        """Ids of the steps that must be done before."""
        self.later = later or {}
        """`args` and `message` as far as their templates read results of earlier steps, unrendered."""
        self.values = values or {}
        """What the templates in `later` may name beside results; empty where there are none."""
        self.task = task
        """The handle of an agent's task that waits, which the message answers; empty for a new one."""

    def to_dict(self) -> dict[str, JSON]:
        """Return the step as `ts explain --json` prints it."""
        out: dict[str, JSON] = {"id": self.id, "use": str(self.use)}
        if self.message is not None or (self.use.scheme == "a2a" and "message" not in self.later):
            out["message"] = self.message
        if self.args is not None or self.use.scheme == "mcp":
            out["args"] = dict(self.args or {})
        if self.later:
            out["later"] = dict(self.later)
        if self.task:
            out["task"] = self.task
        out["needs"] = list(self.needs)
        return out


class Plan(Light):
    """Steps to carry out, as a DAG, and where they come from."""

    __slots__ = ("answer", "source", "steps", "values")

    def __init__(
        self,
        source: Source,
        steps: tuple[Step, ...],
        answer: str | None = None,
        values: Mapping[str, JSON] | None = None,
    ) -> None:
        self.source = source
        self.steps = steps
        self.answer = answer
        """The template that renders the results, or None for the results as they are."""
        self.values = values or {}
        """What `answer` may name beside results."""

    def to_dict(self) -> dict[str, JSON]:
        """Return the plan as `ts explain --json` prints it."""
        return {"from": self.source, "steps": [step.to_dict() for step in self.steps]}


def in_order(steps: tuple[NeedyT, ...]) -> tuple[NeedyT, ...]:
    """Return the steps so that each comes after those it needs, otherwise as written.

    Raises PlanRefused for a repeated id, a need that is no step, or a cycle.
    """
    from router.errors import PlanRefused

    if len(steps) == 1 and not steps[0].needs:
        return steps
    known = {step.id for step in steps}
    if len(known) != len(steps):
        repeated = sorted({step.id for step in steps if sum(each.id == step.id for each in steps) > 1})
        raise PlanRefused(f"more than one step is called {', '.join(repeated)}")
    for step in steps:
        if missing := [need for need in step.needs if need not in known]:
            raise PlanRefused(f"step {step.id} needs {', '.join(missing)}, which is not a step")
    ordered: list[NeedyT] = []
    waiting = list(steps)
    while waiting:
        done = {step.id for step in ordered}
        ready = next((step for step in waiting if done.issuperset(step.needs)), None)
        if ready is None:
            raise PlanRefused(f"the steps {', '.join(step.id for step in waiting)} need each other")
        ordered.append(ready)
        waiting.remove(ready)
    return tuple(ordered)
