"""Compiles the kernels ahead of the first start: ``python -m media.plane.warm``."""

from __future__ import annotations

import sys

from media.plane.media_thread import prepare
from media.recording.writer import Tracks


def main() -> int:
    """Compile and keep the result on disk; a line before, because it takes a while, and one after."""
    sys.stdout.write("compiling the media kernels (once, a minute or two) ... ")
    sys.stdout.flush()
    prepare()
    Tracks().prepare()
    sys.stdout.write("done\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
