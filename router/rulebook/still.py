"""The files of a project as they were at one moment: each read once, with a digest; it parses nothing."""

from __future__ import annotations

from collections.abc import Iterator

from router.core.findings import Findings
from router.core.written import digest
from router.errors import Problem
from router.rulebook.tree import VOCABULARY, Tree


class Still:
    """A `Tree` that stays as it was when it was made."""

    def __init__(self, tree: Tree) -> None:
        """Read all rules and prompts; raises RulebookRefused where their names cannot be told."""
        findings = Findings()
        self._names = {folder: tuple(tree.names(folder)) for folder in ("rules", "prompts")}
        self._texts: dict[str, str | None] = {VOCABULARY: tree.text(VOCABULARY, findings)}
        for name in (*self._names["rules"], *self._names["prompts"]):
            if name.endswith((".toml", ".j2")) and name not in self._texts:
                self._texts[name] = tree.text(name, findings)
        self.problems: tuple[Problem, ...] = tuple(findings.problems)
        """What could not be read; where there is any, ask the tree itself."""

    def names(self, folder: str) -> Iterator[str]:
        """See `Tree`."""
        yield from self._names[folder]

    def text(self, name: str, findings: Findings) -> str | None:
        """See `Tree`; whatever could not be read is told by `problems`."""
        del findings
        return self._texts.get(name)

    def digests(self) -> dict[str, str]:
        """Return a digest of each text, by name, sorted."""
        return {name: digest(text) for name, text in sorted(self._texts.items()) if text is not None}
