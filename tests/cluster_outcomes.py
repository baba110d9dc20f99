"""What the real kubectl made of generated cases: recorded once, so that thousands are compared.

``python -m tests.cluster_outcomes`` records anew, with the kubectl that is there.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import zlib
from pathlib import Path

from tests.cluster_differential import Outcome, Run, arena
from tests.cluster_generated import Generated, generated
from tests.cluster_kubectl import KUBECTL

RECORDING = Path(__file__).with_name("cluster_outcomes.json")
COUNT = 2000


def checksum(case: Generated) -> int:
    """What tells whether a case is still the one that was recorded."""
    return zlib.crc32(case.text.encode())


def recorded() -> dict[int, tuple[int, Outcome]]:
    """By a case's number its checksum and what kubectl did.

    Cases that the recording machine could not run are left out.
    """
    content = json.loads(RECORDING.read_text())
    outcomes = content["outcomes"]
    return {
        number: (case[0], outcomes[case[1]])
        for number, case in enumerate(content["cases"])
        if case is not None
    }


def main() -> int:
    """Run every case by kubectl and write what came of it."""
    distinct: dict[str, int] = {}
    cases: list[tuple[int, int] | None] = []
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
                cases.append((checksum(case), distinct.setdefault(text, len(distinct))))
    shown = subprocess.run(
        [str(KUBECTL), "version", "--client", "-ojson"], capture_output=True, text=True
    )
    version = json.loads(shown.stdout)["clientVersion"]["gitVersion"]
    lines = ",\n".join(distinct)
    RECORDING.write_text(
        f'{{"kubectl": "{version}",\n'
        f'"cases": {json.dumps(cases, separators=(",", ":"))},\n"outcomes": [\n{lines}\n]}}\n'
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
