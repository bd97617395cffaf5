"""What only the first start of a version on a machine does: the media kernels are compiled."""

from __future__ import annotations

import asyncio
import time

from engine.errors import MediaUnavailable
from engine.reporting import log
from media.errors import NotCompiled
from media.plane import machine_code


async def have_kernels() -> None:
    """Load the kernels; where nobody has compiled them do that first, and say so, because it takes a while.

    Raises :class:`MediaUnavailable` when they cannot be compiled.
    """
    if machine_code.is_compiled():
        await asyncio.to_thread(machine_code.prepare)
        return
    logger = log.get("media")
    logger.warning(
        "kernels.compiling",
        note="once for each version, on each machine: a minute or two; calls are taken after it",
        kept_in=str(machine_code.path().parent),
    )
    begin = time.monotonic()
    try:
        await asyncio.to_thread(machine_code.prepare)
    except NotCompiled as error:
        raise MediaUnavailable(f"{error}; run python -m media.plane.warm to see all of it") from error
    logger.info("kernels.compiled", seconds=round(time.monotonic() - begin, 1))
