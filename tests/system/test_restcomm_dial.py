"""Rows C, D and F of the Restcomm catalogue: dialling one party, or one after another.

The daemon has Restcomm's habits where a row depends on them; what is documented stands in `test_dial.py`.
Row C20 (a registration that is removed ends its call) is not followed: the two are separate things.
"""

from __future__ import annotations

import pytest

from tests.testkit.application import FakeApplication
from tests.testkit.callee import Callee, Callees
from tests.testkit.contacts import PASSWORD, Contacts
from tests.testkit.daemon import Daemon
from tests.testkit.outside_sound import tone
from tests.testkit.phone import Call, Phones
from tests.testkit.ports import free_port
from tests.testkit.waiting import eventually

PSTN = free_port()
"""Where the carrier listens, through which +131313 is reached."""
CLIENTS = [{"login": login, "password": PASSWORD} for login in ("alice", "invalidclient")]
SETTINGS = {
    "trunks": [{"name": "pstn", "uri": f"sip:127.0.0.1:{PSTN}", "prefixes": ["+1"]}],
    "sip": {"ping_interval": 0},
    "compat": {"restcomm_hangup_after_dial": True, "restcomm_null_parameters": True},
}
R_ALICE = "<Response><Dial><Client>alice</Client></Dial></Response>"
R_NUM = "<Response><Dial><Number>+131313</Number></Dial></Response>"
HEADERS = "X-Custom-Header1=1234&X-Custom-Header2=4321"


async def bob(phones: Phones) -> Call:
    """Bob calls 1111 and is answered."""
    return await (await phones.dial("1111", display_name="bob")).answered()


async def registered(callees: Callees, contacts: Contacts) -> Callee:
    """Alice, who is registered and answers."""
    alice = await callees.add()
    await contacts.bind("alice", alice.sip.port)
    return alice


async def status(daemon: Daemon, call_sid: str, wanted: str) -> dict[str, object]:
    """Wait until a call's record says so, and return it."""

    def record() -> dict[str, object] | None:
        found = daemon.call(call_sid)
        return found if found["status"] == wanted else None

    found = await eventually(record, 5.0, f"{call_sid} is {wanted}", context=daemon.story)
    assert found
    return found


async def test_c01_alice_hangs_up_and_bob_is_hung_up(
    phones: Phones, callees: Callees, contacts: Contacts, application: FakeApplication, daemon: Daemon
):
    application.answer("/1111", R_ALICE)
    alice = await registered(callees, contacts)
    call = await bob(phones)
    leg = (await alice.invited()).call_sid
    await alice.sip.reached("answered")
    await eventually(lambda: daemon.metrics()["dialplane_calls_active"] == 2, 3.0, "two calls live")
    alice.voice.say_nowait(tone(1500, 1))
    await call.voice.hears(1500, 0.3)
    await alice.sip.hang_up()
    await call.ended_by_server()
    parent, child = await status(daemon, call.call_sid, "completed"), await status(daemon, leg, "completed")
    assert (parent["direction"], child["direction"]) == ("inbound", "outbound-dial")
    assert child["parent_call_sid"] == call.call_sid


async def test_c05_the_records_tell_how_long_it_rang_and_how_long_they_talked(
    phones: Phones, callees: Callees, application: FakeApplication, daemon: Daemon
):
    callee = await callees.add(waits=True)
    application.answer("/1111", f"<Response><Dial>{callee.noun}</Dial></Response>")
    call = await bob(phones)
    leg = (await callee.invited()).call_sid
    begun = len(call.voice.received)
    await eventually(lambda: len(call.voice.received) - begun >= 50, 5.0, "it rings for a second")
    await callee.answers()
    call.voice.say_nowait(tone(700, 4))
    await callee.voice.hears(700, 2.0)
    await call.hang_up()
    await callee.sip.reached("byed")
    parent, child = await status(daemon, call.call_sid, "completed"), await status(daemon, leg, "completed")
    assert child["ring_duration"] == 1
    assert child["duration"] == pytest.approx(2, abs=1)
    assert parent["duration"] == pytest.approx(3, abs=1)


@pytest.mark.parametrize(
    ("noun", "names"),
    [
        (f"<Client>alice?{HEADERS}</Client>", ("1234", "4321")),
        ("<Client>alice?X-Custom-Header1=1234</Client>", ("1234", "")),
        (f"<Number>+131313?{HEADERS}</Number>", ("1234", "4321")),
        (f"<Sip>sip:+131313@127.0.0.1:{PSTN}?{HEADERS}</Sip>", ("1234", "4321")),
    ],
    ids=["c07", "c08", "c13", "c14"],
)
async def test_c07_c08_c13_c14_headers_of_a_noun_are_in_the_invite(
    phones: Phones,
    callees: Callees,
    contacts: Contacts,
    application: FakeApplication,
    noun: str,
    names: tuple[str, str],
):
    application.answer("/1111", f"<Response><Dial>{noun}</Dial></Response>")
    callee = await callees.add(port=PSTN)
    await contacts.bind("alice", PSTN)
    call = await bob(phones)
    invite = await callee.invited()
    assert (invite.header("X-Custom-Header1"), invite.header("X-Custom-Header2")) == names
    await callee.sip.reached("answered")
    await call.hang_up()
    await callee.sip.reached("byed")


@pytest.mark.parametrize("action", ["", 'action="/DialAction"'], ids=["c10", "c11"])
async def test_c10_c11_a_client_that_is_not_registered_and_then_alice(
    phones: Phones, callees: Callees, contacts: Contacts, application: FakeApplication, action: str
):
    second = "" if action else "<Dial><Client>alice</Client></Dial>"
    application.answer(
        "/1111", f"<Response><Dial {action}><Client>invalidclient</Client></Dial>{second}</Response>"
    )
    application.answer("/DialAction", R_ALICE)
    alice = await registered(callees, contacts)
    call = await bob(phones)
    await alice.sip.reached("answered")
    await alice.sip.hang_up()
    await call.ended_by_server()
    assert len(application.requests_to("/DialAction")) == int(bool(action))


@pytest.mark.parametrize("refusal", ["486 Busy Here", "500 Server Internal Error"], ids=["c16", "c17"])
async def test_c16_c17_a_refusal_ends_the_call_with_the_document(
    phones: Phones, callees: Callees, application: FakeApplication, refusal: str
):
    application.answer("/1111", R_NUM)
    george = await callees.add(refusal, port=PSTN)
    call = await bob(phones)
    await george.sip.reached("refused")
    await call.ended_by_server()


async def test_c19_a_bye_that_is_answered_with_404_leaves_nothing_behind(
    phones: Phones, callees: Callees, application: FakeApplication, daemon: Daemon
):
    application.answer("/1111", R_NUM)
    george = await callees.add(port=PSTN, bye_answer="404 Not Found")
    call = await bob(phones)
    leg = (await george.invited()).call_sid
    await george.sip.reached("answered")
    await call.hang_up()
    await george.sip.reached("byed")
    await status(daemon, call.call_sid, "completed")
    await status(daemon, leg, "completed")


async def test_c22_without_a_caller_id_the_caller_is_shown(
    phones: Phones, callees: Callees, application: FakeApplication
):
    application.answer("/1111", R_NUM)
    george = await callees.add("486 Busy Here", port=PSTN)
    call = await bob(phones)
    assert "bob" in (await george.invited()).header("From")
    await call.ended_by_server()


def in_sequence(callees: list[Callee]) -> str:
    dials = "".join(f'<Dial timeout="1"><Uri>{callee.uri}</Uri></Dial>' for callee in callees)
    return f"<Response>{dials}</Response>"


async def test_d01_nobody_answers_and_one_is_rung_after_the_other(
    phones: Phones, callees: Callees, application: FakeApplication
):
    three = [await callees.add(waits=True) for _ in range(3)]
    application.answer("/1111", in_sequence(three))
    call = await bob(phones)
    for rung, later in ((three[0], three[1:]), (three[1], three[2:]), (three[2], [])):
        await rung.sip.reached("ringing")
        assert all(each.sip.steps == [] for each in later)
        await rung.sip.reached("cancelled")
    await call.ended_by_server()


@pytest.mark.parametrize("who", ["d02 bob", "d04 alice"])
async def test_d02_d04_when_either_hangs_up_nobody_else_is_rung(
    phones: Phones, callees: Callees, application: FakeApplication, who: str
):
    alice, carol = await callees.add(), await callees.add(waits=True)
    application.answer("/1111", in_sequence([alice, carol]))
    call = await bob(phones)
    await alice.sip.reached("answered")
    if who == "d02 bob":
        await call.hang_up()
        await alice.sip.reached("byed")
    else:
        await alice.sip.hang_up()
        await call.ended_by_server()
    assert carol.sip.steps == []


async def test_d05_the_second_answers_and_hangs_up_and_the_third_is_not_rung(
    phones: Phones, callees: Callees, application: FakeApplication
):
    alice, carol, dave = await callees.add(waits=True), await callees.add(), await callees.add(waits=True)
    application.answer("/1111", in_sequence([alice, carol, dave]))
    call = await bob(phones)
    await alice.sip.reached("cancelled")
    await carol.sip.reached("answered")
    await carol.sip.hang_up()
    await call.ended_by_server()
    assert dave.sip.steps == []


async def test_d07_the_third_is_rung_after_two_that_are_not_there(
    phones: Phones, callees: Callees, application: FakeApplication
):
    henrique = await callees.add()
    unknown = "".join(
        f'<Dial timeout="5"><Uri>sip:nonexistent{number}.invalid:{port}</Uri></Dial>'
        for number, port in (("", 5566), (2, 6655))
    )
    application.answer("/1111", f"<Response>{unknown}<Dial>{henrique.noun}</Dial></Response>")
    call = await bob(phones)
    await henrique.sip.reached("answered")
    await call.hang_up()
    await henrique.sip.reached("byed")


async def test_f01_f02_a_dial_that_reaches_nobody_tells_the_action_as_restcomm_does(
    phones: Phones, application: FakeApplication
):
    application.answer(
        "/1111", '<Response><Dial action="/DialAction"><Client>alice</Client></Dial></Response>'
    )
    application.answer("/DialAction", "<Response/>")
    call = await bob(phones)
    asked = await application.request_to("/DialAction")
    assert (asked["DialCallStatus"], asked["DialCallDuration"], asked["DialCallSid"]) == (
        "failed",
        "0",
        "null",
    )
    assert asked["CallStatus"] == "in-progress"
    await call.ended_by_server()
