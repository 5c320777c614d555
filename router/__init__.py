"""Routes questions to MCP servers and A2A agents by rules that a team keeps in git.

The names below are the promise to users of the library; each is opened when it is first touched, so that
`import router` costs next to nothing.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from router.core.book import Rulebook
    from router.core.decision import Decision, Verdict
    from router.core.explain import page as explain
    from router.core.outcome import Outcome, Result, StepOutcome
    from router.core.plan import Plan, Step, Target
    from router.core.query import Attachment, Query
    from router.engine import Route, Router
    from router.errors import Problem, RouterError
    from router.loading import load
    from router.wiring import open_router

__version__ = "0.1.0"

__all__ = [
    "Attachment",
    "Decision",
    "Outcome",
    "Plan",
    "Problem",
    "Query",
    "Result",
    "Route",
    "Router",
    "RouterError",
    "Rulebook",
    "Step",
    "StepOutcome",
    "Target",
    "Verdict",
    "__version__",
    "explain",
    "load",
    "open_router",
]

_ROOMS = {
    "Attachment": "router.core.query",
    "Decision": "router.core.decision",
    "Outcome": "router.core.outcome",
    "Plan": "router.core.plan",
    "Problem": "router.errors",
    "Query": "router.core.query",
    "Result": "router.core.outcome",
    "Route": "router.engine",
    "Router": "router.engine",
    "RouterError": "router.errors",
    "Rulebook": "router.core.book",
    "Step": "router.core.plan",
    "StepOutcome": "router.core.outcome",
    "Target": "router.core.plan",
    "Verdict": "router.core.decision",
    "load": "router.loading",
    "open_router": "router.wiring",
}


def __getattr__(name: str) -> object:
    """Open the room of a promised name."""
    if name == "explain":
        value = __import__("router.core.explain", fromlist=("page",)).page
    elif name in _ROOMS:
        value = getattr(__import__(_ROOMS[name], fromlist=(name,)), name)
    else:
        raise AttributeError(f"module 'router' has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
