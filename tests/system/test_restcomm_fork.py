"""Rows E and U of the Restcomm catalogue: several are rung at once; callers who are kept ringing meanwhile.

Not followed: E17, for a re-INVITE that cannot be used is refused (488) and the call goes on, as RFC 3261
section 14.2 has it.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import pytest

from tests.testkit.application import FakeApplication
from tests.testkit.callee import Callee, Callees
from tests.testkit.contacts import PASSWORD, Contacts
from tests.testkit.daemon import Daemon
from tests.testkit.outside_sound import tone
from tests.testkit.phone import Call, Phones
from tests.testkit.ports import free_port
from tests.testkit.silent_phone import SilentPhone
from tests.testkit.waiting import eventually

PSTN = free_port()
"""Where the carrier listens, through which +131313 is reached."""
CLIENTS = [{"login": "alice", "password": PASSWORD}]
SETTINGS = {
    "trunks": [{"name": "pstn", "uri": f"sip:127.0.0.1:{PSTN}", "prefixes": ["+1"]}],
    "sip": {"ping_interval": 0},
}
BUSY = "486 Busy Here"


def document(nouns: str, **attributes: str) -> str:
    written = "".join(f' {name}="{value}"' for name, value in attributes.items())
    return f"<Response><Dial{written}>{nouns}</Dial></Response>"


@dataclass(frozen=True)
class Three:
    """The parties of a fork, all ringing until the test says more."""

    alice: Callee
    henrique: Callee
    george: Callee

    @property
    def nouns(self) -> str:
        return f"<Client>alice</Client>{self.henrique.noun}<Number>+131313</Number>"

    async def all(self, step: str) -> None:
        """Wait until each of them has come to a step."""
        await asyncio.gather(*(each.sip.reached(step) for each in (self.alice, self.henrique, self.george)))


async def three(
    callees: Callees, contacts: Contacts, refusal: str = "", progress: str = "180 Ringing"
) -> Three:
    """Make the parties. `refusal` is what alice and george answer when told; `progress` is alice's 180."""
    fork = Three(
        alice=await callees.add(refusal, waits=True, progress=progress),
        henrique=await callees.add(waits=True),
        george=await callees.add(refusal, waits=True, port=PSTN),
    )
    await contacts.bind("alice", fork.alice.sip.port)
    return fork


async def talk(call: Call, callee: Callee) -> None:
    """Let both hear each other, and the caller hang up."""
    call.voice.say_nowait(tone(700, 1))
    callee.voice.say_nowait(tone(1500, 1))
    await call.voice.hears(1500, 0.3)
    await callee.voice.hears(700, 0.3)
    await call.hang_up()
    await callee.sip.reached("byed")


async def answers(callee: Callee) -> None:
    await callee.invited()
    await callee.answers()


async def test_e01_one_of_a_client_an_address_and_a_number_answers(
    phones: Phones, callees: Callees, contacts: Contacts, application: FakeApplication, daemon: Daemon
):
    fork = await three(callees, contacts)
    application.answer("/1111", document(fork.nouns))
    call = await (await phones.dial("1111")).answered()
    await fork.all("ringing")
    await answers(fork.henrique)
    await asyncio.gather(fork.alice.sip.reached("cancelled"), fork.george.sip.reached("cancelled"))
    await eventually(lambda: daemon.metrics()["dialplane_calls_active"] == 2, 5.0, "two calls live")
    await talk(call, fork.henrique)


async def test_e02_who_answered_hangs_up_and_the_caller_is_hung_up(
    phones: Phones, callees: Callees, contacts: Contacts, application: FakeApplication
):
    fork = await three(callees, contacts)
    application.answer("/1111", document(f"<Client>alice</Client>{fork.henrique.noun}"))
    call = await (await phones.dial("1111")).answered()
    await fork.alice.sip.reached("ringing")
    await answers(fork.henrique)
    await fork.alice.sip.reached("cancelled")
    await fork.henrique.sip.hang_up()
    await call.ended_by_server()


@pytest.mark.parametrize("first", ["e04 address", "e05 client"])
async def test_e04_e05_a_client_that_is_not_registered_is_passed_over(
    phones: Phones, callees: Callees, application: FakeApplication, first: str
):
    henrique = await callees.add()
    nouns = [henrique.noun, "<Client>alice</Client>"]
    application.answer("/1111", document("".join(nouns if first == "e04 address" else reversed(nouns))))
    call = await (await phones.dial("1111")).answered()
    await henrique.invited()
    await henrique.sip.reached("answered")
    await talk(call, henrique)


async def test_e07_two_decline_and_the_third_is_connected(
    phones: Phones, callees: Callees, contacts: Contacts, application: FakeApplication
):
    fork = await three(callees, contacts, refusal="603 Decline")
    application.answer("/1111", document(fork.nouns))
    call = await (await phones.dial("1111")).answered()
    await fork.all("ringing")
    await fork.george.refuses()
    await fork.alice.refuses()
    await answers(fork.henrique)
    await talk(call, fork.henrique)


async def test_e08_a_caller_who_hangs_up_cancels_all_three(
    phones: Phones, callees: Callees, contacts: Contacts, application: FakeApplication, daemon: Daemon
):
    fork = await three(callees, contacts)
    application.answer("/1111", document(fork.nouns))
    call = await (await phones.dial("1111")).answered()
    await fork.all("ringing")
    await call.hang_up()
    await fork.all("cancelled")
    await eventually(lambda: daemon.call(call.call_sid)["status"] == "completed", 5.0, "the record says so")


@pytest.mark.parametrize("progress", ["180 Ringing", "183 Session Progress"], ids=["e09", "e10"])
async def test_e09_e10_nobody_answers_in_time(
    phones: Phones, callees: Callees, contacts: Contacts, application: FakeApplication, progress: str
):
    fork = await three(callees, contacts, progress=progress)
    application.answer("/1111", document(fork.nouns, timeout="1"))
    call = await (await phones.dial("1111")).answered()
    await fork.all("cancelled")
    await call.ended_by_server()


async def test_e13_of_three_who_answer_at_once_one_stays(
    phones: Phones, callees: Callees, contacts: Contacts, application: FakeApplication
):
    fork = await three(callees, contacts)
    application.answer("/1111", document(fork.nouns))
    call = await (await phones.dial("1111")).answered()
    await fork.all("ringing")
    parties = fork.alice, fork.henrique, fork.george
    for each in parties:
        await each.invited()
    await asyncio.gather(*(each.tries_to_answer() for each in parties))
    await eventually(
        lambda: sum(map(has_lost, parties)) == 2, 5.0, "two get a BYE, or a CANCEL where that was quicker"
    )
    (winner,) = (each for each in parties if not has_lost(each))
    await talk(call, winner)


def has_lost(callee: Callee) -> bool:
    return not {"byed", "cancelled"}.isdisjoint(callee.sip.steps)


async def test_e14_one_fails_and_the_other_is_connected(
    phones: Phones, callees: Callees, application: FakeApplication
):
    fotini, henrique = await callees.add("500 Server Internal Error"), await callees.add(waits=True)
    application.answer("/1111", document(fotini.noun + henrique.noun))
    call = await (await phones.dial("1111")).answered()
    await fotini.sip.reached("refused")
    await answers(henrique)
    await talk(call, henrique)


async def test_e16_all_are_busy_and_the_action_dials_another(
    phones: Phones, callees: Callees, contacts: Contacts, application: FakeApplication
):
    busy = [await callees.add(BUSY), await callees.add(BUSY), await callees.add(BUSY, port=PSTN)]
    await contacts.bind("alice", busy[0].sip.port)
    fotini = await callees.add()
    nouns = f"<Client>alice</Client>{busy[1].noun}<Number>+131313</Number>"
    application.answer("/1111", document(nouns, action="/test", timeout="2", timeLimit="1000"))
    application.answer("/test", f'<Response><Dial timeout="50"><Uri>{fotini.uri}</Uri></Dial></Response>')
    call = await (await phones.dial("1111")).answered()
    await fotini.invited()
    await fotini.sip.reached("answered")
    assert (await application.request_to("/test"))["DialCallStatus"] == "busy"
    await talk(call, fotini)


async def test_e19_alice_is_busy_and_the_action_plays_and_then_dials_another(
    phones: Phones, callees: Callees, contacts: Contacts, application: FakeApplication
):
    alice, carol = await callees.add(BUSY), await callees.add()
    await contacts.bind("alice", alice.sip.port)
    application.answer("/1111", document("<Client>alice</Client>", timeout="1", action="/test"))
    application.answer("/test", f"<Response><Play>/prompt.wav</Play><Dial>{carol.noun}</Dial></Response>")
    application.serve_sound("/prompt.wav", tone(1900, 0.6))
    call = await (await phones.dial("1111")).answered()
    await call.voice.hears(1900, 0.5)
    await carol.invited()
    await carol.sip.reached("answered")
    await carol.sip.hang_up()
    await call.ended_by_server()


async def test_e20_one_phone_of_a_client_answers_and_the_other_stops_ringing(
    phones: Phones, callees: Callees, contacts: Contacts, application: FakeApplication
):
    alice, alice2, dimitri = [await callees.add(waits=True) for _ in range(3)]
    await contacts.bind("alice", alice.sip.port)
    await contacts.bind("alice", alice2.sip.port)
    application.answer(
        "/1111", document(f"<Client>alice</Client>{dimitri.noun}", timeLimit="10", timeout="10")
    )
    call = await (await phones.dial("1111")).answered()
    await asyncio.gather(*(each.sip.reached("ringing") for each in (alice, alice2, dimitri)))
    await answers(alice)
    await asyncio.gather(alice2.sip.reached("cancelled"), dimitri.sip.reached("cancelled"))
    await talk(call, alice)


async def test_q11_the_parameters_of_a_contact_are_in_the_request_uri(
    phones: Phones, callees: Callees, contacts: Contacts, application: FakeApplication
):
    alice = await callees.add(BUSY)
    await contacts.bind("alice", alice.sip.port, ";line=2;ob")
    application.answer("/1111", document("<Client>alice</Client>"))
    call = await (await phones.dial("1111")).answered()
    invite = await alice.invited()
    assert invite.first_line == f"INVITE sip:alice@127.0.0.1:{alice.sip.port};line=2;ob SIP/2.0"
    await call.ended_by_server()


async def rings(call: Call) -> None:
    """Insist that the caller has been told of ringing and not answered."""
    await call.sip.reached("provisional")
    assert "answered" not in call.sip.steps


async def test_u01_u08_the_caller_is_answered_when_one_of_the_fork_answers(
    phones: Phones, callees: Callees, contacts: Contacts, application: FakeApplication
):
    fork = await three(callees, contacts)
    application.answer("/1111", document(fork.nouns, answerOnBridge="true"))
    call = await phones.dial("1111")
    await fork.all("ringing")
    await rings(call)
    await answers(fork.alice)
    await call.answered()
    await talk(call, fork.alice)


@pytest.mark.parametrize(
    "refusal", ["403 Forbidden", "500 Server Internal Error", BUSY], ids=["u02", "u04", "busy"]
)
async def test_u02_u04_a_refusal_is_passed_back(
    phones: Phones, callees: Callees, application: FakeApplication, refusal: str
):
    george = await callees.add(refusal, port=PSTN)
    application.answer("/1111", document("<Number>+131313</Number>", answerOnBridge="true"))
    call = await phones.dial("1111")
    assert (await call.refused()).status == int(refusal[:3])
    await george.sip.reached("refused")


async def test_u05_u10_nobody_answers_in_time_and_the_caller_gets_408(
    phones: Phones, callees: Callees, contacts: Contacts, application: FakeApplication
):
    fork = await three(callees, contacts, progress="183 Session Progress")
    application.answer("/1111", document(fork.nouns, answerOnBridge="true", timeout="1"))
    call = await phones.dial("1111")
    assert (await call.refused()).status == 408
    await fork.all("cancelled")


async def test_u11_the_caller_keeps_ringing_while_the_action_dials_another(
    phones: Phones, callees: Callees, application: FakeApplication
):
    silent, fotini = await callees.add(waits=True), await callees.add(waits=True)
    application.answer("/1111", document(silent.noun, answerOnBridge="true", timeout="1", action="/test"))
    application.answer("/test", document(fotini.noun, answerOnBridge="true"))
    call = await phones.dial("1111")
    await silent.sip.reached("cancelled")
    await fotini.sip.reached("ringing")
    await rings(call)
    await answers(fotini)
    await call.answered()
    await talk(call, fotini)


async def test_u13_one_fails_and_the_caller_is_answered_with_the_other(
    phones: Phones, callees: Callees, application: FakeApplication
):
    fotini, henrique = await callees.add("500 Server Internal Error"), await callees.add(waits=True)
    application.answer("/1111", document(fotini.noun + henrique.noun, answerOnBridge="true"))
    call = await phones.dial("1111")
    await fotini.sip.reached("refused")
    await rings(call)
    await answers(henrique)
    await call.answered()
    await talk(call, henrique)


async def test_u14_two_are_not_there_and_the_caller_is_answered_with_the_third(
    phones: Phones, callees: Callees, application: FakeApplication
):
    henrique = await callees.add(waits=True)
    unknown = '<Dial answerOnBridge="true"><Uri>sip:nonexistent.invalid:5566</Uri></Dial>'
    third = f'<Dial answerOnBridge="true">{henrique.noun}</Dial>'
    application.answer("/1111", f"<Response>{unknown}{unknown}{third}</Response>")
    call = await phones.dial("1111")
    await henrique.sip.reached("ringing")
    await rings(call)
    await answers(henrique)
    await call.answered()
    await talk(call, henrique)


async def test_u16_two_phones_of_a_client_refuse_and_the_last_reason_is_passed_back(
    phones: Phones, callees: Callees, contacts: Contacts, application: FakeApplication
):
    alice, alice2 = await callees.add(BUSY), await callees.add("503 Service Unavailable", waits=True)
    await contacts.bind("alice", alice.sip.port)
    await contacts.bind("alice", alice2.sip.port)
    application.answer("/1111", document("<Client>alice</Client>", answerOnBridge="true"))
    call = await phones.dial("1111")
    await alice.sip.reached("refused")
    await alice2.refuses()
    assert (await call.refused()).status == 503


async def test_e11_a_phone_that_says_nothing_holds_nobody_up_and_registers_again(
    phones: Phones, callees: Callees, contacts: Contacts, application: FakeApplication
):
    henrique = await callees.add(waits=True)
    async with SilentPhone(free_port()) as alice:
        await contacts.bind("alice", alice.port)
        application.answer("/1111", document(f"<Client>alice</Client>{henrique.noun}"))
        call = await (await phones.dial("1111")).answered()
        await henrique.sip.reached("ringing")
        await eventually(lambda: bool(alice.invites), 5.0, "alice is rung")
        await call.hang_up()
        await henrique.sip.reached("cancelled")
        await contacts.bind("alice", alice.port)
        # At last, so that nobody waits for Timer B: it gives up by itself after 32 seconds.
        alice.refuse()


async def test_g08_four_status_callbacks_of_a_number(
    phones: Phones, callees: Callees, application: FakeApplication
):
    george = await callees.add(port=PSTN)
    application.answer("/1111", document('<Number statusCallback="/status">+131313</Number>'))
    application.answer("/status", "")
    call = await (await phones.dial("1111")).answered()
    await george.sip.reached("answered")
    await george.sip.hang_up()
    await call.ended_by_server()
    told = [await application.request_to("/status", number=number) for number in range(1, 5)]
    assert [(request["SequenceNumber"], request["CallStatus"]) for request in told] == [
        ("0", "initiated"),
        ("1", "ringing"),
        ("2", "answered"),
        ("3", "completed"),
    ]
