"""Rows U07 to U20 of testcases.md: what the other areas have, with a caller who rings until a callee answers.

``answerOnBridge`` is what Restcomm's `enable-200-ok-delay` was.
"""

from __future__ import annotations

import pytest

from tests.testkit.application import ApplicationPort, FakeApplication
from tests.testkit.callee import Callee, Callees
from tests.testkit.daemon import Daemon
from tests.testkit.outside_sound import tone
from tests.testkit.phone import Call, Phones
from tests.testkit.recordings import download


def numbers(port: ApplicationPort) -> list[dict[str, str]]:
    return [{"number": "3000", "voice_url": port.url("/dial")}]


def dial(noun: str, attributes: str = "") -> str:
    return f'<Dial answerOnBridge="true" {attributes}>{noun}</Dial>'


async def rings_until_answered(call: Call, callee: Callee) -> None:
    """Insist that the caller is answered when the callee is, and not before."""
    await callee.sip.reached("ringing")
    await call.sip.reached("provisional")
    assert "answered" not in call.sip.steps
    await callee.invited()
    await callee.answers()
    await call.answered()


async def test_u07_a_document_that_cannot_be_read_is_500_with_its_reason(
    phones: Phones, application: FakeApplication
):
    application.answer("/dial", '<Response><Dial answerOnBridge="true"><Client>alice</Dial></Response>')
    call = await phones.dial("3000")
    refusal = await call.refused()
    assert refusal.status == 500
    assert "Problem_to_parse_downloaded_RCML" in refusal.header("Reason")


@pytest.mark.parametrize("who", ["caller", "callee"])
async def test_u17_a_screened_callee_talks_and_whoever_hangs_up_ends_it(
    phones: Phones, callees: Callees, application: FakeApplication, who: str
):
    alice = await callees.add(waits=True)
    screened = alice.noun.replace("<Sip>", '<Sip url="/screening">')
    application.answer("/dial", dial(screened, 'action="/done" timeLimit="10"'))
    application.answer("/screening", "<Response><Play>/question.wav</Play></Response>")
    application.answer("/done", "<Response/>")
    application.serve_sound("/question.wav", tone(1900, 0.4))
    call = await phones.dial("3000")
    await rings_until_answered(call, alice)
    await alice.voice.hears(1900, 0.3)
    call.voice.say_nowait(tone(700, 5))
    await alice.voice.hears(700, 0.3)
    if who == "caller":
        await call.hang_up()
        await alice.hung_up_on()
    else:
        await alice.sip.hang_up()
        await call.ended_by_server()
    assert (await application.request_to("/done"))["DialCallStatus"] == "completed"


async def test_u17_the_time_limit_ends_both(phones: Phones, callees: Callees, application: FakeApplication):
    alice = await callees.add(waits=True)
    application.answer("/dial", dial(alice.noun, 'timeLimit="1"'))
    call = await phones.dial("3000")
    await rings_until_answered(call, alice)
    await alice.hung_up_on()
    await call.ended_by_server()


async def test_u19_the_recording_has_the_talk_and_not_the_ringing(
    phones: Phones, callees: Callees, application: FakeApplication, daemon: Daemon
):
    alice = await callees.add(waits=True)
    application.answer("/dial", dial(alice.noun, 'record="true" action="/done"'))
    application.answer("/done", "<Response/>")
    call = await phones.dial("3000")
    await rings_until_answered(call, alice)
    alice.voice.say_nowait(tone(1500, 5))
    await call.voice.hears(1500, 1.0)
    await call.hang_up()
    done = await application.request_to("/done")
    sound = await download(done["RecordingUrl"])
    (listed,) = daemon.recordings_of(call.call_sid)
    assert float(listed["duration"]) == pytest.approx(float(done["DialCallDuration"]), abs=1.0)
    assert float(listed["duration"]) == pytest.approx(len(sound) / 8000, abs=0.1)
    assert 0.8 < len(sound) / 8000 < 3.0


async def test_u20_one_after_the_other_with_callbacks_until_the_second_answers(
    phones: Phones, callees: Callees, application: FakeApplication
):
    alice, carol = await callees.add(waits=True), await callees.add(waits=True)
    told = carol.noun.replace("<Sip>", '<Sip statusCallback="/status">')
    first = dial(alice.noun, 'timeout="1"')
    application.answer("/dial", f"<Response>{first}{dial(told)}</Response>")
    application.answer("/status", "")
    call = await phones.dial("3000")
    await alice.sip.reached("cancelled")
    await rings_until_answered(call, carol)
    await carol.sip.hang_up()
    await call.ended_by_server()
    await application.request_to("/status", number=4)
    events = [(each["SequenceNumber"], each["CallStatus"]) for each in application.requests_to("/status")]
    assert events == [("0", "initiated"), ("1", "ringing"), ("2", "answered"), ("3", "completed")]


async def test_u20_nobody_of_a_sequence_answers_and_the_caller_gets_408(
    phones: Phones, callees: Callees, application: FakeApplication
):
    nouns = [await callees.add(waits=True), await callees.add(waits=True)]
    verbs = "".join(dial(each.noun, 'timeout="1"') for each in nouns)
    application.answer("/dial", f"<Response>{verbs}</Response>")
    call = await phones.dial("3000")
    for each in nouns:
        await each.sip.reached("cancelled")
    assert (await call.refused()).status == 408
