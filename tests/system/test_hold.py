"""Hold and resume by re-INVITE on either side of a bridged call, heard by tones."""

from __future__ import annotations

import pytest

from tests.testkit.application import ApplicationPort, FakeApplication
from tests.testkit.callee import Callee, Callees
from tests.testkit.outside_sound import seconds_of_sound, seconds_of_tone, tone
from tests.testkit.phone import HOLD, RESUME, TO_PCMA, Call, Phones
from tests.testkit.rtp_peer import RtpPeer
from tests.testkit.sip_scenario import InDialog
from tests.testkit.sip_text import Offer
from tests.testkit.waiting import eventually

CALLER, CALLEE = 700, 1500

GARBAGE, NO_CODEC = "garbage", "no-codec"


def numbers(port: ApplicationPort) -> list[dict[str, str]]:
    return [{"number": "3000", "voice_url": port.url("/dial")}]


async def talk(phones: Phones, callees: Callees, application: FakeApplication) -> tuple[Call, Callee]:
    """Connect two parties who speak at their own pitch all the time."""
    callee = await callees.add()
    application.answer("/dial", f"<Response><Dial>{callee.noun}</Dial></Response>")
    actions = {
        GARBAGE: InDialog("INVITE", "v=0\r\nm=audio none\r\n", "application/sdp"),
        NO_CODEC: InDialog("INVITE", str(Offer(9, payload_types=(3,))), "application/sdp"),
    }
    call = await (await phones.dial("3000", actions=actions)).answered()
    await callee.invited()
    await callee.sip.reached("answered")
    call.voice.say_nowait(tone(CALLER, 40))
    callee.voice.say_nowait(tone(CALLEE, 40))
    await both_hear(call, callee)
    return call, callee


async def both_hear(call: Call, callee: Callee) -> None:
    await newly_hears(call.voice, CALLEE)
    await newly_hears(callee.voice, CALLER)


async def newly_hears(voice: RtpPeer, frequency: float) -> None:
    before = seconds_of_tone(voice.heard(), frequency)
    await eventually(
        lambda: seconds_of_tone(voice.heard(), frequency) > before + 0.2, 5, f"{frequency} Hz is heard anew"
    )


async def hears_music(voice: RtpPeer, instead_of: float) -> None:
    sound, speech = seconds_of_sound(voice.heard()), seconds_of_tone(voice.heard(), instead_of)
    await eventually(lambda: seconds_of_sound(voice.heard()) > sound + 0.5, 5, "music is heard")
    assert seconds_of_tone(voice.heard(), instead_of) < speech + 0.2


@pytest.mark.parametrize("holder", ["caller", "callee"])
async def test_who_is_put_on_hold_hears_music_and_after_the_resume_both_hear_each_other(
    phones: Phones, callees: Callees, application: FakeApplication, holder: str
):
    call, callee = await talk(phones, callees, application)
    sip, waits, silent = (
        (call.sip, callee.voice, CALLER) if holder == "caller" else (callee.sip, call.voice, CALLEE)
    )
    held = await sip.do(HOLD)
    assert "a=recvonly" in held.message.body
    await hears_music(waits, instead_of=silent)
    resumed = await sip.do(RESUME)
    assert "a=sendrecv" in resumed.message.body
    await both_hear(call, callee)
    await call.hang_up()
    await callee.sip.reached("byed")


async def test_e17_a_reinvite_that_cannot_be_used_is_refused_and_the_talk_goes_on(
    phones: Phones, callees: Callees, application: FakeApplication
):
    call, callee = await talk(phones, callees, application)
    for action in (GARBAGE, NO_CODEC):
        refused = await call.sip.do(action)
        assert refused.message.first_line.startswith("SIP/2.0 488")
    await both_hear(call, callee)
    await call.hang_up()
    await callee.sip.reached("byed")


async def test_the_codec_of_one_side_changes_and_both_go_on_hearing_each_other(
    phones: Phones, callees: Callees, application: FakeApplication
):
    callee = await callees.add()
    application.answer("/dial", f"<Response><Dial>{callee.noun}</Dial></Response>")
    call = await (await phones.dial("3000", payload_types=(0,))).answered()
    await callee.invited()
    call.voice.say_nowait(tone(CALLER, 40))
    callee.voice.say_nowait(tone(CALLEE, 40))
    await both_hear(call, callee)
    changed = await call.sip.do(TO_PCMA)
    assert "RTP/AVP 8" in changed.message.body
    call.voice.payload_type = 8
    await both_hear(call, callee)
    await call.hang_up()
    await callee.sip.reached("byed")
