"""Where the programs of ours that run in processes of their own find their modules."""

from __future__ import annotations

import os
import signal
from pathlib import Path

_ROOT = str(Path(__file__).resolve().parent.parent)


def environment() -> dict[str, str]:
    """Return the environment for ``python -m media.…``, wherever the daemon was started."""
    path = os.pathsep.join(filter(None, (_ROOT, os.environ.get("PYTHONPATH"))))
    return {**os.environ, "PYTHONPATH": path}


def leave_signals_to_the_daemon() -> None:
    """Take no notice of SIGINT and SIGTERM, in a process of ours.

    A terminal and systemd send them to all processes of a group, while the daemon lets calls come to their
    end and needs its voices for that. It ends its processes by closing their input, or kills them.
    """
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
