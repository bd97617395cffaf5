"""Numbers, clients and trunks made through the REST API: the running daemon follows at once."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from twilio.http.http_client import TwilioHttpClient  # type: ignore[import-untyped]
from twilio.rest import Client  # type: ignore[import-untyped]

from tests.testkit.application import FakeApplication
from tests.testkit.callee import Callees
from tests.testkit.daemon import ACCOUNT_SID, AUTH_TOKEN, Daemon
from tests.testkit.phone import Call, Phones
from tests.testkit.ports import LOOPBACK
from tests.testkit.sip_registration import RegistrationScenario, SippPhone
from tests.testkit.sipp import SIPP
from tests.testkit.waiting import eventually

BRIEF = "<Response><Say>Hello.</Say></Response>"
SETTINGS = {"sip": {"ping_interval": 0}}
"""SIPp as a carrier knows no OPTIONS."""


async def made(daemon: Daemon, resource: str, **fields: str) -> str:
    answer = await daemon.ask("POST", f"{resource}.json", *fields.items())
    assert answer.status == 200, answer.body
    return str(answer.json["sid"])


async def ended(call: Call) -> None:
    """Be connected until the document is over."""
    await call.answered()
    await call.ended_by_server()


async def test_the_twilio_sdk_makes_a_number_that_takes_the_next_call(
    daemon: Daemon, application: FakeApplication, phones: Phones
):
    http = TwilioHttpClient(timeout=10.0)
    twilio = Client(ACCOUNT_SID, AUTH_TOKEN, http_client=http)
    twilio.api.base_url = daemon.http
    numbers = twilio.incoming_phone_numbers
    application.answer("/sales", BRIEF)
    application.answer("/support", BRIEF)
    number = await asyncio.to_thread(
        numbers.create, phone_number="+15551230077", voice_url=application.url("/sales")
    )
    assert (number.phone_number, number.capabilities["voice"]) == ("+15551230077", True)
    await ended(await phones.dial("+15551230077"))
    asked = await application.request_to("/sales")
    call = daemon.call(asked["CallSid"])
    assert (call["phone_number_sid"], call["to"]) == (number.sid, "+15551230077")

    await asyncio.to_thread(numbers(number.sid).update, voice_url=application.url("/support"))
    await ended(await phones.dial("+15551230077"))
    await application.request_to("/support")
    listed = await asyncio.to_thread(numbers.list, phone_number="+15551230077")
    assert [each.sid for each in listed] == [number.sid]
    assert await asyncio.to_thread(numbers(number.sid).delete)
    assert (await (await phones.dial("+15551230077")).refused()).status == 404
    http.session.close()


async def test_what_the_file_declares_is_seen_and_refused(daemon: Daemon):
    (number,) = daemon.resource("IncomingPhoneNumbers.json?PhoneNumber=1111")["incomingPhoneNumbers"]
    assert number["source"] == "file"
    path = f"IncomingPhoneNumbers/{number['sid']}.json"
    assert (await daemon.ask("POST", path, ("VoiceUrl", "/other"))).status == 409


@pytest.mark.skipif(SIPP is None, reason="sipp is not installed")
async def test_o16_a_client_registers_until_it_is_deleted(daemon: Daemon, tmp_path: Path):
    sid = await made(daemon, "Clients", Login="maria", Password="RestComm1234")
    async with SippPhone(RegistrationScenario("maria", "RestComm1234", ""), daemon.sip, tmp_path) as phone:
        await phone.reached("registered")
        assert daemon.metrics()["dialplane_registrar_contacts"] == 1
        assert daemon.resource(f"Clients/{sid}.json")["registered"] == 1
        answer = await daemon.ask("DELETE", f"Clients/{sid}.json")
        assert answer.status == 200
        assert daemon.metrics()["dialplane_registrar_contacts"] == 0


async def test_a_trunk_takes_calls_as_soon_as_it_is_made(
    daemon: Daemon, application: FakeApplication, callees: Callees
):
    carrier = await callees.add("486 Busy Here")
    port = carrier.uri.rpartition(":")[2]
    sid = await made(daemon, "Trunks", Name="carrier", SipUri=f"sip:{LOOPBACK}:{port}", Prefixes="+49")
    await daemon.place("+4930123", Twiml=BRIEF)
    invite = await carrier.invited()
    assert invite.first_line.startswith("INVITE sip:+4930123@")
    await daemon.clean()
    assert "dialplane_trunk_up" in daemon.metrics()
    (shown,) = daemon.resource("Trunks.json?Name=carrier")["trunks"]
    assert (shown["register"], shown["registered"], isinstance(shown["up"], bool)) == (False, None, True)
    assert (await daemon.ask("DELETE", f"Trunks/{sid}.json")).status == 200
    await eventually(lambda: "dialplane_trunk_up" not in daemon.metrics(), 3, "the link is gone")
    answer = await daemon.ask("POST", "Calls.json", ("To", "+4930123"), ("From", "+1555"), ("Twiml", BRIEF))
    assert answer.status == 500
