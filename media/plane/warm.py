"""Compiles the kernels ahead of the first start: ``python -m media.plane.warm``.

Numba compiles one function after another. So that every processor has something to do, processes of their own
compile the largest parts first; numba's cache on disk then has them for who puts them together.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
from concurrent.futures import ProcessPoolExecutor
from time import monotonic
from typing import Any

import numba
from numba import types

from media.plane import machine_code, tick
from media.plane.arrays import array_of, table_type
from media.plane.entries import ENTRIES
from media.plane.kernels.jitter import hear
from media.plane.kernels.receive import receive
from media.plane.kernels.speak import compose
from media.plane.legs import LANE, LEG, ROOM
from media.recording.rounds import ENTRIES as RECORDING_ENTRIES

MOST_PROCESSES = 4
"""More would find nothing to do; each takes 300 MB for a while."""

_from_dtype: Any = numba.from_dtype
_LANE, _LEG, _ROOM = (_from_dtype(layout) for layout in (LANE, LEG, ROOM))
_TABLE, _WORDS = table_type(), array_of("i8", 1)

# Parts that are compiled at the same time, each with what it is called with; the longest first. Those of a
# line have those of the lines before in them.
PARTS: tuple[tuple[tuple[Any, tuple[Any, ...]], ...], ...] = (
    (
        (receive, (_LANE, _LEG, types.int64, types.int64)),
        (hear, (_LANE, _LEG)),
        (tick.carry_out_commands, (_TABLE, _WORDS)),
        (tick.send_frame, (_LANE, _LEG)),
        (compose, (_TABLE, _LANE, _LEG)),
    ),
    ((tick.listen, (_LANE, _LEG)), (tick.speak, (_TABLE, _LANE, _LEG))),
    (
        (tick.hear_room, (_TABLE, _LANE, _ROOM)),
        (tick.run_alone, (_TABLE, _LANE, types.int64)),
        (tick.speak_to_room, (_TABLE, _LANE, _ROOM)),
    ),
)


def _compile_part(line: int, place: int) -> None:
    part, called_with = PARTS[line][place]
    part.compile(called_with)


def _compile_parts(processes: int) -> None:
    # Not forked: numpy's threads would not be there.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=context) as pool:
        for line, parts in enumerate(PARTS):
            for compiled in [pool.submit(_compile_part, line, place) for place in range(len(parts))]:
                compiled.result()


def _object_of(entry: Any) -> tuple[str, int, bytes]:
    """Return an entry's symbol, how many words it takes, and its object code with all that it calls."""
    words = entry.py_func.__code__.co_argcount
    signature = words * (types.int64,)
    entry.compile(signature)
    compiled = entry.overloads[signature]
    return compiled.fndesc.llvm_func_name, words, compiled.library._get_compiled_object()


def main() -> int:
    """Compile and keep the result on disk; a line before, because it takes a while, and one after."""
    if machine_code.is_compiled():
        return 0
    processes = min(len(os.sched_getaffinity(0)), MOST_PROCESSES)
    sys.stdout.write(
        f"compiling the media kernels, once, with {processes} processors: about {120 // processes} s ... "
    )
    sys.stdout.flush()
    begin = monotonic()
    if processes > 1:
        _compile_parts(processes)
    machine_code.save({each.__name__: _object_of(each) for each in (*ENTRIES, *RECORDING_ENTRIES)})
    sys.stdout.write(f"done in {monotonic() - begin:.0f} s\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
