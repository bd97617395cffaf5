"""What callers leave as recordings, and what they say in a live call, as text."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.testkit.application import FakeApplication
from tests.testkit.daemon import Daemon
from tests.testkit.fake_recogniser import FakeRecogniser
from tests.testkit.outside_sound import tone
from tests.testkit.phone import Phones
from tests.testkit.ports import free_port
from tests.testkit.spoken import spoken

PORT = free_port()
SETTINGS = {
    "recognisers": [{"name": "ours", "url": f"ws://127.0.0.1:{PORT}/answers", "timeout": 0.8}],
}
RECORD = (
    '<Response><Record action="/kept" playBeep="false" timeout="1" transcribe="true"'
    ' transcribeLanguage="de-DE" transcribeCallback="/text"/></Response>'
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
    assert (listening.start["interimResults"], listening.start["language"]) == (False, "de-DE")
    assert len(listening.heard) >= 0.9 * len(said)
    path = f"Transcriptions/{told['TranscriptionSid']}.json"
    shown = (await daemon.ask("GET", path)).json
    assert (shown["status"], shown["transcription_text"]) == ("completed", "a table for two")
    assert (shown["language"], told["LanguageCode"]) == ("de-DE", "de-DE")
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


async def test_what_is_said_in_a_live_call_is_told_as_text(
    phones: Phones, application: FakeApplication, daemon: Daemon, recogniser: FakeRecogniser
):
    start = '<Start><Transcription name="notes" statusCallbackUrl="/said" track="inbound_track"/></Start>'
    application.answer("/1111", f"<Response>{start}<Pause length='20'/></Response>")
    application.answer("/said", "")
    call = await (await phones.dial("1111")).answered()
    call.voice.say_nowait(await spoken("Good morning", silence=(0.2, 1.2)))
    await application.request_to("/said", number=2)
    await call.hang_up()
    await application.request_to("/said", number=3)
    told = sorted(application.requests_to("/said"), key=lambda each: int(each["SequenceId"]))
    assert [each["TranscriptionEvent"] for each in told] == [
        "transcription-started",
        "transcription-content",
        "transcription-stopped",
    ]
    assert (told[1]["Track"], told[1]["Final"]) == ("inbound_track", "true")
    assert '"transcript": "a table for two"' in told[1]["TranscriptionData"]
    await daemon.clean()


async def test_a_live_call_is_transcribed_as_http_asks(
    phones: Phones, application: FakeApplication, daemon: Daemon, recogniser: FakeRecogniser
):
    application.answer("/1111", "<Response><Play>/850.wav</Play><Pause length='20'/></Response>")
    application.answer("/asked", "")
    application.serve_sound("/850.wav", tone(850, 0.2))
    call = await (await phones.dial("1111")).answered()
    path = f"Calls/{call.call_sid}/Transcriptions"
    callback = application.url("/asked")
    started = await daemon.ask("POST", f"{path}.json", StatusCallbackUrl=callback, Track="inbound_track")
    assert (started.status, started.json["status"], started.json["name"]) == (200, "in-progress", None)
    call.voice.say_nowait(await spoken("Good morning", silence=(0.2, 1.2)))
    content = await application.request_to("/asked", number=2)
    assert (content["TranscriptionEvent"], content["TranscriptionSid"]) == (
        "transcription-content",
        started.json["sid"],
    )
    stopped = await daemon.ask("POST", f"{path}/{started.json['sid']}.json", Status="stopped")
    assert (stopped.status, stopped.json["status"]) == (200, "stopped")
    last = await application.request_to("/asked", number=3)
    assert last["TranscriptionEvent"] == "transcription-stopped"
    await call.hang_up()
    await daemon.clean()
