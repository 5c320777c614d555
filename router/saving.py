"""Writes images and files of results where the user asks; nothing is overwritten."""

from __future__ import annotations

import mimetypes
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from router.core.outcome import Blob, Content

LONGEST_STEM_BYTES: Final = 150
"""Of the 255 that file systems allow for a name; a suffix and a number come behind it."""
_UNFIT: Final = re.compile(r"[^\w.+-]+")
_RESERVED: Final = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)")
"""Names of devices on Windows, with any suffix."""


@dataclass(frozen=True, slots=True)
class Saver:
    """Writes into one directory, which it makes."""

    directory: Path

    def __call__(self, content: Content) -> Content:
        """Write a blob and return it with its path; return anything else as it is.

        Raises OSError, and leaves no half of a file, where it cannot be written.
        """
        if not isinstance(content, Blob):
            return content
        self.directory.mkdir(parents=True, exist_ok=True)
        stem, suffix = _name(content)
        number = 1
        while True:
            path = self.directory / (f"{stem}{suffix}" if number == 1 else f"{stem}-{number}{suffix}")
            try:
                _write(path, content.data)
            except FileExistsError:
                number += 1
            else:
                return replace(content, path=str(path))


def _write(path: Path, data: bytes) -> None:
    file = path.open("xb")
    try:
        with file:
            file.write(data)
    except OSError:
        path.unlink()
        raise


def _name(blob: Blob) -> tuple[str, str]:
    """Return a stem and a suffix that are safe on every system, whatever the sender called the file."""
    sent = Path(_fit(blob.name.replace("\\", "/").rpartition("/")[2]))
    suffix = sent.suffix or mimetypes.guess_extension(blob.media_type) or ""
    stem = sent.stem or _fit(blob.media_type.partition("/")[0]) or "file"
    stem = stem.encode(errors="ignore")[:LONGEST_STEM_BYTES].decode(errors="ignore")
    return f"_{stem}" if _RESERVED.fullmatch(stem.partition(".")[0]) else stem, suffix[:20]


def _fit(name: str) -> str:
    return _UNFIT.sub("_", name).strip(".")
