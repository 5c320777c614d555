"""How hypothesis runs here: the same examples every time."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

same_examples = settings(
    derandomize=True,
    database=None,
    deadline=None,
    max_examples=100,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)
