"""Calls through carriers: one that says nothing, what they are told of the caller, a large INVITE."""

from __future__ import annotations

import asyncio

from tests.testkit.application import ApplicationPort, FakeApplication
from tests.testkit.callee import Callees
from tests.testkit.phone import Phones
from tests.testkit.ports import free_port
from tests.testkit.sip_text import SipMessage

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


class SilentCarrier(asyncio.DatagramProtocol):
    """Takes requests and says nothing, until it is told to."""

    def __init__(self) -> None:
        self.invites: list[SipMessage] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, source: tuple[str, int]) -> None:
        message = SipMessage.parse(data.decode())
        if message.first_line.startswith("INVITE"):
            self.invites.append(message)
            self.source = source

    def refuse(self) -> None:
        """Answer at last, so that nobody has to wait for Timer B."""
        fields = "".join(
            f"{name}: {self.invites[-1].header(name)}\r\n" for name in ("Via", "From", "Call-ID", "CSeq")
        )
        to = f"To: {self.invites[-1].header('To')};tag=late\r\n"
        answer = f"SIP/2.0 503 Service Unavailable\r\n{fields}{to}Content-Length: 0\r\n\r\n"
        self.transport.sendto(answer.encode(), self.source)  # type: ignore[attr-defined]


async def test_a_carrier_that_says_nothing_is_given_up_and_tried_last(
    phones: Phones, callees: Callees, application: FakeApplication
):
    loop = asyncio.get_running_loop()
    transport, silent = await loop.create_datagram_endpoint(SilentCarrier, local_addr=("127.0.0.1", SILENT))
    application.answer("/dial", "<Response><Dial><Number>+493012345</Number></Dial></Response>")
    try:
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
    finally:
        transport.close()


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
