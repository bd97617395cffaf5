"""What Dial tells: rows F (action), G (callbacks), H (recordings) and J (screening) of testcases.md."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.testkit.application import ApplicationPort, FakeApplication, Reply
from tests.testkit.callee import Callees
from tests.testkit.contacts import PASSWORD, Contacts
from tests.testkit.daemon import Daemon
from tests.testkit.outside_sound import seconds_of_sound, seconds_of_tone, tone
from tests.testkit.phone import Phones
from tests.testkit.recordings import download
from tests.testkit.sip_texts import Writers
from tests.testkit.waiting import eventually

CLIENTS = [{"login": "bob", "password": PASSWORD}]
SETTINGS = {"sip": {"ping_interval": 0.0}}


def numbers(port: ApplicationPort) -> list[dict[str, str]]:
    told = {"status_callback": port.url("/StatusCallBack"), "status_callback_method": "GET"}
    return [
        {"number": "3000", "voice_url": port.url("/dial")},
        {"number": "7777", "voice_url": port.url("/dial"), **told},
    ]


def dial(nouns: str, **attributes: str) -> str:
    written = "".join(f' {name}="{value}"' for name, value in attributes.items())
    return f"<Response><Dial{written}>{nouns}</Dial></Response>"


EMPTY = "<Response/>"


@pytest.mark.parametrize("who", ["alice", "bob"])
async def test_f04_f05_f11_the_action_is_told_of_ringing_and_talk_whoever_hangs_up(
    phones: Phones, callees: Callees, application: FakeApplication, daemon: Daemon, who: str
):
    alice = await callees.add(waits=True)
    application.answer("/dial", dial(alice.noun, action="/done"))
    application.answer("/done", EMPTY)
    call = await (await phones.dial("3000")).answered()
    await alice.sip.reached("ringing")
    await eventually(lambda: len(call.voice.heard()) > 8000, 5, "it rings for a second")
    await alice.answers()
    alice.voice.say_nowait(tone(1500, 3))
    await alice.invited()
    await eventually(lambda: seconds_of_tone(call.voice.heard(), 1500) > 1.0, 5, "they talk for a second")
    if who == "alice":
        await alice.sip.hang_up()
    else:
        await call.hang_up()
    done = await application.request_to("/done")
    assert (done["To"], done["From"], done["DialCallStatus"]) == ("3000", "bob", "completed")
    assert (done["DialRingDuration"], done["DialCallDuration"]) == ("1", "1")
    assert done["OutboundCallSid"] == done["DialCallSid"]
    assert len(application.requests_to("/done")) == 1
    if who == "alice":
        await call.ended_by_server()
    leg = daemon.call(done["DialCallSid"])
    assert (int(leg["duration"]), int(leg["ring_duration"]), leg["direction"]) == (1, 1, "outbound-dial")


async def test_f10_the_headers_of_the_invite_are_told_to_the_action(
    phones: Phones, callees: Callees, application: FakeApplication
):
    alice = await callees.add("486 Busy Here")
    application.answer("/dial", dial(alice.noun, action="/done"))
    application.answer("/done", EMPTY)
    headers = {"X-My-Custom-Header": "My Custom Value", "X-OtherHeader": "Other Value"}
    call = await (await phones.dial("3000", headers=headers)).answered()
    done = await application.request_to("/done")
    assert {name: done[f"SipHeader_{name}"] for name in headers} == headers
    assert (done["DialSipResponseCode"], done["DialCallStatus"]) == ("486", "busy")
    await call.ended_by_server()


FOUR = [("0", "initiated"), ("1", "ringing"), ("2", "answered"), ("3", "completed")]


async def told(application: FakeApplication, count: int) -> list[tuple[str, str]]:
    requests = [await application.request_to("/status", number=number) for number in range(1, count + 1)]
    return [(request["SequenceNumber"], request["CallStatus"]) for request in requests]


@pytest.mark.parametrize(
    ("attributes", "method", "expected"),
    [
        ("", "POST", FOUR),
        (' statusCallbackMethod="GET"', "GET", FOUR),
        (' statusCallbackEvent="initiated,answered"', "POST", [FOUR[0], FOUR[2]]),
        (' statusCallbackEvent="ringing completed"', "POST", [FOUR[1], FOUR[3]]),
    ],
)
async def test_g02_g04_g05_g07_callbacks_of_a_leg(
    phones: Phones,
    callees: Callees,
    application: FakeApplication,
    attributes: str,
    method: str,
    expected: list[tuple[str, str]],
):
    alice = await callees.add()
    noun = alice.noun.replace("<Sip>", f'<Sip statusCallback="/status"{attributes}>')
    application.answer("/dial", dial(noun))
    application.answer("/status", "")
    call = await (await phones.dial("3000")).answered()
    await alice.sip.reached("answered")
    await call.hang_up()
    assert await told(application, len(expected)) == expected
    assert {request.method for request in application.requests_to("/status")} == {method}


async def test_g10_g11_g13_a_fork_that_nobody_answers_and_then_one_who_does_make_thirteen(
    phones: Phones, callees: Callees, application: FakeApplication
):
    rung = [await callees.add(waits=True) for _ in range(3)]
    fotini = await callees.add()

    def watched(noun: str) -> str:
        return noun.replace("<Sip>", '<Sip statusCallback="/status">')

    application.answer("/dial", dial("".join(watched(one.noun) for one in rung), timeout="1", action="/next"))
    application.answer("/next", dial(watched(fotini.noun)))
    application.answer("/status", "")
    call = await (await phones.dial("3000")).answered()
    await fotini.sip.reached("answered")
    await fotini.sip.hang_up()
    await call.ended_by_server()
    all_told = await told(application, 13)
    assert sorted(all_told) == sorted([each for each in FOUR if each[0] != "2"] * 3 + FOUR)
    assert len({request["CallSid"] for request in application.requests_to("/status")}) == 4


async def test_g14_the_numbers_callback_tells_three_states_and_the_dial_is_one_call(
    phones: Phones, callees: Callees, application: FakeApplication
):
    alice = await callees.add()
    application.answer("/dial", dial(alice.noun, action="/done", method="GET"))
    application.answer("/done", "<Response><Hangup/></Response>")
    application.answer("/StatusCallBack", "")
    call = await (await phones.dial("7777")).answered()
    await alice.sip.reached("answered")
    await alice.sip.hang_up()
    await call.ended_by_server()
    last = await application.request_to("/StatusCallBack", number=3)
    states = [request["CallStatus"] for request in application.requests_to("/StatusCallBack")]
    assert states == ["ringing", "in-progress", "completed"]
    assert last["OutboundCallSid"]


async def test_h02_h05_the_action_is_told_where_the_recording_is_and_it_can_be_had(
    phones: Phones, callees: Callees, application: FakeApplication, daemon: Daemon
):
    alice = await callees.add()
    application.answer("/dial", dial(alice.noun, record="true", action="/action", method="GET"))
    application.answer("/action", EMPTY)
    call = await (await phones.dial("3000")).answered()
    await alice.invited()
    await alice.sip.reached("answered")
    alice.voice.say_nowait(tone(1500, 3))
    await call.voice.hears(1500, 1.0)
    await call.hang_up()
    done = await application.request_to("/action")
    sound = await download(done["RecordingUrl"])
    assert seconds_of_tone(sound, 1500) > 0.8
    (listed,) = daemon.recordings_of(call.call_sid)
    assert abs(float(listed["duration"]) - len(sound) / 8000) < 0.1
    assert done["PublicRecordingUrl"] == done["RecordingUrl"]


async def test_h07_a_callee_who_hangs_up_at_once_leaves_no_recording_worth_keeping(
    phones: Phones, callees: Callees, application: FakeApplication, daemon: Daemon
):
    alice = await callees.add("603 Decline")
    application.answer("/dial", dial(alice.noun, record="true", action="/done"))
    application.answer("/done", EMPTY)
    call = await (await phones.dial("3000")).answered()
    done = await application.request_to("/done")
    assert done.get("RecordingUrl") is None
    await call.ended_by_server()
    assert daemon.recordings_of(call.call_sid) == []


async def test_g16_three_calls_are_recorded_told_and_followed_by_a_text(
    phones: Phones,
    callees: Callees,
    contacts: Contacts,
    application: FakeApplication,
    daemon: Daemon,
    tmp_path: Path,
):
    writers = Writers(daemon.sip, tmp_path)
    application.answer("/action", '<Response><Sms to="bob" from="+12223334499">Hello World!</Sms></Response>')
    application.answer("/StatusCallBack", "")
    for number in range(3):
        alice = await callees.add()
        application.answer("/dial", dial(alice.noun, record="true", action="/action", method="GET"))
        async with writers.reader() as bob:
            await contacts.bind("bob", bob.port)
            call = await (await phones.dial("7777", from_user="caller")).answered()
            await alice.answered()
            alice.voice.say_nowait(tone(1500, 2))
            await call.voice.hears(1500, 0.5)
            await call.hang_up()
            await alice.hung_up_on()
            assert (await bob.text()).body == "Hello World!"
            await contacts.unbind("bob")
        await application.request_to("/StatusCallBack", number=3 * number + 3)
        assert len(daemon.recordings_of(call.call_sid)) == 1
    states = [request["CallStatus"] for request in application.requests_to("/StatusCallBack")]
    assert states == ["ringing", "in-progress", "completed"] * 3


@pytest.mark.parametrize("record", ["record-from-ringing", "record-from-ringing-dual"])
async def test_a_recording_from_ringing_has_the_ring_tone_and_the_talk(
    phones: Phones, callees: Callees, application: FakeApplication, record: str
):
    alice = await callees.add(waits=True)
    application.answer("/dial", dial(alice.noun, record=record, action="/done"))
    application.answer("/done", EMPTY)
    call = await (await phones.dial("3000")).answered()
    await alice.invited()
    await eventually(lambda: seconds_of_sound(call.voice.heard()) > 0.6, 5, "the caller hears it ring")
    await alice.answers()
    alice.voice.say_nowait(tone(1500, 3))
    await call.voice.hears(1500, 0.6)
    await call.hang_up()
    done = await application.request_to("/done")
    heard = await download(done["RecordingUrl"], channel=1 if record.endswith("dual") else None)
    before = heard[: len(heard) - round(8000 * seconds_of_tone(heard, 1500))]
    assert seconds_of_sound(before) > 0.4, "the ringing is in it"
    assert seconds_of_tone(heard, 1500) > 0.4, "and so is the callee"


async def test_h16_the_document_that_follows_a_recording_dials_without_a_response_around_it(
    phones: Phones, callees: Callees, application: FakeApplication
):
    alice = await callees.add()
    application.answer(
        "/dial", '<Response><Record finishOnKey="#" playBeep="false" action="/action"/></Response>'
    )
    application.answer("/action", f'<Dial timeout="50"><Uri>{alice.uri}</Uri></Dial>')
    call = await (await phones.dial("3000")).answered()
    await call.voice.say(tone(700, 0.8))
    await call.voice.press("#")
    await alice.invited()
    await alice.sip.reached("answered")
    call.voice.say_nowait(tone(700, 5))
    await alice.voice.hears(700, 0.3)
    await call.hang_up()
    await alice.sip.reached("byed")


async def test_j01_j05_an_empty_screening_document_connects_and_is_asked_with_the_callees_headers(
    phones: Phones, callees: Callees, application: FakeApplication
):
    alice = await callees.add(headers=(("X-mycustomheader", "customValue"),))
    noun = alice.noun.replace("<Sip>", '<Sip url="/screening" method="GET">')
    application.answer("/dial", dial(noun))
    application.answer("/screening", "<Response></Response>")
    call = await (await phones.dial("3000")).answered()
    await alice.invited()
    await alice.sip.reached("answered")
    asked = await application.request_to("/screening")
    assert asked.method == "GET"
    assert asked["SipHeader_X-mycustomheader"] == "customValue"
    call.voice.say_nowait(tone(700, 2))
    await alice.voice.hears(700, 0.3)
    await call.hang_up()
    await alice.sip.reached("byed")


@pytest.mark.parametrize("refusal", ["403 Forbidden", "603 Decline"])
async def test_j04_j07_who_refuses_is_not_screened_and_the_caller_is_hung_up(
    phones: Phones, callees: Callees, application: FakeApplication, refusal: str
):
    george = await callees.add(refusal)
    noun = george.noun.replace("<Sip>", '<Sip url="/screening">')
    application.answer("/dial", dial(noun, callerId="+13055872294"))
    call = await (await phones.dial("3000")).answered()
    invite = await george.invited()
    assert invite.header("Contact").startswith("<sip:+13055872294@")
    await call.ended_by_server()
    assert application.requests_to("/screening") == []


async def test_j08_a_screening_document_that_cannot_be_had_ends_both_legs(
    phones: Phones, callees: Callees, application: FakeApplication
):
    alice = await callees.add()
    noun = alice.noun.replace("<Sip>", '<Sip url="/screening">')
    application.answer("/dial", dial(noun))
    application.answer("/screening", Reply(status=404))
    call = await (await phones.dial("3000")).answered()
    await alice.sip.reached("byed")
    await call.ended_by_server()


async def test_f08_a_caller_ended_from_outside_while_it_rings_is_told_as_completed(
    phones: Phones, callees: Callees, application: FakeApplication, daemon: Daemon
):
    alice = await callees.add(waits=True)
    application.answer("/dial", dial(alice.noun, action="/done"))
    application.answer("/done", EMPTY)
    call = await (await phones.dial("3000")).answered()
    await alice.sip.reached("ringing")
    await daemon.change(call.call_sid, Status="completed")
    done = await application.request_to("/done")
    assert (done["DialCallStatus"], done["DialCallDuration"]) == ("completed", "0")
    assert done["CallStatus"] == "completed"
    await call.ended_by_server()
    await alice.sip.reached("cancelled")


async def test_h04_a_recording_of_a_talk_is_deleted(
    phones: Phones, callees: Callees, application: FakeApplication, daemon: Daemon
):
    alice = await callees.add()
    application.answer("/dial", dial(alice.noun, record="true"))
    call = await (await phones.dial("3000")).answered()
    await alice.invited()
    await alice.sip.reached("answered")
    alice.voice.say_nowait(tone(1500, 3))
    await call.voice.hears(1500, 1.0)
    await call.hang_up()
    await eventually(lambda: len(daemon.recordings_of(call.call_sid)) == 1, 5, "the recording is listed")
    (listed,) = daemon.recordings_of(call.call_sid)
    answer = await daemon.ask("DELETE", f"Recordings/{listed['sid']}.json")
    assert answer.status in (200, 204)
    assert daemon.recordings_of(call.call_sid) == []
