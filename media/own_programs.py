"""Where the programs of ours that run in processes of their own find their modules."""

from __future__ import annotations

import os
from pathlib import Path

_ROOT = str(Path(__file__).resolve().parent.parent)


def environment() -> dict[str, str]:
    """Return the environment for ``python -m media.…``, wherever the daemon was started."""
    path = os.pathsep.join(filter(None, (_ROOT, os.environ.get("PYTHONPATH"))))
    return {**os.environ, "PYTHONPATH": path}
