"""Generated examples are the same in every run; ``make fuzz`` tries others, and more of them."""

from __future__ import annotations

import os

from hypothesis import settings

# How long an example takes says more about the machine than about what is tested.
settings.register_profile("repeatable", derandomize="FUZZ_FACTOR" not in os.environ, deadline=None)
settings.load_profile("repeatable")
