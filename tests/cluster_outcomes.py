"""What the real kubectl made of generated cases: recorded once, so that thousands are compared.

``python -m tests.cluster_outcomes`` records anew, with the kubectl that is there.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tests.cluster_differential import Outcome, Run, arena
from tests.cluster_generated import generated
from tests.cluster_kubectl import KUBECTL

RECORDING = Path(__file__).with_name("cluster_outcomes.json")
COUNT = 2000


def digest(numbers: Sequence[int]) -> str:
    """What tells whether the cases are still those that were recorded."""
    texts = "".join(generated(number).text for number in numbers)
    return hashlib.sha256(texts.encode()).hexdigest()[:16]


def recorded() -> tuple[dict[str, Any], Iterator[tuple[int, Outcome]]]:
    """What was recorded, and with what; cases that the machine could not run are left out."""
    content = json.loads(RECORDING.read_text())
    outcomes, cases = content["outcomes"], content["cases"]
    found = ((n, outcomes[index]) for n, index in enumerate(cases) if index is not None)
    return content, found


def main() -> int:
    """Run every case by kubectl and write what came of it."""
    distinct: dict[str, int] = {}
    cases: list[int | None] = []
    with tempfile.TemporaryDirectory() as directory:
        pki, homes = Path(directory, "pki"), Path(directory, "homes")
        pki.mkdir()
        homes.mkdir()
        with arena(pki) as place:
            for number in range(COUNT):
                case = generated(number)
                if not place.has(case):
                    cases.append(None)
                    continue
                outcome = Run.prepare(case, place, homes).by_kubectl()
                text = json.dumps(outcome, ensure_ascii=False, sort_keys=True)
                cases.append(distinct.setdefault(text, len(distinct)))
    shown = subprocess.run(
        [str(KUBECTL), "version", "--client", "-ojson"], capture_output=True, text=True
    )
    version = json.loads(shown.stdout)["clientVersion"]["gitVersion"]
    lines = ",\n".join(distinct)
    RECORDING.write_text(
        f'{{"kubectl": "{version}",\n"digest": "{digest(range(COUNT))}",\n'
        f'"cases": {json.dumps(cases, separators=(",", ":"))},\n"outcomes": [\n{lines}\n]}}\n'
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
