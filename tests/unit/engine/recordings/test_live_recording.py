"""Recordings that a document begins beside itself: which sound they keep, and by what name they are found."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from engine.recordings import live_recording
from engine.recordings.running_recordings import BY_TWIML, CURRENT, RunningRecordings
from engine.recordings.tracks import tracks
from media.errors import MediaMisuse
from rcml.dialling import RecordingTrack, TalkRecording
from rcml.errors import STREAM_NAME

CALL = "CA" + "1" * 32


class Reader:
    def __init__(self, side: str) -> None:
        self.side = side
        self.closed = False

    def close(self) -> None:
        self.closed = True


class Leg:
    """Lends as many taps as it is told."""

    def __init__(self, taps: int = 4) -> None:
        self.lent: list[Reader] = []
        self._taps = taps

    def tap(self, side: str) -> Reader:
        if len(self.lent) == self._taps:
            raise MediaMisuse("a leg has eight taps")
        self.lent.append(Reader(side))
        return self.lent[-1]


def sides(wanted: TalkRecording) -> list[str]:
    readers: Any = tracks(Leg(), wanted)  # type: ignore[arg-type]
    return [reader.side for reader in readers]


@pytest.mark.parametrize(
    ("track", "dual", "heard"),
    [
        (RecordingTrack.BOTH, True, ["in", "out"]),
        (RecordingTrack.BOTH, False, ["both"]),
        (RecordingTrack.INBOUND, True, ["in"]),
        (RecordingTrack.OUTBOUND, False, ["out"]),
    ],
)
def test_each_track_has_a_channel_and_one_track_has_one(track: RecordingTrack, dual: bool, heard: list[str]):
    assert sides(TalkRecording(track=track, dual=dual)) == heard


def test_a_tap_that_its_channel_needs_no_more_is_given_back():
    leg = Leg(taps=1)
    with pytest.raises(MediaMisuse):
        tracks(leg, TalkRecording(dual=True))  # type: ignore[arg-type]
    assert [reader.closed for reader in leg.lent] == [True]


def recording(sid: str, name: str = "", *, runs: bool = True, source: str = BY_TWIML) -> Any:
    row = SimpleNamespace(sid=sid, call_sid=CALL, conference_sid=None, source=source)
    return SimpleNamespace(row=row, name=name, runs=runs)


def test_a_recording_is_found_by_its_name_while_it_runs():
    running = RunningRecordings()
    one, unnamed = recording("RE1", "one"), recording("RE2")
    for each in (one, unnamed, recording("RE3", "ended", runs=False), recording("RE4", source="DialVerb")):
        running.add(each)
    assert running.named(CALL, "one") is one
    assert running.named(CALL, "") is unnamed
    assert running.named(CALL, "ended") is None
    assert running.named("CA2", "one") is None
    assert running.find(CALL, CURRENT) is not None


class Journal:
    def __init__(self) -> None:
        self.row = SimpleNamespace(sid=CALL)
        self.notified: list[tuple[int, str]] = []

    def notify(self, code: int, level: object, message: str) -> None:
        self.notified.append((code, message))


def test_a_second_recording_of_a_name_is_not_begun_and_a_notification_says_so():
    running, journal, leg = RunningRecordings(), Journal(), Leg()
    running.add(recording("RE1"))
    services: Any = SimpleNamespace(running=running)
    live_recording.begin_named(leg, journal, services, TalkRecording())  # type: ignore[arg-type]
    ((code, message),) = journal.notified
    assert code == STREAM_NAME
    assert "without a name runs already" in message
    assert leg.lent == []


def test_a_call_whose_sound_cannot_be_had_goes_on_and_a_notification_says_so():
    journal = Journal()
    services: Any = SimpleNamespace(running=RunningRecordings())
    live_recording.begin_named(Leg(taps=0), journal, services, TalkRecording())  # type: ignore[arg-type]
    ((code, message),) = journal.notified
    assert (code, "a leg has eight taps" in message) == (11000, True)
