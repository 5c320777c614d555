"""The way in: `ts`, and `python -m router`."""

from __future__ import annotations

import importlib
import sys


def main() -> None:
    """Run the command line and exit with its code."""
    try:
        importlib.import_module("router.cli.app").run()
    except KeyboardInterrupt:  # before a command could take it
        sys.stderr.write("interrupted\n")
        sys.exit(130)


if __name__ == "__main__":
    main()
