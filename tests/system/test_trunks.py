"""Calls through carriers: one that says nothing, what they are told of the caller, a large INVITE."""

from __future__ import annotations

from tests.testkit.application import ApplicationPort, FakeApplication
from tests.testkit.callee import Callees
from tests.testkit.phone import Phones
from tests.testkit.ports import free_port
from tests.testkit.silent_phone import SilentPhone

SILENT, CARRIER = free_port(), free_port()

SETTINGS = {
    "sip": {"ping_interval": 0.0},
    "dial": {"first_response": 0.4},
    "trunks": [
        {"name": "silent", "uri": f"sip:127.0.0.1:{SILENT}", "prefixes": ["+49"]},
        {"name": "carrier", "uri": f"sip:127.0.0.1:{CARRIER}", "prefixes": ["+4", "+1"], "identity": "both"},
    ],
}


def numbers(port: ApplicationPort) -> list[dict[str, str]]:
    return [{"number": "3000", "voice_url": port.url("/dial")}]


async def test_a_carrier_that_says_nothing_is_given_up_and_tried_last(
    phones: Phones, callees: Callees, application: FakeApplication
):
    application.answer("/dial", "<Response><Dial><Number>+493012345</Number></Dial></Response>")
    async with SilentPhone(SILENT) as silent:
        for tried in (1, 1):
            up = await callees.add(port=CARRIER)
            call = await (await phones.dial("3000", headers={"Diversion": "<sip:+4940@there>"})).answered()
            invite = await up.invited()
            assert len({message.header("Call-ID") for message in silent.invites}) == tried
            await up.sip.reached("answered")
            await call.hang_up()
            await up.sip.reached("byed")
        assert "<sip:bob@127.0.0.1" in invite.header("P-Asserted-Identity")
        assert invite.header("Remote-Party-ID").endswith(";party=calling;screen=yes;privacy=off")
        assert "+4940" in invite.header("Diversion")
        assert invite.header("Contact").startswith("<sip:bob@")
        silent.refuse()


async def test_an_invite_too_large_for_a_datagram_reaches_a_carrier_without_tcp(
    phones: Phones, callees: Callees, application: FakeApplication
):
    carrier = await callees.add(port=CARRIER)
    number = "+131313?X-Story=" + "a" * 900
    application.answer("/dial", f"<Response><Dial><Number>{number}</Number></Dial></Response>")
    call = await (await phones.dial("3000")).answered()
    invite = await carrier.invited()
    assert len(invite.header("X-Story")) == 900
    assert "SIP/2.0/UDP" in invite.header("Via")
    await carrier.sip.reached("answered")
    await call.hang_up()
    await carrier.sip.reached("byed")
