"""Runs one command and prints what it cost, as JSON; a process of its own because it is small.

The system counts what the process that starts another one holds as that one's memory, too.
"""

import json
import os
import sys
import time


def main() -> None:
    """Run the command that the arguments are; all it prints is thrown away."""
    began = time.monotonic()
    child = os.fork()
    if child == 0:
        nowhere = os.open(os.devnull, os.O_RDWR)
        for descriptor in range(3):
            os.dup2(nowhere, descriptor)
        os.execvp(sys.argv[1], sys.argv[1:])
    _, status, usage = os.wait4(child, 0)
    cost = {
        "status": os.waitstatus_to_exitcode(status),
        "wall": time.monotonic() - began,
        "user": usage.ru_utime,
        "system": usage.ru_stime,
        "peak": usage.ru_maxrss * 1024 / 1e6,
    }
    sys.stdout.write(json.dumps(cost))


if __name__ == "__main__":
    main()
