"""How hypothesis runs here: the same examples every time, and more of them in the whole check."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

for name, examples in (("same", 40), ("whole", 100)):
    settings.register_profile(
        name,
        derandomize=True,
        database=None,
        deadline=None,
        max_examples=examples,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
    )
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))
