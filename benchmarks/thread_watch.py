"""What the system did to one thread, and to its core: why something that it does came late."""

import os
import threading
from pathlib import Path

_TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")


def named(name):
    """Return the number of this process's thread of that name."""
    return next(each.native_id for each in threading.enumerate() if each.name == name)


def watched(thread, core=""):
    """Return what happened since the thread, and the machine, began.

    ``waited``: milliseconds in which it could run and did not, because others had its core; ``faults``:
    pages that it had to wait for; ``stolen``: milliseconds in which the host ran something else on the
    core, which no priority helps against; on any core where none is given.
    """
    folder = Path(f"/proc/self/task/{thread}")
    _, waited, _ = folder.joinpath("schedstat").read_text().split()
    fields = folder.joinpath("stat").read_text().rpartition(")")[2].split()
    cores = (line.split() for line in Path("/proc/stat").read_text().splitlines())
    stolen = next((int(line[8]) for line in cores if line[0] == f"cpu{core}"), 0)
    return {
        "waited": int(waited) / 1e6,
        "faults": int(fields[7]) + int(fields[9]),
        "stolen": 1000 * stolen / _TICKS_A_SECOND,
    }
