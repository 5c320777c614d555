"""Fixtures for every test: real agents, and one asynchronous backend."""

from __future__ import annotations

import pytest

pytest_plugins = ["tests.agents"]


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Run asynchronous tests on asyncio."""
    return "asyncio"
