"""Makes an MP3 file of a recording: ``python -m media.recording.mp3 RECORDING.wav COPY.mp3``.

A program of its own, so that an hour of sound takes nothing from the calls: its process is nice, and can
be killed. The copy appears under its name when it is whole.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import av

from media.own_programs import leave_signals_to_the_daemon

BITS_PER_CHANNEL = 32_000
"""Bits a second: what telephone sound needs to come through unharmed."""
NICENESS = 10


def encode(source: Path, target: Path) -> None:
    """Write ``target`` from a WAV file; raises ``OSError``, ``ValueError`` and ``av.FFmpegError``."""
    growing = target.with_name(f"{target.name}.{os.getpid()}")
    try:
        with av.open(str(source)) as sound, av.open(str(growing), "w", format="mp3") as copy:
            heard = sound.streams.audio[0]
            channels = heard.codec_context.channels
            layout = "stereo" if channels == 2 else "mono"
            written = copy.add_stream("libmp3lame", rate=heard.rate, layout=layout)
            written.bit_rate = BITS_PER_CHANNEL * channels
            for frame in sound.decode(heard):
                copy.mux(written.encode(frame))
            copy.mux(written.encode(None))
        growing.replace(target)
    finally:
        growing.unlink(missing_ok=True)


def main(arguments: list[str]) -> int:
    """Encode as the command line says; return the exit code."""
    source, target = arguments
    leave_signals_to_the_daemon()
    os.nice(NICENESS)
    try:
        encode(Path(source), Path(target))
    except (OSError, ValueError, av.FFmpegError) as error:
        sys.stderr.write(f"{source}: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
