"""The way in: `ts`, and `python -m router`."""

from __future__ import annotations

from router.cli.app import run as main

if __name__ == "__main__":
    main()
