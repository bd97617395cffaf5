"""Dial: the daemon as a process between a caller and callees, all outside peers."""

from __future__ import annotations

import asyncio

import pytest

from tests.testkit.application import ApplicationPort, FakeApplication
from tests.testkit.callee import Callees
from tests.testkit.daemon import Daemon
from tests.testkit.outside_sound import seconds_of_sound, seconds_of_tone, tone
from tests.testkit.phone import Phones
from tests.testkit.ports import free_port
from tests.testkit.recordings import download
from tests.testkit.waiting import eventually

CARRIERS = free_port(), free_port()

SETTINGS = {
    "trunks": [
        {"name": f"carrier{place}", "uri": f"sip:127.0.0.1:{port}", "prefixes": ["+49"]}
        for place, port in enumerate(CARRIERS)
    ],
    # A SIPp that waits for its call takes an OPTIONS for a fault.
    "sip": {"ping_interval": 0},
}


def numbers(port: ApplicationPort) -> list[dict[str, str]]:
    return [{"number": "3000", "voice_url": port.url("/dial")}]


def dial(nouns: str, **attributes: str) -> str:
    written = "".join(f' {name}="{value}"' for name, value in attributes.items())
    return f"<Response><Dial{written}>{nouns}</Dial><Say>after the dial</Say></Response>"


async def test_c01_both_hear_each_other_and_the_callee_hangs_up(
    phones: Phones, callees: Callees, application: FakeApplication
):
    callee = await callees.add()
    application.answer("/dial", dial(callee.noun, action="/done"))
    application.answer("/done", "<Response><Hangup/></Response>")
    call = await (await phones.dial("3000")).answered()
    await callee.invited()
    await callee.sip.reached("answered")
    call.voice.say_nowait(tone(700, 4))
    callee.voice.say_nowait(tone(1500, 4))
    await call.voice.hears(1500, 1.0)
    await callee.voice.hears(700, 1.0)
    assert seconds_of_tone(call.voice.heard(), 700) == 0
    await callee.sip.hang_up()
    done = await application.request_to("/done")
    assert done["DialCallStatus"] == "completed"
    assert int(done["DialCallDuration"]) >= 1
    await call.ended_by_server()


async def test_c04_a_caller_who_hangs_up_ends_the_callee_and_the_action_is_told(
    phones: Phones, callees: Callees, application: FakeApplication
):
    callee = await callees.add()
    application.answer("/dial", dial(callee.noun, action="/done"))
    application.answer("/done", "<Response/>")
    call = await (await phones.dial("3000")).answered()
    await callee.sip.reached("answered")
    await call.hang_up()
    await callee.sip.reached("byed")
    done = await application.request_to("/done")
    assert (done["DialCallStatus"], done["CallStatus"]) == ("completed", "completed")


async def test_c23_headers_of_the_noun_are_in_the_invite(
    phones: Phones, callees: Callees, application: FakeApplication
):
    callee = await callees.add()
    noun = f"<Sip>sip:alice@127.0.0.1:{callee.sip.port}?mycustomheader=foo&myotherheader=bar</Sip>"
    application.answer("/dial", dial(noun))
    call = await (await phones.dial("3000")).answered()
    invite = await callee.invited()
    assert invite.header("X-mycustomheader") == "foo"
    assert invite.header("X-myotherheader") == "bar"
    await call.hang_up()
    await callee.sip.reached("byed")


async def test_a_caller_with_pcma_talks_to_a_callee_with_pcmu(
    phones: Phones, callees: Callees, application: FakeApplication
):
    callee = await callees.add()
    application.answer("/dial", dial(callee.noun))
    call = await (await phones.dial("3000", payload_types=(8,))).answered()
    await callee.invited()
    await callee.sip.reached("answered")
    call.voice.say_nowait(tone(700, 3))
    callee.voice.say_nowait(tone(1500, 3))
    await call.voice.hears(1500, 0.5)
    await callee.voice.hears(700, 0.5)
    await call.hang_up()
    await callee.sip.reached("byed")


async def test_e01_the_first_of_three_who_answers_is_connected_and_the_others_are_cancelled(
    phones: Phones, callees: Callees, application: FakeApplication
):
    rings, answers, also = (
        await callees.add(waits=True),
        await callees.add(waits=True),
        await callees.add(waits=True),
    )
    application.answer("/dial", dial(rings.noun + answers.noun + also.noun))
    call = await (await phones.dial("3000")).answered()
    await asyncio.gather(*(callee.sip.reached("ringing") for callee in (rings, answers, also)))
    await eventually(lambda: seconds_of_sound(call.voice.heard()) > 0.5, 5, "the caller hears it ring")
    await answers.invited()
    await answers.sip.pick_up()
    await asyncio.gather(rings.sip.reached("cancelled"), also.sip.reached("cancelled"))
    answers.voice.say_nowait(tone(1500, 2))
    await call.voice.hears(1500, 0.5)
    await call.hang_up()
    await answers.sip.reached("byed")


@pytest.mark.parametrize(("refusal", "status"), [("486 Busy Here", "busy"), ("500 Server Error", "failed")])
async def test_f07_a_refusal_is_told_to_the_action(
    phones: Phones, callees: Callees, application: FakeApplication, refusal: str, status: str
):
    callee = await callees.add(refusal)
    application.answer("/dial", dial(callee.noun, action="/done"))
    application.answer("/done", "<Response/>")
    call = await (await phones.dial("3000")).answered()
    done = await application.request_to("/done")
    assert (done["DialCallStatus"], done["DialCallDuration"]) == (status, "0")
    await call.ended_by_server()


async def test_d01_nobody_answers_in_time(phones: Phones, callees: Callees, application: FakeApplication):
    callee = await callees.add(waits=True)
    application.answer("/dial", dial(callee.noun, action="/done", timeout="1"))
    application.answer("/done", "<Response/>")
    call = await (await phones.dial("3000")).answered()
    await callee.sip.reached("cancelled")
    assert (await application.request_to("/done"))["DialCallStatus"] == "no-answer"
    await call.ended_by_server()


async def test_e08_a_caller_who_leaves_while_it_rings_cancels_the_callee(
    phones: Phones, callees: Callees, application: FakeApplication
):
    callee = await callees.add(waits=True)
    application.answer("/dial", dial(callee.noun))
    call = await (await phones.dial("3000")).answered()
    await callee.sip.reached("ringing")
    await call.hang_up()
    await callee.sip.reached("cancelled")


async def test_g01_four_status_callbacks_in_order(
    phones: Phones, callees: Callees, application: FakeApplication
):
    callee = await callees.add()
    noun = callee.noun.replace("<Sip>", '<Sip statusCallback="/status">')
    application.answer("/dial", dial(noun))
    application.answer("/status", "")
    call = await (await phones.dial("3000")).answered()
    await callee.sip.reached("answered")
    await call.hang_up()
    told = [await application.request_to("/status", number=number) for number in range(1, 5)]
    assert [(each["SequenceNumber"], each["CallStatus"]) for each in told] == [
        ("0", "initiated"),
        ("1", "ringing"),
        ("2", "answered"),
        ("3", "completed"),
    ]
    assert {each["ParentCallSid"] for each in told} == {call.call_sid}


async def test_j02_a_screened_callee_hears_the_question_and_is_connected(
    phones: Phones, callees: Callees, application: FakeApplication
):
    callee = await callees.add()
    noun = callee.noun.replace("<Sip>", '<Sip url="/screening">')
    application.answer("/dial", dial(noun))
    application.answer("/screening", "<Response><Play>/question.wav</Play></Response>")
    application.serve_sound("/question.wav", tone(1100, 0.5))
    call = await (await phones.dial("3000")).answered()
    await callee.invited()
    await callee.voice.hears(1100, 0.4)
    call.voice.say_nowait(tone(700, 2))
    await callee.voice.hears(700, 0.5)
    assert seconds_of_tone(call.voice.heard(), 1100) == 0
    assert seconds_of_sound(call.voice.heard()) > 0.3, "the caller hears it ring while the callee is asked"
    await call.hang_up()
    await callee.sip.reached("byed")


async def test_j05_a_callee_who_declines_is_never_connected(
    phones: Phones, callees: Callees, application: FakeApplication
):
    callee = await callees.add()
    noun = callee.noun.replace("<Sip>", '<Sip url="/screening">')
    application.answer("/dial", dial(noun, action="/done"))
    application.answer("/screening", "<Response><Hangup/></Response>")
    application.answer("/done", "<Response/>")
    call = await (await phones.dial("3000")).answered()
    await callee.sip.reached("byed")
    assert (await application.request_to("/done"))["DialCallStatus"] != "completed"
    await call.ended_by_server()


async def test_keys_of_the_caller_reach_the_callee(
    phones: Phones, callees: Callees, application: FakeApplication
):
    callee = await callees.add()
    application.answer("/dial", dial(callee.noun))
    call = await (await phones.dial("3000")).answered()
    await callee.invited()
    await callee.sip.reached("answered")
    await call.voice.press("12#")
    await eventually(lambda: callee.voice.digits_heard() == "12#", 5, "the callee hears the keys")
    await call.hang_up()
    await callee.sip.reached("byed")


async def test_h01_a_recorded_dial_has_both_voices(
    phones: Phones, callees: Callees, application: FakeApplication, daemon: Daemon
):
    callee = await callees.add()
    application.answer("/dial", dial(callee.noun, record="true", action="/done"))
    application.answer("/done", "<Response/>")
    call = await (await phones.dial("3000")).answered()
    await callee.invited()
    await callee.sip.reached("answered")
    call.voice.say_nowait(tone(700, 2))
    callee.voice.say_nowait(tone(1500, 2))
    await call.voice.hears(1500, 1.0)
    await call.hang_up()
    done = await application.request_to("/done")
    sound = await download(done["RecordingUrl"])
    assert len(sound) > 8000
    assert len(daemon.recordings_of(call.call_sid)) == 1


async def test_a_number_goes_through_the_second_carrier_when_the_first_fails(
    phones: Phones, callees: Callees, application: FakeApplication
):
    down = await callees.add("503 Service Unavailable", port=CARRIERS[0])
    up = await callees.add(port=CARRIERS[1])
    application.answer("/dial", dial("<Number>+493012345</Number>"))
    call = await (await phones.dial("3000")).answered()
    await down.sip.reached("invited")
    invite = await up.invited()
    assert invite.first_line.startswith("INVITE sip:+493012345@127.0.0.1")
    await up.sip.reached("answered")
    up.voice.say_nowait(tone(1500, 2))
    await call.voice.hears(1500, 0.5)
    await call.hang_up()
    await up.sip.reached("byed")


async def test_without_an_action_the_caller_goes_on_with_the_next_verb(
    phones: Phones, callees: Callees, application: FakeApplication
):
    callee = await callees.add()
    document = dial(callee.noun).replace("<Say>after the dial</Say>", "<Play>/next.wav</Play>")
    application.answer("/dial", document)
    application.serve_sound("/next.wav", tone(1900, 0.5))
    call = await (await phones.dial("3000")).answered()
    await callee.sip.reached("answered")
    await callee.sip.hang_up()
    await call.voice.hears(1900, 0.4)
    await call.ended_by_server()
