"""Runs a composite action as GitHub does, its `run:` steps in bash; what it `uses` is given as outputs."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from tests.packaged import parsed

_EXPRESSION: Final = re.compile(r"\$\{\{\s*(.*?)\s*\}\}")
_OPERATOR: Final = re.compile(r"\s*(\|\||==|!=)\s*")
_OPERATORS: Final[Mapping[str, Callable[[str, str], str]]] = {
    "||": lambda one, other: one or other,
    "==": lambda one, other: "true" if one == other else "",
    "!=": lambda one, other: "true" if one != other else "",
}


@dataclass
class Action:
    """An action and what one run of it left behind."""

    folder: Path
    workspace: Path
    """Where the repository is checked out."""
    temporary: Path
    github: Mapping[str, str]
    """The context `github`, by dotted name: `event.pull_request.number`."""
    environment: Mapping[str, str]
    """Of the job, beside what the runner adds."""
    given: Mapping[str, Mapping[str, str]]
    """Outputs of steps, by id, which are not run."""
    inputs: dict[str, str] = field(default_factory=dict)
    outputs: dict[str, Mapping[str, str]] = field(default_factory=dict)
    """Of each step that has an id."""
    log: str = ""

    @property
    def summary(self) -> str:
        """What the run's summary shows."""
        path = self.temporary / "summary.md"
        return path.read_text(encoding="utf-8") if path.exists() else ""

    def run(self, **inputs: str) -> int:
        """Run the action with inputs, `_` for `-`; return the exit code of the step that failed, or 0."""
        definition = parsed((self.folder / "action.yml").read_text(encoding="utf-8"))
        named = {name.replace("_", "-"): value for name, value in inputs.items()}
        assert named.keys() <= definition["inputs"].keys()
        defaults = {name: self._filled(each["default"]) for name, each in definition["inputs"].items()}
        self.inputs, self.outputs, self.log = {**defaults, **named}, dict(self.given), ""
        (self.temporary / "summary.md").unlink(missing_ok=True)
        for step in definition["runs"]["steps"]:
            if step.get("id") in self.given or not self._value(step.get("if", "'true'")):
                continue
            if code := self._step(step):
                return code
        return 0

    def output(self, name: str) -> str:
        """Return an output of the action."""
        definition = parsed((self.folder / "action.yml").read_text(encoding="utf-8"))
        return self._filled(definition["outputs"][name]["value"])

    def _step(self, step: Mapping[str, Any]) -> int:
        assert step["shell"] == "bash"
        assert not _EXPRESSION.search(step["run"]), "an expression in a script is how foreign text is run"
        (self.temporary / "script.sh").write_text(step["run"], encoding="utf-8")
        (self.temporary / "outputs").write_text("")
        own = {name: self._filled(value) for name, value in step.get("env", {}).items()}
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", str(self.temporary / "script.sh")],
            cwd=self.workspace,
            env={**self._runner(), **own},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
        self.log += done.stdout.decode()
        lines = (self.temporary / "outputs").read_text(encoding="utf-8").splitlines()
        self.outputs[step.get("id", "")] = dict(line.split("=", 1) for line in lines)
        return done.returncode

    def _runner(self) -> dict[str, str]:
        """Return what the runner gives every step (docs.github.com, "Variables reference")."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("GITHUB_", "TS_"))}
        return {
            **kept,
            **self.environment,
            "GITHUB_ACTION_PATH": str(self.folder),
            "GITHUB_OUTPUT": str(self.temporary / "outputs"),
            "GITHUB_STEP_SUMMARY": str(self.temporary / "summary.md"),
            "RUNNER_TEMP": str(self.temporary),
        }

    def _filled(self, text: str) -> str:
        return _EXPRESSION.sub(lambda found: self._value(found[1]), text)

    def _value(self, expression: str) -> str:
        """Return the value of an expression of one operator at most."""
        one, *rest = _OPERATOR.split(expression)
        if not rest:
            return self._atom(one)
        operator, other = rest
        return _OPERATORS[operator](self._atom(one), self._atom(other))

    def _atom(self, text: str) -> str:
        if text.startswith("'"):
            return text[1:-1]
        context, _, name = text.partition(".")
        if context == "steps":
            step, _, name = name.partition(".outputs.")
            return self.outputs.get(step, {}).get(name, "")
        return {"inputs": self.inputs, "github": self.github}[context].get(name, "")


def expressions(value: Any) -> Iterator[str]:
    """Yield every expression in an action or a workflow."""
    if isinstance(value, str):
        yield from _EXPRESSION.findall(value)
    else:
        for each in value.values() if isinstance(value, Mapping) else value:
            yield from expressions(each)
