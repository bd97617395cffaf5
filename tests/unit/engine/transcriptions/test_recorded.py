"""Recordings as text: rows, callbacks and notifications; the recogniser is a function."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Any

import pytest

from engine.config.recognition import RecogniserEntry
from engine.store import CallRow, RecordingRow, TranscriptionRow
from engine.transcriptions.recorded import AT_ONCE, RecordedTranscriptions
from media.errors import RecognitionError
from media.speech.recognised import Recognised
from rcml.call import Callback
from rcml.values import HttpMethod
from tests.testkit.virtual_loop import run_virtual

ENTRY = RecogniserEntry(name="ours", url="ws://stt.test/listen")
CALLBACK = Callback(url="http://app.test/text", method=HttpMethod.GET)
CALL = CallRow(
    sid="CA" + "1" * 32,
    account_sid="AC1",
    instance_sid="ID1",
    from_="alice",
    to="bob",
    direction="inbound",
    status="completed",
)


def recording(number: int = 1) -> RecordingRow:
    sid = f"RE{number:032x}"
    return RecordingRow(sid=sid, account_sid="AC1", call_sid=CALL.sid, instance_sid="ID1", duration=3.0)


class Desk:
    """Transcriptions with everything around them."""

    def __init__(self, work: Callable[[], Awaitable[Recognised]], entry: RecogniserEntry | None) -> None:
        self.saved: list[dict[str, Any]] = []
        self.told: list[tuple[str, str, dict[str, str]]] = []
        self.noted: list[tuple[int, str]] = []
        self.left_open: list[TranscriptionRow] = []
        store: Any = SimpleNamespace(
            save=lambda row: self.saved.append(row.values()),
            get=self._get,
            find=self._find,
            instance_sid="ID1",
        )
        outbox: Any = SimpleNamespace(
            post=lambda url, told, *, method, **_: self.told.append((method, url, dict(told)))
        )
        notifications: Any = SimpleNamespace(add=lambda code, what, **_: self.noted.append((code, what)))
        self.transcriptions = RecordedTranscriptions(
            store,
            outbox,
            notifications,
            entry=lambda language: entry if language == "de-DE" else None,
            transcribe=lambda row, chosen: work(),
            public_url=lambda: "http://us.test",
        )

    async def _get(self, kind: type[CallRow], sid: str) -> CallRow:
        return CALL

    async def _find(self, kind: type[TranscriptionRow], *where: Any) -> list[TranscriptionRow]:
        return self.left_open


async def understands() -> Recognised:
    await asyncio.sleep(2)
    return Recognised("please call me back", 0.9)


def transcribed(
    work: Callable[[], Awaitable[Recognised]] = understands,
    entry: RecogniserEntry | None = ENTRY,
    callback: Callback | None = CALLBACK,
) -> Desk:
    async def main() -> Desk:
        desk = Desk(work, entry)
        row = desk.transcriptions.order(recording(), callback, "de-DE")
        assert row.status == "in-progress"
        await asyncio.sleep(60)
        return desk

    return run_virtual(main())


def test_the_text_is_kept_and_told():
    desk = transcribed()
    assert [row["status"] for row in desk.saved] == ["in-progress", "completed"]
    assert desk.saved[-1]["transcription_text"] == "please call me back"
    assert desk.saved[-1]["language"] == "de-DE"
    ((method, url, told),) = desk.told
    assert (method, url) == ("GET", "http://app.test/text")
    sid = desk.saved[0]["sid"]
    assert (
        told.items()
        >= {
            "TranscriptionSid": sid,
            "TranscriptionText": "please call me back",
            "TranscriptionStatus": "completed",
            "LanguageCode": "de-DE",
            "TranscriptionUrl": f"http://us.test/2012-04-24/Accounts/AC1/Transcriptions/{sid}",
            "RecordingSid": recording().sid,
            "RecordingUrl": f"http://us.test/2012-04-24/Accounts/AC1/Recordings/{recording().sid}.wav",
            "CallSid": CALL.sid,
            "From": "alice",
        }.items()
    )


def test_without_a_callback_the_text_is_kept():
    desk = transcribed(callback=None)
    assert (desk.saved[-1]["status"], desk.told) == ("completed", [])


def test_without_a_recogniser_it_fails_and_a_notification_says_how_to_have_one():
    desk = transcribed(entry=None)
    assert desk.saved[-1]["status"] == "failed"
    assert desk.told[0][2]["TranscriptionStatus"] == "failed"
    ((code, what),) = desk.noted
    assert code == 13522
    assert "[[recognisers]]" in what


def test_a_recogniser_that_fails_is_named():
    async def fails() -> Recognised:
        raise RecognitionError("it closed while the caller spoke")

    desk = transcribed(fails)
    assert desk.saved[-1]["status"] == "failed"
    assert "the recogniser ours failed: it closed" in desk.noted[0][1]


@pytest.mark.filterwarnings("ignore")
def test_an_error_of_ours_fails_it_too():
    async def breaks() -> Recognised:
        raise KeyError("words")

    assert transcribed(breaks).saved[-1]["status"] == "failed"


def test_only_some_are_worked_on_at_once():
    async def main() -> Desk:
        desk = Desk(understands, ENTRY)
        for number in range(AT_ONCE + 1):
            desk.transcriptions.order(recording(number), None, "de-DE")
        await asyncio.sleep(3)
        done = [row for row in desk.saved if row["status"] == "completed"]
        assert len(done) == AT_ONCE
        await asyncio.sleep(3)
        return desk

    assert [row["status"] for row in run_virtual(main()).saved].count("completed") == AT_ONCE + 1


def test_what_a_stop_cuts_off_is_taken_up_by_the_next_start():
    async def main() -> tuple[Desk, Desk]:
        first, second = Desk(understands, ENTRY), Desk(understands, ENTRY)
        row = first.transcriptions.order(recording(), CALLBACK, "de-DE")
        await asyncio.sleep(1)
        await first.transcriptions.stop()
        second.left_open = [row]
        await second.transcriptions.resume()
        await asyncio.sleep(5)
        return first, second

    first, second = run_virtual(main())
    assert ([row["status"] for row in first.saved], first.told) == (["in-progress"], [])
    assert second.told[0][2]["TranscriptionText"] == "please call me back"
