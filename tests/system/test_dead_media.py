"""A telephone that vanishes without a BYE: its sound stops, its call is ended and noted; a held one lives."""

import asyncio
import time

import pytest

from tests.testkit.application import FakeApplication
from tests.testkit.callee import Callees
from tests.testkit.daemon import Daemon
from tests.testkit.outside_sound import tone
from tests.testkit.phone import HOLD, RESUME, Phones
from tests.testkit.waiting import eventually

TIMEOUT = 1.0
SETTINGS = {"media": {"rtp_timeout": TIMEOUT}}
ENDLESS = '<Response><Play loop="0">/600.wav</Play></Response>'


@pytest.mark.hostile("M14", sent="a telephone that vanishes without a BYE")
async def test_a_caller_whose_sound_stops_is_hung_up_and_noted(
    phones: Phones, application: FakeApplication, daemon: Daemon
):
    application.answer("/1111", ENDLESS)
    application.serve_sound("/600.wav", tone(600, 1.0))
    call = await (await phones.dial("1111")).answered()
    await call.voice.hears(600, seconds=2 * TIMEOUT)
    assert daemon.call(call.call_sid)["status"] == "in-progress"
    call.voice.close()
    stopped = time.monotonic()
    goodbye = await call.ended_by_server()
    assert time.monotonic() - stopped > TIMEOUT / 2
    assert "no RTP for 1 s" in goodbye.message.header("Reason")
    (noted,) = daemon.notifications(call.call_sid)
    assert (noted["error_code"], noted["log"]) == (11009, 0)
    assert "raise [media] rtp_timeout" in noted["message_text"]
    assert daemon.call(call.call_sid)["status"] == "completed"
    assert daemon.metrics()["dialplane_media_lost_total"] >= 1


async def test_a_caller_on_hold_may_be_silent(phones: Phones, application: FakeApplication, daemon: Daemon):
    application.answer("/1111", ENDLESS)
    application.serve_sound("/600.wav", tone(600, 1.0))
    call = await (await phones.dial("1111")).answered()
    await call.voice.hears(600)
    await call.sip.do(HOLD)
    call.voice.sends_silence = False
    begun = time.monotonic()
    await eventually(lambda: time.monotonic() - begun > 2.5 * TIMEOUT, 5.0, "the hold lasts")
    assert daemon.call(call.call_sid)["status"] == "in-progress"
    call.voice.sends_silence = True
    await call.sip.do(RESUME)
    await call.voice.hears(600, seconds=0.3, since=asyncio.get_running_loop().time())
    await call.hang_up()


async def test_a_callee_whose_sound_stops_is_hung_up_and_the_caller_goes_on(
    phones: Phones, callees: Callees, application: FakeApplication, daemon: Daemon
):
    callee = await callees.add()
    dial = f'<Response><Dial action="/done">{callee.noun}</Dial></Response>'
    application.answer("/1111", dial)
    application.answer("/done", ENDLESS)
    application.serve_sound("/600.wav", tone(600, 1.0))
    call = await (await phones.dial("1111")).answered()
    await callee.invited()
    await callee.sip.reached("answered")
    callee.voice.close()
    done = await application.request_to("/done")
    assert (done["DialCallStatus"], done["CallStatus"]) == ("completed", "in-progress")
    await callee.sip.reached("byed")
    await call.voice.hears(600, seconds=0.3)
    (noted,) = daemon.notifications(done["DialCallSid"])
    assert noted["error_code"] == 11009
    await call.hang_up()
