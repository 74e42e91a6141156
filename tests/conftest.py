from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

# Machines are slow at times, and a failure in one run must be one in the next.
settings.register_profile(
    "audiograph",
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.register_profile("search", parent=settings.get_profile("audiograph"), derandomize=False)
settings.load_profile(os.environ.get("AUDIOGRAPH_HYPOTHESIS", "audiograph"))
