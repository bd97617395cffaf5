"""What applications are told of a recording, and that a crash does not keep it from them."""

from datetime import UTC, datetime
from typing import Any

import pytest

from engine.recordings.recording_events import is_wanted, note_callback, parameters, tell_of_crash
from engine.store import CallRow, RecordingRow
from rcml.call import Callback
from rcml.values import HttpMethod

ACCOUNT, CALL, SID = "AC" + "1" * 32, "CA" + "2" * 32, "RE" + "3" * 32


def recording(*events: str, **more: Any) -> RecordingRow:
    row = RecordingRow(
        sid=SID, account_sid=ACCOUNT, call_sid=CALL, instance_sid="ID", source="RecordVerb", **more
    )
    note_callback(row, Callback(url="http://app/recorded", method=HttpMethod.GET, events=events))
    return row


class Outbox:
    """Keeps what is posted."""

    def __init__(self) -> None:
        self.posted: list[tuple[str, dict[str, str], dict[str, Any]]] = []

    def post(self, url: str, told: dict[str, str], **more: Any) -> None:
        self.posted.append((url, told, more))


@pytest.mark.parametrize(
    ("events", "told"),
    [
        ((), {"completed", "absent", "failed"}),
        (("in-progress",), {"in-progress"}),
        (("completed",), {"completed", "failed"}),
        (("absent",), {"absent", "failed"}),
    ],
)
def test_who_waits_for_an_end_is_told_of_a_failed_one_too(events: tuple[str, ...], told: set[str]):
    row = recording(*events)
    assert {
        status for status in ("in-progress", "completed", "absent", "failed") if is_wanted(row, status)
    } == told


def test_nobody_is_told_who_did_not_ask():
    row = RecordingRow(sid=SID, account_sid=ACCOUNT, call_sid=CALL, instance_sid="ID")
    note_callback(row, None)
    assert not is_wanted(row, "completed")


def test_a_conferences_recording_says_of_which_it_is():
    row = recording(conference_sid="CF" + "4" * 32, channels=1)
    row.date_created = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert parameters(row, "completed", {"RecordingUrl": "http://x"}) == {
        "RecordingSid": SID,
        "RecordingStatus": "completed",
        "RecordingSource": "RecordVerb",
        "RecordingTrack": "both",
        "RecordingStartTime": "Fri, 02 Jan 2026 03:04:05 +0000",
        "ConferenceSid": "CF" + "4" * 32,
        "RecordingUrl": "http://x",
        "RecordingChannels": "1",
    }


@pytest.mark.parametrize(("duration", "status"), [(2.5, "completed"), (0.0, "absent")])
def test_the_end_that_a_crash_made_is_told(duration: float, status: str):
    outbox: Any = Outbox()
    row = recording(duration=duration, status="completed" if duration else "in-progress")
    call = CallRow(
        sid=CALL, account_sid=ACCOUNT, instance_sid="ID", from_="bob", to="1111", direction="inbound",
        status="failed",
    )  # fmt: skip
    tell_of_crash(outbox, row, call, "http://voice.example.com")
    ((url, told, more),) = outbox.posted
    assert (url, more["method"], more["call_sid"]) == ("http://app/recorded", "GET", CALL)
    assert (told["RecordingStatus"], told["From"], told["CallStatus"]) == (status, "bob", "failed")
    assert told.get("RecordingDuration") == ("2.5" if duration else None)
    assert ("RecordingUrl" in told) is bool(duration)


def test_a_crash_whose_call_is_unknown_is_told_with_its_name_alone():
    outbox: Any = Outbox()
    tell_of_crash(outbox, recording(duration=1.0, status="completed"), None, "http://x")
    assert outbox.posted[0][1]["CallSid"] == CALL
