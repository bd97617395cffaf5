"""Call forwarding that is set on a telephone: it answers 302, and the call goes where its user would dial."""

from __future__ import annotations

from sip.events import IncomingInvite, RequestAnswered, SipEvent
from sip.flow import Destination
from sip.message import Request
from tests.testkit.application import ApplicationPort, FakeApplication
from tests.testkit.daemon import Daemon
from tests.testkit.phone import Phones
from tests.testkit.sip_station import Station, station

SETTINGS = {
    "sip": {"authenticate": False},
    "clients": [{"login": login, "password": "a long one"} for login in ("alice", "bob")],
}
ANSWER = (
    b"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 4002 RTP/AVP 0\r\n"
)


def numbers(port: ApplicationPort) -> list[dict[str, str]]:
    return [{"number": "3000", "voice_url": port.url("/dial")}]


async def register(phone: Station, daemon: Daemon) -> None:
    """Let a telephone be reached where it listens."""
    host, port = daemon.sip
    ours = f"<sip:{phone.name}@{host}:{port}>"
    contact = f"<sip:{phone.name}@{phone.where.host}:{phone.where.port}>"
    request = Request("REGISTER", f"sip:{host}:{port}", [("From", ours), ("To", ours), ("Contact", contact)])
    phone.endpoint.send_request(phone.now, request, Destination("UDP", host, port))
    phone.stack.settle()
    assert (await phone.hears(RequestAnswered)).response.status == 200


async def test_a_telephone_forwards_its_calls_to_another_one(
    daemon: Daemon, phones: Phones, application: FakeApplication
):
    application.answer("/dial", '<Response><Dial action="/done"><Client>alice</Client></Dial></Response>')
    application.answer("/done", "<Response/>")
    host, port = daemon.sip

    def forward(phone: Station, event: SipEvent) -> None:
        if isinstance(event, IncomingInvite):
            event.session.reject(phone.now, 302, headers=[("Contact", f"<sip:bob@{host}:{port}>")])

    def answer(phone: Station, event: SipEvent) -> None:
        if isinstance(event, IncomingInvite):
            event.session.answer(phone.now, ANSWER)

    async with (
        station("alice", "udp:127.0.0.1:0", forward) as alice,
        station("bob", "udp:127.0.0.1:0", answer) as bob,
    ):
        await register(alice, daemon)
        await register(bob, daemon)
        call = await (await phones.dial("3000")).answered()
        invite = (await bob.hears(IncomingInvite)).session.request
        assert invite.headers.count("X-RestComm-CallSid") == 1
        await call.hang_up()
        assert (await application.request_to("/done"))["DialCallStatus"] == "completed"
        await daemon.clean()
