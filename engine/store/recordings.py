"""The folder of recordings: one ``RE….wav`` for each row."""

from __future__ import annotations

import os
import wave
from pathlib import Path

from engine import ids


class RecordingFolder:
    """Knows where each recording lies; nothing outside the folder can be named."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)

    def prepare(self) -> None:
        """Make the folder, for this user alone: recordings are private."""
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.notes.mkdir(mode=0o700, exist_ok=True)

    @property
    def notes(self) -> Path:
        """Where it is noted of each recording that begins whose it is (:mod:`engine.store.beginnings`)."""
        return self.path / "begun"

    def file(self, sid: str) -> Path:
        """Return the path of a recording; raise ValueError for anything but a recording's identifier."""
        if not ids.is_sid(sid, ids.RECORDING):
            raise ValueError(f"{sid[:80]!r} is not a recording's identifier")
        return self.path / f"{sid}.wav"

    def copy(self, sid: str) -> Path:
        """Return the path of a recording's MP3 copy, there or not; raises as :meth:`file`."""
        return self.path / "mp3" / f"{self.file(sid).stem}.mp3"

    def note(self, sid: str) -> Path:
        """Return the path of what is noted of one that begins, there or not; raises as :meth:`file`."""
        return self.notes / f"{self.file(sid).stem}.json"

    def existing_file(self, sid: str) -> Path | None:
        """Return the path of a recording that is there as a plain file (no symbolic link), else None."""
        if not ids.is_sid(sid, ids.RECORDING):
            return None
        path = self.file(sid)
        return path if path.is_file() and not path.is_symlink() else None

    def duration(self, sid: str) -> float | None:
        """Return the seconds of sound in a recording's file; None when it has none that can be read."""
        path = self.existing_file(sid)
        if path is None:
            return None
        try:
            with wave.open(os.fspath(path), "rb") as sound:
                return sound.getnframes() / sound.getframerate()
        except (wave.Error, EOFError, OSError, ZeroDivisionError):
            return None

    def written_since(self, moment: float) -> list[str]:
        """Return the identifiers of recordings whose files were written to after this Unix time."""
        with os.scandir(self.path) as entries:
            return [
                entry.name.removesuffix(".wav")
                for entry in entries
                if entry.name.endswith(".wav")
                and ids.is_sid(entry.name.removesuffix(".wav"), ids.RECORDING)
                and entry.is_file(follow_symlinks=False)
                and entry.stat().st_mtime >= moment
            ]

    def remove(self, sid: str) -> None:
        """Delete a recording's file, its copy and its note, if they are there."""
        self.note(sid).unlink(missing_ok=True)
        self.copy(sid).unlink(missing_ok=True)
        self.file(sid).unlink(missing_ok=True)
