"""SIP as different callers speak it: late offers, TCP, reliable ringing, session timers, refusals."""

import asyncio

import pytest

from tests.testkit.application import FakeApplication, Reply
from tests.testkit.outside_sound import tone
from tests.testkit.phone import Call, Phones
from tests.testkit.rtp_peer import PCMA, RtpPeer
from tests.testkit.sip_scenario import InDialog
from tests.testkit.sip_text import Offer, audio_of

ENDLESS = '<Response><Play loop="0">/600.wav</Play></Response>'


@pytest.fixture(autouse=True)
def music(application: FakeApplication) -> None:
    application.answer("/1111", ENDLESS)
    application.serve_sound("/600.wav", tone(600, 1.0))


async def hears_music(call: Call) -> None:
    await call.voice.hears(600, seconds=0.3, since=asyncio.get_running_loop().time())


async def test_a04_an_invite_without_an_offer_gets_ours_and_both_hear_each_other(
    phones: Phones, application: FakeApplication
):
    application.answer(
        "/1111",
        '<Response><Gather action="/keys" numDigits="2"><Play loop="0">/600.wav</Play></Gather></Response>',
    )
    application.answer("/keys", "<Response><Hangup/></Response>")
    call = await (await phones.dial("1111", late_offer=True)).answered()
    assert call.answer
    offered = audio_of(call.answer.body)
    assert set(offered.payload_types) >= {0, 8}
    assert offered.telephone_event is not None
    # The answer in the ACK named 101 for telephone events.
    call.voice.telephone_event = 101
    await hears_music(call)
    await call.voice.press("12")
    assert (await application.request_to("/keys"))["Digits"] == "12"
    await call.ended_by_server()


async def test_a_call_over_tcp(phones: Phones, application: FakeApplication):
    digit = {"five": InDialog("INFO", "Signal=5\r\nDuration=100\r\n", "application/dtmf-relay")}
    application.answer(
        "/1111",
        '<Response><Gather action="/keys" numDigits="1"><Play loop="0">/600.wav</Play></Gather></Response>',
    )
    application.answer("/keys", ENDLESS)
    call = await (await phones.dial("1111", transport="TCP", actions=digit)).answered()
    assert call.answer
    assert "transport=tcp" in call.answer.header("Contact").lower()
    await call.sip.do("five")
    assert (await application.request_to("/keys"))["Digits"] == "5"
    await hears_music(call)
    await call.hang_up()


async def test_a_call_over_tcp_is_ended_by_the_server(phones: Phones, application: FakeApplication):
    application.answer("/1111", "<Response><Play>/600.wav</Play></Response>")
    call = await (await phones.dial("1111", transport="TCP")).answered()
    await call.ended_by_server()


async def test_ringing_is_reliable_when_the_caller_requires_it(phones: Phones, application: FakeApplication):
    application.answer("/1111", Reply(ENDLESS, delay=0.5))
    call = await (await phones.dial("1111", headers={"Require": "100rel"})).answered()
    ringing = next(report.message for report in call.sip.reports if report.step == "provisional")
    assert ringing.header("RSeq")
    assert "100rel" in ringing.header("Require")
    assert "pracked" in call.sip.steps
    await hears_music(call)
    await call.hang_up()


async def test_the_session_timer_is_agreed_and_refreshed(phones: Phones):
    refresh = InDialog("UPDATE", headers=(("Supported", "timer"), ("Session-Expires", "1800;refresher=uac")))
    headers = {"Supported": "timer", "Session-Expires": "1800;refresher=uac"}
    call = await (await phones.dial("1111", headers=headers, actions={"refresh": refresh})).answered()
    assert call.answer
    assert call.answer.header("Session-Expires").replace(" ", "") == "1800;refresher=uac"
    refreshed = await call.sip.do("refresh")
    assert refreshed.message.status == 200
    assert refreshed.message.header("Session-Expires").replace(" ", "") == "1800;refresher=uac"
    await hears_music(call)
    await call.hang_up()


async def test_a_session_interval_that_is_too_small_is_422(phones: Phones, application: FakeApplication):
    headers = {"Supported": "timer", "Session-Expires": "30"}
    call = await phones.dial("1111", headers=headers)
    refusal = await call.refused()
    assert refusal.status == 422
    assert int(refusal.header("Min-SE")) >= 90
    assert application.requests == []


async def test_an_unknown_required_extension_is_420(phones: Phones, application: FakeApplication):
    call = await phones.dial("1111", headers={"Require": "teleportation"})
    refusal = await call.refused()
    assert (refusal.status, refusal.header("Unsupported")) == (420, "teleportation")
    assert application.requests == []


async def test_a_caller_without_a_common_codec_gets_488(phones: Phones):
    call = await phones.dial("1111", payload_types=(3,))
    assert (await call.refused()).status == 488


async def test_the_sound_can_move_to_another_port_and_codec(phones: Phones):
    moved = await RtpPeer.open(PCMA)
    offer = Offer(moved.port, payload_types=(8,), version=2)
    move = InDialog("INVITE", str(offer), "application/sdp")
    call = await (await phones.dial("1111", actions={"move": move})).answered()
    await hears_music(call)
    answer = audio_of((await call.sip.do("move")).message.body)
    assert answer.payload_types[0] == PCMA
    moved.connect(answer.host, answer.port)
    await moved.hears(600, 0.3)
    assert {packet.payload_type for packet in moved.received} == {PCMA}
    await call.hang_up()
    moved.close()


async def test_a_reinvite_that_cannot_be_met_is_refused_and_the_call_goes_on(phones: Phones):
    impossible = InDialog(
        "INVITE",
        "v=0\r\no=caller 20518 9 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
        "m=audio 4000 RTP/AVP 96\r\na=rtpmap:96 unheard-of/8000\r\n",
        "application/sdp",
    )
    call = await (await phones.dial("1111", actions={"impossible": impossible})).answered()
    refused = await call.sip.do("impossible")
    assert refused.message.status == 488
    await hears_music(call)
    await call.hang_up()


async def test_other_requests_inside_the_dialog_are_answered(phones: Phones):
    actions = {"options": InDialog("OPTIONS"), "unknown": InDialog("FROBNICATE")}
    call = await (await phones.dial("1111", actions=actions)).answered()
    assert (await call.sip.do("options")).message.status == 200
    assert (await call.sip.do("unknown")).message.status in (405, 501)
    await hears_music(call)
    await call.hang_up()


async def test_an_info_that_is_no_key_is_refused_and_the_call_goes_on(phones: Phones):
    strange = InDialog("INFO", '{"temperature": 21}', "application/json")
    call = await (await phones.dial("1111", actions={"strange": strange})).answered()
    assert (await call.sip.do("strange")).message.status == 415
    await hears_music(call)
    await call.hang_up()
