"""Generated examples are the same in every run; ``make fuzz`` tries others, and more of them."""

from __future__ import annotations

import os

from hypothesis import settings

settings.register_profile("repeatable", derandomize=True)
if "FUZZ_FACTOR" not in os.environ:
    settings.load_profile("repeatable")
