"""Rows H, I, K and V of the Restcomm catalogue: recording, hold, Gather, media details, on one leg."""

import asyncio

import pytest

from tests.testkit.application import ApplicationPort, FakeApplication, Reply
from tests.testkit.daemon import Daemon
from tests.testkit.outside_sound import speech_like, tone
from tests.testkit.phone import HOLD, RESUME, Call, Phones
from tests.testkit.sip_scenario import InDialog
from tests.testkit.sip_text import audio_of, in_multipart
from tests.testkit.waiting import eventually

HANG_UP = "<Response><Hangup/></Response>"
INFO_THREE = InDialog("INFO", "Signal=3\r\nDuration=28\r\n", "application/dtmf-relay")


def numbers(port: ApplicationPort) -> list[dict[str, str]]:
    return [
        {
            "number": "7777",
            "voice_url": port.url("/1111"),
            "voice_method": "GET",
            "status_callback": port.url("/StatusCallBack"),
            "status_callback_method": "GET",
        }
    ]


async def recorded_once(daemon: Daemon, call: Call) -> float:
    """Wait for the end of the call, insist on one recording and return its seconds."""
    await eventually(
        lambda: daemon.call(call.call_sid)["status"] == "completed", 5.0, "the call is completed"
    )
    recordings = daemon.recordings_of(call.call_sid)
    assert len(recordings) == 1, recordings
    return float(recordings[0]["duration"])


async def test_h08_a_recorded_call_that_the_caller_ends_has_one_recording(
    phones: Phones, application: FakeApplication, daemon: Daemon
):
    application.answer("/1111", '<Response><Record timeout="15" maxLength="50"/></Response>')
    call = await (await phones.dial("1111")).answered()
    await call.voice.say(speech_like(2.5))
    await call.hang_up()
    await application.request_to("/1111", number=2)
    assert await recorded_once(daemon, call) == pytest.approx(2.5, abs=0.8)


async def test_h10_hanging_up_at_once_leaves_no_recording(
    phones: Phones, application: FakeApplication, daemon: Daemon
):
    application.answer("/1111", '<Response><Record timeout="15" maxLength="50"/></Response>')
    call = await (await phones.dial("1111")).answered()
    await call.hang_up()
    await daemon.clean()
    assert daemon.recordings_of(call.call_sid) == []
    assert list(daemon.recordings.glob("*.wav")) == [
        daemon.recordings / f"{each['sid']}.wav" for each in daemon.resource("Recordings.json")["recordings"]
    ]


async def test_h11_the_action_is_requested_with_the_recording(
    phones: Phones, application: FakeApplication, daemon: Daemon
):
    application.answer(
        "/1111", '<Response><Record timeout="15" maxLength="60" action="/record-action"/></Response>'
    )
    application.answer("/record-action", HANG_UP)
    call = await (await phones.dial("1111")).answered()
    await call.voice.say(speech_like(2.5))
    await call.hang_up()
    request = await application.request_to("/record-action")
    assert request.method == "POST"
    assert await recorded_once(daemon, call) == pytest.approx(2.5, abs=0.8)


async def test_h13_an_error_of_the_action_ends_the_call_without_a_recording(
    phones: Phones, application: FakeApplication, daemon: Daemon
):
    application.answer("/1111", '<Response><Record timeLimit="10" action="/record-action"/></Response>')
    application.answer("/record-action", Reply("", 408))
    call = await (await phones.dial("1111")).answered()
    await call.hang_up()
    await daemon.clean()
    assert daemon.recordings_of(call.call_sid) == []


async def test_h14_status_callbacks_tell_the_states_in_order_and_the_action_is_requested_once(
    phones: Phones, application: FakeApplication, daemon: Daemon
):
    application.answer(
        "/1111",
        '<Response><Record action="/recordAction" method="GET" finishOnKey="*" maxLength="10"/></Response>',
    )
    application.answer("/recordAction", HANG_UP)
    application.answer("/StatusCallBack", "")
    call = await (await phones.dial("7777")).answered()
    await call.voice.say(speech_like(2.0))
    await call.hang_up()
    request = await application.request_to("/recordAction")
    assert (request.method, request["Digits"]) == ("GET", "hangup")
    await application.request_to("/StatusCallBack", number=3)
    told = application.requests_to("/StatusCallBack")
    assert [each["CallStatus"] for each in told] == ["ringing", "in-progress", "completed"]
    assert {each["CallSid"] for each in told} == {call.call_sid}
    assert {each.method for each in told} == {"GET"}
    assert len(application.requests_to("/recordAction")) == 1
    assert await recorded_once(daemon, call) <= 10.0


async def test_i07_a_hold_inside_the_dialog_is_answered_and_the_call_goes_on(
    phones: Phones, application: FakeApplication
):
    application.answer("/1111", '<Response><Play loop="0">/600.wav</Play></Response>')
    application.serve_sound("/600.wav", tone(600, 1.0))
    call = await (await phones.dial("1111")).answered()
    await call.voice.hears(600)
    held = await call.sip.do(HOLD)
    assert held.message.status == 200
    assert audio_of(held.message.body).direction == "recvonly"
    await asyncio.wait_for(call.voice.say(speech_like(0.3)), 2)
    silent_since = asyncio.get_running_loop().time()
    await asyncio.wait_for(call.voice.say(speech_like(0.4)), 2)
    assert call.voice.last_heard(600) < silent_since
    resumed = await call.sip.do(RESUME)
    assert audio_of(resumed.message.body).direction == "sendrecv"
    await call.voice.hears(600, since=resumed.at)
    await call.hang_up()


async def test_k01_one_key_by_info_is_sent_after_the_wait(phones: Phones, application: FakeApplication):
    application.answer(
        "/1111", '<Response><Gather action="/dtmfAction" method="GET" numDigits="3"></Gather></Response>'
    )
    application.answer("/dtmfAction", HANG_UP)
    call = await (await phones.dial("1111", actions={"three": INFO_THREE})).answered()
    pressed = await call.sip.do("three")
    await call.ended_by_server(within=15.0)
    (request,) = application.requests_to("/dtmfAction")
    assert (request.method, request["Digits"]) == ("GET", "3")
    assert request.at - pressed.at == pytest.approx(5.0, abs=0.5)


async def test_k02_three_keys_by_info_are_one_request(phones: Phones, application: FakeApplication):
    application.answer(
        "/1111", '<Response><Gather action="/dtmfAction" method="GET" numDigits="3"></Gather></Response>'
    )
    application.answer("/dtmfAction", HANG_UP)
    keys = {
        f"key-{key}": InDialog("INFO", f"Signal={key}\r\nDuration=28\r\n", "application/dtmf-relay")
        for key in "123"
    }
    call = await (await phones.dial("1111", actions=keys)).answered()
    for key in keys:
        await call.sip.do(key)
        await call.voice.say(speech_like(0.5))
    await call.ended_by_server(within=15.0)
    (request,) = application.requests_to("/dtmfAction")
    assert request["Digits"] == "123"


async def test_k04_the_action_of_a_gather_is_relative_to_its_document_and_is_followed(
    phones: Phones, application: FakeApplication
):
    application.answer(
        "/1111",
        '<Response><Gather action="gather-action-finish.xml" numDigits="1">'
        "<Pause/><Play>/600.wav</Play></Gather></Response>",
    )
    application.serve_sound("/600.wav", tone(600, 5.0))
    application.answer("/gather-action-finish.xml", HANG_UP)
    call = await (await phones.dial("1111")).answered()
    await call.voice.hears(600)
    await call.voice.press("8")
    assert (await application.request_to("/gather-action-finish.xml"))["Digits"] == "8"
    await call.ended_by_server()


async def test_v01_the_session_description_is_found_inside_a_multipart_body(
    phones: Phones, application: FakeApplication
):
    application.answer("/1111", "<Response><Play>/600.wav</Play></Response>")
    application.serve_sound("/600.wav", tone(600, 0.4))
    call = await (await phones.dial("1111", wrap=in_multipart)).answered()
    await call.ended_by_server()
    await call.voice.hears(600, within=0.1)


async def test_v04_the_prompt_is_audible_and_then_the_call_ends(phones: Phones, application: FakeApplication):
    application.answer("/1111", f"<Response><Play>{application.url('/600.wav')}</Play></Response>")
    application.serve_sound("/600.wav", tone(600, 0.6))
    call = await (await phones.dial("1111")).answered()
    await call.ended_by_server()
    await call.voice.hears(600, 0.56, within=0.1)
