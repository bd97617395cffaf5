"""Who answers a call that the server makes, a human or a machine, as applications are told."""

from __future__ import annotations

import asyncio

import numpy as np
from twilio.rest import Client  # type: ignore[import-untyped]

from tests.testkit.application import FakeApplication
from tests.testkit.callee import Callees
from tests.testkit.daemon import Daemon
from tests.testkit.outside_sound import Samples, tone
from tests.testkit.phone import Phones
from tests.testkit.spoken import spoken
from tests.testkit.waiting import eventually

QUICK = {
    "MachineDetectionSpeechThreshold": "1000",
    "MachineDetectionSpeechEndThreshold": "1000",
    "MachineDetectionSilenceTimeout": "2000",
}
GREETING = "You have reached Bob. Please leave a message."


async def greeting() -> Samples:
    """Return what a machine says, with its beep."""
    return np.concatenate((await spoken(GREETING, silence=(0.2, 0.4)), tone(1000, 0.8), tone(1000, 0.5, 0)))


async def test_the_document_waits_for_the_beep_and_says_who_answered(
    daemon: Daemon, application: FakeApplication, callees: Callees
):
    bob = await callees.add()
    application.answer("/url", "<Response><Play>/450.wav</Play><Hangup/></Response>")
    application.serve_sound("/450.wav", tone(450, 0.6))
    placed = await daemon.place(
        bob.uri, Url=application.url("/url"), MachineDetection="DetectMessageEnd", **QUICK
    )
    await bob.answered()
    bob.voice.say_nowait(await greeting())
    asked = await application.request_to("/url")
    assert asked["AnsweredBy"] == "machine_end_beep"
    assert 2000 < int(asked["MachineDetectionDuration"]) < 8000
    await bob.voice.hears(450, 0.3)
    await bob.hung_up_on()
    await daemon.clean()
    assert daemon.call(placed["sid"])["answered_by"] == "machine_end_beep"


async def test_a_document_that_does_not_wait_runs_at_once_and_the_callback_tells(
    daemon: Daemon, application: FakeApplication, callees: Callees
):
    bob = await callees.add()
    application.answer("/url", "<Response><Pause length='20'/></Response>")
    application.answer("/amd", "")
    placed = await daemon.place(
        bob.uri,
        Url=application.url("/url"),
        MachineDetection="Enable",
        AsyncAmd="true",
        AsyncAmdStatusCallback=application.url("/amd"),
        **QUICK,
    )
    await bob.answered()
    asked = await application.request_to("/url")
    assert "AnsweredBy" not in dict(asked.parameters)
    bob.voice.say_nowait(await spoken("Hello?"))
    told = await application.request_to("/amd")
    assert (told["CallSid"], told["AnsweredBy"]) == (placed["sid"], "human")
    await bob.sip.hang_up()
    await daemon.clean()


async def test_who_is_called_into_a_conference_is_in_it_while_it_is_found_out_who_answered(
    daemon: Daemon, application: FakeApplication, callees: Callees, phones: Phones, twilio: Client
):
    bob = await callees.add()
    application.answer("/1111", "<Response><Dial><Conference>team</Conference></Dial></Response>")
    application.answer("/joined-amd", "")
    caller = await (await phones.dial("1111")).answered()
    (conference,) = await eventually(
        lambda: daemon.resource("Conferences.json?Status=RUNNING_MODERATOR_PRESENT")["conferences"],
        3,
        "it runs",
    )
    made = await asyncio.to_thread(
        twilio.conferences(conference["sid"]).participants.create,
        from_="+15550100",
        to=bob.uri,
        machine_detection="Enable",
        machine_detection_speech_threshold=1000,
        amd_status_callback=application.url("/joined-amd"),
    )
    await bob.answered()
    caller.voice.say_nowait(tone(450, 5.0))
    await bob.voice.hears(450, 0.2)
    bob.voice.say_nowait(await greeting())
    told = await application.request_to("/joined-amd")
    assert (told["CallSid"], told["AnsweredBy"]) == (made.call_sid, "machine_start")
    await bob.sip.hang_up()
    await caller.hang_up()
    await daemon.clean()


async def test_who_a_dial_connects_is_found_out_while_they_talk(
    daemon: Daemon, application: FakeApplication, callees: Callees, phones: Phones
):
    bob = await callees.add()
    attributes = 'machineDetection="Enable" machineDetectionSpeechThreshold="1000"'
    noun = f'<Sip {attributes} amdStatusCallback="/dial-amd">{bob.uri}</Sip>'
    application.answer("/1111", f"<Response><Dial>{noun}</Dial></Response>")
    application.answer("/dial-amd", "")
    caller = await (await phones.dial("1111")).answered()
    await bob.answered()
    bob.voice.say_nowait(await greeting())
    told = await application.request_to("/dial-amd")
    assert told["AnsweredBy"] == "machine_start"
    await caller.hang_up()
    await daemon.clean()
    await eventually(lambda: daemon.call(told["CallSid"])["answered_by"] == "machine_start", 3, "it is kept")
