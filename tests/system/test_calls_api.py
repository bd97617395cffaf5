"""Calls made through the REST API (testcases.md M): the daemon between the API's client and callees."""

from __future__ import annotations

import asyncio

import pytest
from twilio.rest import Client  # type: ignore[import-untyped]

from tests.testkit.application import FakeApplication, Recorded, Reply
from tests.testkit.callee import Callee, Callees
from tests.testkit.contacts import PASSWORD, Contacts
from tests.testkit.daemon import ACCOUNT_SID, Daemon
from tests.testkit.outside_sound import tone
from tests.testkit.ports import free_port
from tests.testkit.recordings import download
from tests.testkit.waiting import eventually

CARRIER = free_port()

CLIENTS = [{"login": "alice", "password": PASSWORD}]
SETTINGS = {
    # The telephone in the carrier's place knows no OPTIONS.
    "sip": {"ping_interval": 0},
    "trunks": [{"name": "carrier", "uri": f"sip:127.0.0.1:{CARRIER}", "prefixes": ["+13"]}],
}


def dial(*callees: Callee, **attributes: str) -> str:
    written = "".join(f' {name}="{value}"' for name, value in attributes.items())
    return f"<Response><Dial{written}>{''.join(each.noun for each in callees)}</Dial></Response>"


async def told(application: FakeApplication, path: str, count: int) -> list[Recorded]:
    """Wait for so many requests and return them in the order of their sequence numbers."""
    await application.request_to(path, number=count)
    return sorted(application.requests_to(path), key=lambda each: int(each["SequenceNumber"]))


async def test_m01_the_application_runs_on_the_leg_of_who_answers(
    daemon: Daemon, application: FakeApplication, callees: Callees
):
    bob, george = await callees.add(), await callees.add()
    application.answer("/url", dial(george))
    placed = await daemon.place(bob.uri, Url=application.url("/url"))
    assert (placed["status"], placed["direction"]) == ("queued", "outbound-api")
    await bob.answered()
    asked = await application.request_to("/url")
    assert (asked["CallSid"], asked["Direction"]) == (placed["sid"], "outbound-api")
    assert (asked["From"], asked["To"], asked["CallStatus"]) == ("+15126002188", bob.uri, "in-progress")
    await george.answered()
    bob.voice.say_nowait(tone(700, 2))
    await george.voice.hears(700, 0.5)
    await george.sip.hang_up()
    await bob.hung_up_on()
    await daemon.clean()
    assert daemon.call(placed["sid"])["status"] == "completed"


async def test_m02_headers_after_the_question_mark_are_in_the_invite(
    daemon: Daemon, application: FakeApplication, callees: Callees
):
    bob = await callees.add()
    placed = await daemon.place(
        f"{bob.uri}?X-Custom-Header1=1234&X-Custom-Header2=4321", Twiml="<Response><Pause/></Response>"
    )
    invite = await bob.invited()
    assert invite.header("X-Custom-Header1") == "1234"
    assert invite.header("X-Custom-Header2") == "4321"
    assert invite.header("X-RestComm-CallSid") == placed["sid"]
    assert placed["to"] == bob.uri
    await bob.hung_up_on()


async def test_m05_a_client_is_called_with_the_headers_too(
    daemon: Daemon, application: FakeApplication, callees: Callees, contacts: Contacts
):
    alice = await callees.add()
    await contacts.bind("alice", alice.sip.port)
    placed = await daemon.place(
        "client:alice?X-Custom-Header1=1234&X-Custom-Header2=4321", Twiml="<Response><Pause/></Response>"
    )
    invite = await alice.invited()
    assert invite.header("X-Custom-Header1") == "1234"
    assert invite.header("X-Custom-Header2") == "4321"
    assert placed["to"] == "client:alice"
    await alice.hung_up_on()


async def test_m08_a_number_goes_through_a_trunk(
    daemon: Daemon, application: FakeApplication, callees: Callees
):
    george, alice = await callees.add(port=CARRIER), await callees.add()
    application.answer("/url", dial(alice))
    await daemon.place("+131313", Url=application.url("/url"), Method="GET")
    invite = await george.invited()
    assert invite.first_line.startswith("INVITE sip:+131313@127.0.0.1")
    assert (await application.request_to("/url")).method == "GET"
    await alice.answered()
    await george.sip.hang_up()
    await alice.hung_up_on()


async def test_m10_nobody_answers_in_time(daemon: Daemon, application: FakeApplication, callees: Callees):
    george = await callees.add(waits=True)
    application.answer("/status", "")
    placed = await daemon.place(
        george.uri, Url=application.url("/url"), Timeout="1", StatusCallback=application.url("/status")
    )
    await george.sip.reached("cancelled")
    events = [each["CallStatus"] for each in await told(application, "/status", 3)]
    assert events == ["initiated", "ringing", "completed"]
    assert daemon.call(placed["sid"])["status"] == "no-answer"
    assert not application.requests_to("/url")


async def test_m11_nobody_answers_the_documents_dial(
    daemon: Daemon, application: FakeApplication, callees: Callees
):
    george, alice = await callees.add(), await callees.add(waits=True)
    application.answer("/url", dial(alice, timeout="1"))
    await daemon.place(george.uri, Url=application.url("/url"))
    await alice.sip.reached("cancelled")
    await george.hung_up_on()


@pytest.mark.parametrize(
    ("refusal", "status"),
    [("500 Server Error", "failed"), ("486 Busy Here", "busy"), ("404 Not Found", "failed")],
)
async def test_m13_a_refusal_ends_the_call(
    daemon: Daemon, callees: Callees, application: FakeApplication, refusal: str, status: str
):
    george = await callees.add(refusal)
    placed = await daemon.place(george.uri, Url=application.url("/url"))
    await george.sip.reached("refused")
    await daemon.clean()
    assert daemon.call(placed["sid"])["status"] == status


async def test_m14_h17_a_documents_dial_is_recorded_under_the_calls_sid(
    daemon: Daemon, application: FakeApplication, callees: Callees, contacts: Contacts
):
    alice = await callees.add()
    await contacts.bind("alice", alice.sip.port)
    application.answer("/url", '<Response><Dial record="true"><Client>alice</Client></Dial></Response>')
    george = await callees.add(port=CARRIER)
    placed = await daemon.place("+131313", Url=application.url("/url"))
    invite = await george.invited()
    assert invite.header("X-RestComm-CallSid") == placed["sid"]
    await alice.answered()
    george.voice.say_nowait(tone(700, 1.5))
    await alice.voice.hears(700, 1.0)
    await george.sip.hang_up()
    await daemon.clean()
    (recording,) = daemon.recordings_of(placed["sid"])
    assert 0.8 < float(recording["duration"]) < 4


async def test_m17_a_recorded_dial_still_tells_its_four_callbacks(
    daemon: Daemon, application: FakeApplication, callees: Callees
):
    george, alice = await callees.add(), await callees.add(waits=True)
    noun = alice.noun.replace("<Sip>", '<Sip statusCallback="/noun" statusCallbackMethod="GET">')
    application.answer("/url", f'<Response><Dial record="true">{noun}</Dial></Response>')
    application.answer("/noun", "")
    placed = await daemon.place(george.uri, Url=application.url("/url"))
    await alice.answers()
    await alice.invited()
    await george.invited()
    george.voice.say_nowait(tone(700, 1))
    await alice.voice.hears(700, 0.5)
    await alice.sip.hang_up()
    await george.hung_up_on()
    heard = await told(application, "/noun", 4)
    assert [each["CallStatus"] for each in heard] == ["initiated", "ringing", "answered", "completed"]
    assert {each.method for each in heard} == {"GET"}
    await daemon.clean()
    assert len(daemon.recordings_of(placed["sid"])) == 1


async def test_m16_the_call_and_the_dialled_leg_each_have_their_four_callbacks(
    daemon: Daemon, application: FakeApplication, callees: Callees
):
    george, alice = await callees.add(waits=True), await callees.add(waits=True)
    noun = alice.noun.replace("<Sip>", '<Sip statusCallback="/noun">')
    application.answer("/url", f"<Response><Dial>{noun}</Dial></Response>")
    application.answer("/noun", "")
    application.answer("/status", "")
    placed = await daemon.place(
        george.uri, Url=application.url("/url"), StatusCallback=application.url("/status")
    )
    # Apart, because the kernel may let a 200 overtake the 180 that left a moment before.
    for party in (george, alice):
        await party.sip.reached("ringing")
        await party.sip.pick_up()
    await alice.sip.hang_up()
    await george.hung_up_on()
    for path in ("/status", "/noun"):
        events = [(each["SequenceNumber"], each["CallStatus"]) for each in await told(application, path, 4)]
        assert events == [("0", "initiated"), ("1", "ringing"), ("2", "answered"), ("3", "completed")]
    last = (await told(application, "/status", 4))[-1]
    assert (last["CallSid"], last["Direction"]) == (placed["sid"], "outbound-api")
    assert last["CallDuration"] in ("0", "1", "2")


async def test_a_recorded_call_tells_of_its_recording_at_its_end(
    daemon: Daemon, application: FakeApplication, callees: Callees
):
    george = await callees.add()
    application.serve_sound("/tone.wav", tone(900, 1))
    application.answer("/status", "")
    application.answer("/recorded", "")
    await daemon.place(
        george.uri,
        Twiml=f"<Response><Play>{application.url('/tone.wav')}</Play></Response>",
        Record="true",
        RecordingStatusCallback=application.url("/recorded"),
        StatusCallback=application.url("/status"),
        StatusCallbackEvent="completed",
    )
    await george.hung_up_on()
    last = await application.request_to("/status")
    assert (last["CallStatus"], last["SequenceNumber"]) == ("completed", "3")
    recorded = await application.request_to("/recorded")
    assert (recorded["RecordingSource"], recorded["RecordingUrl"]) == ("OutboundAPI", last["RecordingUrl"])
    assert len(await download(last["RecordingUrl"])) > 8000 * 0.8


async def test_keys_are_pressed_before_the_document_runs(
    daemon: Daemon, application: FakeApplication, callees: Callees
):
    george = await callees.add()
    application.answer("/url", "<Response><Pause length='2'/></Response>")
    await daemon.place(george.uri, Url=application.url("/url"), SendDigits="w12#")
    await george.invited()
    await eventually(lambda: george.voice.digits_heard() == "12#", 5, "george hears the keys")
    await application.request_to("/url")
    await george.sip.hang_up()


async def test_what_a_calls_verbs_did_is_read_below_it(daemon: Daemon, callees: Callees):
    george = await callees.add()
    document = '<Response><Gather timeout="1"/><Play>/nothing.wav</Play><Say>never</Say></Response>'
    placed = await daemon.place(george.uri, Twiml=document.replace("/nothing", "http://127.0.0.1:9/nothing"))
    await george.hung_up_on()
    gather, play = daemon.resource(f"Calls/{placed['sid']}/Executions.json")
    assert (gather["verb"], gather["status"], play["status"]) == ("Gather Dtmf", "no-input", "failed")
    assert 0.9 < gather["duration"] < 3
    (played,) = daemon.resource(f"Plays.json?CallSid={placed['sid']}")["plays"]
    assert (played["sid"], played["error_code"]) == (play["sid"], 13233)


async def test_a_call_ends_at_its_time_limit(daemon: Daemon, callees: Callees):
    george = await callees.add()
    placed = await daemon.place(george.uri, Twiml="<Response><Pause length='60'/></Response>", TimeLimit="1")
    await george.hung_up_on()
    await daemon.clean()
    call = daemon.call(placed["sid"])
    assert (call["status"], call["duration"], call["reason"]) == ("completed", 1, "time limit reached")


async def test_a_document_that_cannot_be_had_ends_an_answered_call(
    daemon: Daemon, application: FakeApplication, callees: Callees
):
    george = await callees.add()
    application.answer("/url", Reply("gone", 404))
    placed = await daemon.place(george.uri, Url=application.url("/url"))
    await george.hung_up_on()
    assert [each["error_code"] for each in daemon.notifications(placed["sid"])] == [21402]


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ({"To": "+131313", "Url": "http://127.0.0.1/x"}, "From can not be null."),
        ({"From": "1", "Url": "http://127.0.0.1/x"}, "To can not be null."),
        ({"From": "1", "To": "+131313"}, "Url can not be null."),
        ({"From": "1", "To": "+131313", "Url": "ftp://x/"}, "leads to no http or https URL"),
        (
            {"From": "1", "To": "&&&", "Url": "http://127.0.0.1/x"},
            "To = '&&&': it must be a telephone number",
        ),
        ({"From": "1", "To": "+131313", "Twiml": "<Response>"}, "The document cannot be run: line 1"),
        (
            {"From": "1", "To": "+131313", "Url": "http://h/", "Timeout": "soon"},
            "Timeout = 'soon': write a number",
        ),
    ],
)
async def test_a_request_that_cannot_be_used_is_refused_in_words(
    daemon: Daemon, form: dict[str, str], text: str
):
    answer = await daemon.ask("POST", "Calls.json", *form.items())
    assert answer.status == 400
    assert text in answer.json["message"]


@pytest.mark.parametrize(
    ("to", "text"),
    [
        ("client:nobody", "client 'nobody' is not registered"),
        ("+999", "no trunk takes '+999'"),
        ("sip:x@no-such-host.invalid", "sip:x@no-such-host.invalid has no address"),
    ],
)
async def test_who_cannot_be_reached_is_named(daemon: Daemon, to: str, text: str):
    answer = await daemon.ask("POST", "Calls.json", ("From", "1"), ("To", to), ("Url", "http://127.0.0.1/x"))
    assert answer.status == 500
    assert text in answer.json["message"]


async def test_a_number_is_proved_by_the_code_that_who_answers_keys_in(
    daemon: Daemon, application: FakeApplication, callees: Callees, twilio: Client
):
    george = await callees.add(port=CARRIER)
    application.answer("/validated", "")
    made = await asyncio.to_thread(
        twilio.validation_requests.create,
        phone_number="+13055550100",
        friendly_name="Desk",
        status_callback=application.url("/validated"),
    )
    assert (made.phone_number, made.friendly_name, made.account_sid) == ("+13055550100", "Desk", ACCOUNT_SID)
    invite = await george.invited()
    assert invite.first_line.startswith("INVITE sip:+13055550100@127.0.0.1")
    await george.sip.reached("answered")
    await george.voice.press(made.validation_code)
    await george.hung_up_on()
    told = await application.request_to("/validated")
    assert (told["CallSid"], told["VerificationStatus"]) == (made.call_sid, "success")
    (kept,) = await asyncio.to_thread(twilio.outgoing_caller_ids.list)
    assert (kept.sid, kept.phone_number) == (told["OutgoingCallerIdSid"], "+13055550100")
