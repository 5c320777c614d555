"""What reports and comparisons write alike: counts, code and cells of Markdown, workflow commands."""

from __future__ import annotations

import re
from typing import Final

ZERO_WIDTH_SPACE: Final = "\u200b"
_APART: Final = re.compile(r"(?<=@)|(?<=#)(?=\d)|(?<=GH)(?=-\d)|(?<=:)(?=//)|(?<=www)(?=\.)")
"""Where GitHub would see a mention, an issue or an address."""
_MARKUP: Final = re.compile(r"([\\`*_~|\[\]])")


def counted(number: int, noun: str) -> str:
    """Return a number with its noun."""
    plural = f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
    return f"{number} {noun if number == 1 else plural}"


def cell(text: str) -> str:
    """Return a text as a cell of a Markdown table, where nothing of it is markup, a link or a mention."""
    plain = _APART.sub(ZERO_WIDTH_SPACE, _one_line(text)).replace("&", "&amp;").replace("<", "&lt;")
    return _MARKUP.sub(r"\\\1", plain)


def code(text: str) -> str:
    """Return a text as code in Markdown, where nothing of it is read as Markdown or notifies anybody."""
    text = _one_line(text)
    fence = "`" * (max(map(len, re.findall("`+", text)), default=0) + 1)
    edged = text.startswith(("`", " ")) or text.endswith(("`", " "))
    return f"{fence} {text} {fence}" if edged else f"{fence}{text}{fence}"


def code_cell(text: str) -> str:
    """Return a text as code in a cell of a table (GFM, section 4.10: a pipe is escaped there too)."""
    return code(text).replace("|", "\\|")


def command(severity: str, file: str, line: int, column: int, title: str, message: str) -> str:
    """Return a workflow command of GitHub Actions, which shows a message at a line.

    See "Workflow commands for GitHub Actions", setting an error or warning message.
    """
    properties = {"file": file}
    if line:
        properties["line"] = str(line)
    if column:
        properties["col"] = str(column)
    properties["title"] = title
    listed = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    return f"::{severity} {listed}::{_data(message)}"


def _one_line(text: str) -> str:
    return re.sub(r"[\r\n]+", " ", text)


def _data(value: str) -> str:
    return value.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(value: str) -> str:
    return _data(value).replace(":", "%3A").replace(",", "%2C")
