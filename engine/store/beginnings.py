"""What is noted beside the sound of a recording that begins: its row, until the database has it.

Rows are written behind, so the sound of a recording is on the disk before its row is in the database. A
process that is killed in between would leave a file that nobody knows the call of, and who waits for its end
would wait in vain. The note is there before the sound is; the next start makes the row of it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from engine import ids
from engine.reporting import log
from engine.store.recordings import RecordingFolder
from engine.store.tables import RecordingRow

_DATES = frozenset({"date_created", "date_updated"})


def as_note(row: RecordingRow) -> bytes:
    """Return what is noted of a row."""
    return json.dumps(row.values(), default=datetime.isoformat).encode()


def write_note(path: Path, note: bytes) -> None:
    """Write a note; blocks for a moment. It need not survive a loss of power, only the process."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        os.write(descriptor, note)
    finally:
        os.close(descriptor)


def noted_rows(folder: RecordingFolder) -> Iterator[RecordingRow]:
    """Read every note; blocks. One that cannot be read is removed: the sound did not begin after it."""
    for path in sorted(folder.notes.glob("*.json")):
        if not ids.is_sid(path.stem, ids.RECORDING):
            continue
        try:
            row = _row(json.loads(path.read_bytes()))
            if row.sid != path.stem:
                raise ValueError(f"it is of {row.sid}")
        except (OSError, ValueError, TypeError) as error:
            log.get("store").warning("recording.note_unreadable", note=str(path), error=str(error))
            path.unlink(missing_ok=True)
        else:
            yield row


def _row(noted: Any) -> RecordingRow:
    """Make the row; columns that a later version added have their defaults."""
    if not isinstance(noted, dict):
        raise ValueError("it is no object")
    known = {name: value for name, value in noted.items() if name in RecordingRow.attributes()}
    for name in _DATES & known.keys():
        known[name] = datetime.fromisoformat(known[name])
    return RecordingRow(**known)
