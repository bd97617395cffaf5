"""MP3 copies of recordings: made when somebody asks, kept as long as there is room for them."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import time
from pathlib import Path

from engine import ids
from engine.errors import EngineError
from engine.reporting import log
from engine.store import RecordingFolder
from media.own_programs import environment
from media.recording.wav import HEADER_OCTETS

AT_ONCE = 2
"""Copies that are made at the same time; each takes a processor."""
MOST_WAITING = 50
"""Requests that may wait for a copy."""
WITHIN = 120.0
"""Seconds that making one may take: 30 times what an hour of stereo takes."""
MOST_OCTETS = 512 * 1024 * 1024
"""What all copies may take; those not asked for the longest are made anew when they are."""


class CopyFailed(EngineError):
    """The copy cannot be had now; the message says why."""


class NoSoundYet(CopyFailed):
    """The recording has begun, and its first sound is not written yet."""


class RecordingCopies:
    """Makes copies in processes of their own, each once however many ask for it."""

    def __init__(self, *, most_octets: int = MOST_OCTETS) -> None:
        self._most_octets = most_octets
        self._making: dict[Path, asyncio.Task[None]] = {}
        self._free = asyncio.Semaphore(AT_ONCE)

    async def of(self, folder: RecordingFolder, sid: str) -> Path | None:
        """Return the file of a recording's copy, None when there is no such recording; raises CopyFailed."""
        source = await asyncio.to_thread(folder.existing_file, sid)
        if source is None:
            return None
        copy = folder.copy(sid)
        if not await asyncio.to_thread(_is_current, source, copy):
            await self._made(source, copy)
        return copy

    async def of_uploaded(
        self, folder: RecordingFolder, sid: str, fetched: Path | None = None
    ) -> Path | None:
        """Return the copy of a recording whose sound is elsewhere, made of what was fetched of it.

        None when there is none yet and nothing was fetched; raises CopyFailed.
        """
        if not ids.is_sid(sid, ids.RECORDING):
            return None
        copy = folder.copy(sid)
        if not await asyncio.to_thread(copy.is_file):
            if fetched is None:
                return None
            await self._made(fetched, copy)
        return copy

    async def _made(self, source: Path, copy: Path) -> None:
        if copy not in self._making:
            if len(self._making) >= MOST_WAITING:
                raise CopyFailed("too many copies are being made")
            task = asyncio.create_task(self._make(source, copy), name=f"copy {copy.name}")
            self._making[copy] = task
            task.add_done_callback(lambda _: self._making.pop(copy))
        # Who gives up does not take the copy from the others.
        await asyncio.shield(self._making[copy])

    async def _make(self, source: Path, copy: Path) -> None:
        async with self._free:
            await asyncio.to_thread(copy.parent.mkdir, mode=0o700, exist_ok=True)
            # Before it is read: what is recorded meanwhile makes the copy an old one.
            before = await asyncio.to_thread(source.stat)
            if before.st_size <= HEADER_OCTETS:
                raise NoSoundYet("nothing has been recorded in it yet")
            await _encode(source, copy)
            await asyncio.to_thread(self._keep, copy, before.st_mtime_ns)

    def _keep(self, copy: Path, recorded: int) -> None:
        """Mark the copy as one of what had been recorded by then, and make room for it."""
        os.utime(copy, ns=(time.time_ns(), recorded))
        others = [(each.stat(), each) for each in copy.parent.glob("*.mp3") if each != copy]
        room = self._most_octets - copy.stat().st_size
        for status, each in sorted(others, key=lambda other: other[0].st_atime_ns, reverse=True):
            room -= status.st_size
            if room < 0:
                each.unlink(missing_ok=True)
        for left_over in copy.parent.glob("*.mp3.*"):
            # What was being made when the server was killed.
            if left_over.stat().st_mtime < time.time() - 2 * WITHIN:
                left_over.unlink(missing_ok=True)


async def _encode(source: Path, copy: Path) -> None:
    command = (sys.executable, "-m", "media.recording.mp3", str(source), str(copy))
    process = await asyncio.create_subprocess_exec(
        *command, stdin=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE, env=environment()
    )
    try:
        async with asyncio.timeout(WITHIN):
            _, said = await process.communicate()
    except TimeoutError:
        raise CopyFailed(f"it took longer than {WITHIN:.0f} s") from None
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    if process.returncode:
        log.get("recording").error("copy.failed", recording=str(source), error=said.decode(errors="replace"))
        raise CopyFailed("the recording cannot be encoded; the server's log says why")


def _is_current(source: Path, copy: Path) -> bool:
    """Say whether a copy has all that was recorded, and note that it is used."""
    try:
        recorded, made = source.stat().st_mtime_ns, copy.stat().st_mtime_ns
    except FileNotFoundError:
        return False
    if recorded != made:
        return False
    os.utime(copy, ns=(time.time_ns(), made))
    return True
