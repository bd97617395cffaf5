"""What callers leave as recordings, and what they say in a live call, as text."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.testkit.application import FakeApplication
from tests.testkit.daemon import Daemon
from tests.testkit.fake_recogniser import FakeRecogniser
from tests.testkit.phone import Phones
from tests.testkit.ports import free_port
from tests.testkit.spoken import spoken

PORT = free_port()
SETTINGS = {
    "recognisers": [{"name": "ours", "url": f"ws://127.0.0.1:{PORT}/answers", "timeout": 0.8}],
}
RECORD = (
    '<Response><Record action="/kept" playBeep="false" timeout="1" transcribe="true"'
    ' transcribeCallback="/text"/></Response>'
)


@pytest.fixture
async def recogniser() -> AsyncIterator[FakeRecogniser]:
    async with FakeRecogniser(port=PORT) as listening:
        yield listening


async def test_a_recording_is_turned_into_text(
    phones: Phones, application: FakeApplication, daemon: Daemon, recogniser: FakeRecogniser
):
    application.answer("/1111", RECORD)
    application.answer("/kept", "<Response><Hangup/></Response>")
    application.answer("/text", "")
    call = await (await phones.dial("1111")).answered()
    said = await spoken("Please call me back", silence=(0.2, 0.2))
    call.voice.say_nowait(said)
    kept = await application.request_to("/kept")
    told = await application.request_to("/text")
    assert told["TranscriptionStatus"] == "completed"
    assert (told["TranscriptionText"], told["CallSid"]) == ("a table for two", kept["CallSid"])
    assert told["RecordingUrl"] == kept["RecordingUrl"]
    (listening,) = recogniser.connections
    assert listening.start["interimResults"] is False
    assert len(listening.heard) >= 0.9 * len(said)
    path = f"Transcriptions/{told['TranscriptionSid']}.json"
    shown = (await daemon.ask("GET", path)).json
    assert (shown["status"], shown["transcription_text"]) == ("completed", "a table for two")
    listed = (await daemon.ask("GET", f"Recordings/{told['RecordingSid']}/Transcriptions.json")).json
    assert [each["sid"] for each in listed] == [told["TranscriptionSid"]]
    assert (await daemon.ask("DELETE", path)).status == 200
    assert (await daemon.ask("GET", path)).status == 404
    await call.ended_by_server()
    await daemon.clean()


async def test_a_recogniser_that_cannot_be_reached_fails_the_transcription_and_not_the_recording(
    phones: Phones, application: FakeApplication, daemon: Daemon
):
    application.answer("/1111", RECORD.replace("/text", "/failed"))
    application.answer("/kept", "<Response><Hangup/></Response>")
    application.answer("/failed", "")
    call = await (await phones.dial("1111")).answered()
    call.voice.say_nowait(await spoken("Please call me back", silence=(0.2, 0.2)))
    told = await application.request_to("/failed")
    assert (told["TranscriptionStatus"], told["TranscriptionText"]) == ("failed", "")
    assert 13522 in [each["error_code"] for each in daemon.notifications(told["CallSid"])]
    await call.ended_by_server()
    await daemon.clean()
