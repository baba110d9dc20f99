"""Small clusters, and exactly what is found in each of them: one module for each group of findings.

Every module has ``HEALTHY`` (nothing is found: look-alikes of what is sick), ``INFORMATION`` and
``WRONG``, each by a sentence that says what it shows, and ``WITHOUT``: for a finding's id the
scenario that shows it, and how the evidence of it is removed.
"""

from __future__ import annotations

from tests.scenarios import addresses, bgp, choices, nics, not_the_nic, settings, workload
from tests.scenarios.scenario import Scenario, Without

_MODULES = (choices, addresses, nics, settings, bgp, not_the_nic, workload)

HEALTHY: dict[str, Scenario] = {}
INFORMATION: dict[str, Scenario] = {}
WRONG: dict[str, Scenario] = {}
WITHOUT: dict[str, Without] = {}

for _module in _MODULES:
    HEALTHY |= _module.HEALTHY
    INFORMATION |= _module.INFORMATION
    WRONG |= _module.WRONG
    WITHOUT |= _module.WITHOUT

SCENARIOS = {**HEALTHY, **INFORMATION, **WRONG}
