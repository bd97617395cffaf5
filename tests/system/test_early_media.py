"""What a caller hears before the answer: the callee's side when it sends sound, else our ring tone."""

from __future__ import annotations

import pytest

from tests.testkit.application import ApplicationPort, FakeApplication
from tests.testkit.callee import Callees
from tests.testkit.outside_sound import seconds_of_sound, seconds_of_tone, tone
from tests.testkit.phone import Phones
from tests.testkit.waiting import eventually


def numbers(port: ApplicationPort) -> list[dict[str, str]]:
    return [{"number": "3000", "voice_url": port.url("/dial")}]


async def test_a_caller_hears_the_callees_own_tone_before_the_answer(
    phones: Phones, callees: Callees, application: FakeApplication
):
    callee = await callees.add(waits=True, early=True)
    application.answer("/dial", f"<Response><Dial>{callee.noun}</Dial></Response>")
    call = await (await phones.dial("3000")).answered()
    await callee.invited()
    await eventually(lambda: seconds_of_sound(call.voice.heard()) > 0.2, 5, "our ring tone is heard first")
    callee.voice.say_nowait(tone(1500, 30))
    call.voice.say_nowait(tone(700, 30))
    await call.voice.hears(1500, 0.5)
    assert seconds_of_tone(callee.voice.heard(), 700) == 0, "nobody is heard before they are answered"
    await callee.answers()
    await callee.voice.hears(700, 0.5)
    before = seconds_of_tone(call.voice.heard(), 1500)
    await eventually(
        lambda: seconds_of_tone(call.voice.heard(), 1500) > before + 0.3, 5, "the talk goes on after it"
    )
    await call.hang_up()
    await callee.sip.reached("byed")


@pytest.mark.parametrize("headers", [{}, {"Supported": "100rel"}], ids=["plain", "reliable"])
async def test_a_caller_who_is_not_answered_yet_gets_a_183_and_hears_the_callee(
    phones: Phones, callees: Callees, application: FakeApplication, headers: dict[str, str]
):
    callee = await callees.add(waits=True, early=True)
    application.answer("/dial", f'<Response><Dial answerOnBridge="true">{callee.noun}</Dial></Response>')
    call = await phones.dial("3000", headers=headers)
    await callee.invited()
    callee.voice.say_nowait(tone(1500, 30))
    early = await call.hears_early()
    assert bool(early.header("RSeq")) is bool(headers)
    await call.voice.hears(1500, 0.4)
    call.voice.say_nowait(tone(700, 30))
    await callee.answers()
    await call.answered()
    await callee.voice.hears(700, 0.4)
    await call.hang_up()
    await callee.sip.reached("byed")


async def test_a04_without_an_offer_a_caller_rings_whatever_the_callee_sends_and_the_answer_offers_sound(
    phones: Phones, callees: Callees, application: FakeApplication
):
    """RFC 3264 section 4: before the answer there is no description that early sound could follow."""
    callee = await callees.add(waits=True, early=True)
    application.answer("/dial", f'<Response><Dial answerOnBridge="true">{callee.noun}</Dial></Response>')
    call = await phones.dial("3000", late_offer=True)
    await callee.invited()
    callee.voice.say_nowait(tone(1500, 30))
    await callee.sip.reached("ringing")
    await call.sip.reached("provisional")
    assert not any(report.message.body for report in call.sip.reports)
    call.voice.say_nowait(tone(700, 30))
    await callee.answers()
    await call.answered()
    assert call.answer
    assert "m=audio" in call.answer.body
    await call.voice.hears(1500, 0.4)
    await callee.voice.hears(700, 0.4)
    await call.hang_up()
    await callee.sip.reached("byed")


async def test_in_a_fork_the_first_who_sends_is_heard_and_ours_again_when_they_are_gone(
    phones: Phones, callees: Callees, application: FakeApplication
):
    busy, silent = await callees.add("486 Busy Here", waits=True, early=True), await callees.add(waits=True)
    application.answer("/dial", f"<Response><Dial>{silent.noun}{busy.noun}</Dial></Response>")
    call = await (await phones.dial("3000")).answered()
    await busy.invited()
    busy.voice.say_nowait(tone(1500, 30))
    await call.voice.hears(1500, 0.3)
    await busy.refuses()
    before = seconds_of_sound(call.voice.heard())
    heard = seconds_of_tone(call.voice.heard(), 1500)
    await eventually(
        lambda: seconds_of_sound(call.voice.heard()) - before > 0.5, 5, "the ring tone is heard again"
    )
    assert seconds_of_tone(call.voice.heard(), 1500) - heard < 0.3
    await call.hang_up()
    await silent.sip.reached("cancelled")
