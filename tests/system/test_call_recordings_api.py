"""Recordings of a live call that the REST API begins, pauses and stops."""

from __future__ import annotations

import asyncio

import pytest
from twilio.base.exceptions import TwilioRestException  # type: ignore[import-untyped]
from twilio.rest import Client  # type: ignore[import-untyped]

from tests.testkit.application import FakeApplication
from tests.testkit.callee import Callees
from tests.testkit.daemon import Daemon
from tests.testkit.outside_sound import seconds_of_tone, tone
from tests.testkit.recordings import download
from tests.testkit.waiting import eventually

PAUSE = "<Response><Pause length='60'/></Response>"


async def test_a_recording_is_begun_paused_taken_up_and_stopped(
    daemon: Daemon, application: FakeApplication, callees: Callees, twilio: Client
):
    application.answer("/recorded", "")
    bob = await callees.add()
    placed = await daemon.place(bob.uri, Twiml=PAUSE)
    await bob.answered()
    recordings = twilio.calls(placed["sid"]).recordings
    begun = await asyncio.to_thread(
        recordings.create,
        recording_channels="dual",
        recording_status_callback=application.url("/recorded"),
    )
    assert (begun.status, begun.channels, begun.source) == ("in-progress", 2, "StartCallRecordingAPI")
    await bob.voice.say(tone(700, 1))
    paused = await asyncio.to_thread(recordings(begun.sid).update, status="paused", pause_behavior="skip")
    assert paused.status == "paused"
    await asyncio.sleep(0.2)
    await bob.voice.say(tone(1500, 1))
    resumed = await asyncio.to_thread(recordings("Twilio.CURRENT").update, status="in-progress")
    assert (resumed.sid, resumed.status) == (begun.sid, "in-progress")
    await bob.voice.say(tone(1000, 0.5))
    await asyncio.to_thread(recordings(begun.sid).update, status="paused")
    await asyncio.sleep(1.0)
    await asyncio.to_thread(recordings(begun.sid).update, status="in-progress")
    stopped = await asyncio.to_thread(recordings(begun.sid).update, status="stopped")
    assert stopped.status == "completed"
    told = await application.request_to("/recorded")
    assert (told["RecordingSid"], told["RecordingChannels"]) == (begun.sid, "2")
    assert daemon.call(placed["sid"])["status"] == "in-progress"
    sound = await download(told["RecordingUrl"], channel=0)
    assert seconds_of_tone(sound, 700) > 0.5
    assert seconds_of_tone(sound, 1500) < 0.3
    assert len(sound) > 8000 * 2.3, "the second pause is silence in it"
    with pytest.raises(TwilioRestException) as caught:
        await asyncio.to_thread(recordings(begun.sid).update, status="paused")
    assert caught.value.status == 400
    assert [each.sid for each in await asyncio.to_thread(recordings.list)] == [begun.sid]
    assert await asyncio.to_thread(twilio.recordings(begun.sid).delete)
    await daemon.change(placed["sid"], Status="completed")
    await bob.hung_up_on()


async def test_a_recording_that_nobody_stops_is_kept_when_the_call_ends(daemon: Daemon, callees: Callees):
    bob = await callees.add()
    placed = await daemon.place(bob.uri, Twiml=PAUSE)
    await bob.answered()
    answer = await daemon.ask("POST", f"Calls/{placed['sid']}/Recordings.json")
    assert answer.status == 200, answer.body
    await bob.voice.say(tone(700, 1))
    await bob.sip.hang_up()
    await eventually(lambda: bool(daemon.recordings_of(placed["sid"])), 5, "the recording is kept")
    (kept,) = daemon.recordings_of(placed["sid"])
    assert kept["sid"] == answer.json["sid"]
    assert seconds_of_tone(await download(kept["file_uri"]), 700) > 0.5
    assert (await daemon.ask("POST", f"Calls/{placed['sid']}/Recordings.json")).status == 410
