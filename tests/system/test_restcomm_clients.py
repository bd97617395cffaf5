"""Clients who call and are called: rows Q of testcases.md, with callees whose INVITEs can be read."""

from __future__ import annotations

import pytest

from tests.testkit.application import ApplicationPort, FakeApplication
from tests.testkit.callee import Callee, Callees
from tests.testkit.contacts import PASSWORD, Contacts
from tests.testkit.daemon import Daemon
from tests.testkit.outside_sound import tone
from tests.testkit.phone import Call, Phones
from tests.testkit.ports import free_port

CARRIER = free_port()

PORT = ApplicationPort(free_port())

CLIENTS = [
    *({"login": login, "password": PASSWORD} for login in ("maria", "dimitri")),
    {"login": "hosted", "password": PASSWORD, "voice_url": PORT.url("/hosted")},
]

SETTINGS = {
    # To a SIPp that waits for one call, OPTIONS would be that call.
    "sip": {"ping_interval": 0.0},
    "dial": {"direct_call_limit": 3.0},
    "trunks": [{"name": "carrier", "uri": f"sip:127.0.0.1:{CARRIER}", "prefixes": ["+1"]}],
}


@pytest.fixture(scope="module")
def application_port() -> ApplicationPort:
    """A client's application is named before the module has its usual port."""
    return PORT


def numbers(port: ApplicationPort) -> list[dict[str, str]]:
    return [{"number": "3000", "voice_url": port.url("/dial")}]


async def from_maria(phones: Phones, to: str, **more: object) -> Call:
    return await phones.dial(to, login="maria", password=PASSWORD, **more)  # type: ignore[arg-type]


async def both_hear(call: Call, callee: Callee) -> None:
    call.voice.say_nowait(tone(700, 5))
    callee.voice.say_nowait(tone(1500, 5))
    await call.voice.hears(1500, 0.3)
    await callee.voice.hears(700, 0.3)


@pytest.mark.parametrize("transport", ["UDP", "TCP"])
async def test_q02_q14_a_client_calls_a_client_who_gets_the_callers_headers(
    phones: Phones, callees: Callees, contacts: Contacts, transport: str
):
    dimitri = await callees.add(waits=True)
    await contacts.bind("dimitri", dimitri.sip.port)
    call = await from_maria(phones, "dimitri", headers={"X-Ticket": "12"}, transport=transport)
    invite = await dimitri.invited()
    assert invite.header("X-Ticket") == "12"
    assert "maria" in invite.header("From")
    assert "answered" not in call.sip.steps, "the caller rings until the callee answers"
    await dimitri.answers()
    await call.answered()
    await both_hear(call, dimitri)
    await call.hang_up()
    await dimitri.sip.reached("byed")


async def test_q04_q05_a_client_dials_out_and_the_carrier_gets_the_headers(phones: Phones, callees: Callees):
    george = await callees.add(port=CARRIER)
    call = await (await from_maria(phones, "+131313", headers={"X-Ticket": "12"})).answered()
    invite = await george.invited()
    assert invite.first_line.startswith("INVITE sip:+131313@127.0.0.1")
    assert invite.header("X-Ticket") == "12"
    await both_hear(call, george)
    await call.hang_up()
    await george.sip.reached("byed")


async def test_s17_a_number_that_is_not_ours_goes_out_for_a_client_and_for_nobody_else(
    phones: Phones, callees: Callees, daemon: Daemon
):
    stranger = await phones.dial("+15126008888")
    assert (await stranger.refused()).status == 407
    george = await callees.add(port=CARRIER)
    call = await (await from_maria(phones, "+15126008888")).answered()
    invite = await george.invited()
    assert invite.first_line.startswith("INVITE sip:+15126008888@")
    await george.sip.reached("answered")
    assert daemon.metrics()["dialplane_calls_active"] == 2
    await call.hang_up()
    await george.sip.reached("byed")


async def test_q07_a_client_hangs_up_a_call_from_outside(
    phones: Phones, callees: Callees, contacts: Contacts, application: FakeApplication
):
    maria = await callees.add()
    await contacts.bind("maria", maria.sip.port)
    application.answer("/dial", "<Response><Dial><Client>maria</Client></Dial></Response>")
    call = await (await phones.dial("3000")).answered()
    await maria.invited()
    await maria.sip.reached("answered")
    await both_hear(call, maria)
    await maria.sip.hang_up()
    await call.ended_by_server()


async def test_q10_a_client_who_gives_up_cancels_what_rings(phones: Phones, callees: Callees):
    george = await callees.add(waits=True, port=CARRIER)
    call = await from_maria(phones, "+131313")
    await george.sip.reached("ringing")
    await call.sip.reached("provisional")
    await call.sip.cancel()
    await george.sip.reached("cancelled")


async def test_q13_a_client_with_an_application_runs_it(
    phones: Phones, callees: Callees, application: FakeApplication
):
    george = await callees.add(port=CARRIER)
    application.answer("/hosted", "<Response><Dial><Number>+151261006100</Number></Dial></Response>")
    call = await (await phones.dial("anything", login="hosted", password=PASSWORD)).answered()
    invite = await george.invited()
    assert invite.first_line.startswith("INVITE sip:+151261006100@")
    await george.sip.reached("answered")
    await call.hang_up()
    await george.sip.reached("byed")


async def test_q16_a_call_that_no_document_connects_ends_at_the_limit(
    phones: Phones, callees: Callees, contacts: Contacts
):
    dimitri = await callees.add()
    await contacts.bind("dimitri", dimitri.sip.port)
    call = await (await from_maria(phones, "dimitri")).answered()
    await dimitri.sip.reached("answered")
    await call.ended_by_server()
    await dimitri.sip.reached("byed")
