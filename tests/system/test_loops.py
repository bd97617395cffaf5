"""Calls that dial themselves: each hop costs one of Max-Forwards, and the circle ends by itself."""

from tests.testkit.application import ApplicationPort, FakeApplication
from tests.testkit.daemon import Daemon
from tests.testkit.raw_sip import RawUdp
from tests.testkit.sip_text import Offer

HOPS = 4


def numbers(port: ApplicationPort) -> list[dict[str, str]]:
    return [{"number": "5555", "voice_url": port.url("/circle")}]


def invite(port: int, hops: int) -> bytes:
    body = str(Offer(40_000))
    return (
        f"INVITE sip:5555@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:{port};branch=z9hG4bK-circle\r\n"
        f"Max-Forwards: {hops}\r\nFrom: <sip:raw@127.0.0.1>;tag=raw\r\nTo: <sip:5555@127.0.0.1>\r\n"
        f"Call-ID: circle\r\nCSeq: 1 INVITE\r\nContact: <sip:raw@127.0.0.1:{port}>\r\n"
        f"Content-Type: application/sdp\r\nContent-Length: {len(body)}\r\n\r\n{body}"
    ).encode()


async def test_a_number_that_dials_itself_ends_when_its_hops_do(application: FakeApplication, daemon: Daemon):
    host, port = daemon.sip
    itself = f"<Sip>sip:5555@{host}:{port}</Sip>"
    application.answer("/circle", f'<Response><Dial answerOnBridge="true">{itself}</Dial></Response>')
    raw = await RawUdp.open(daemon.sip)
    refusal = await raw.ask(invite(raw.port, HOPS), within=8.0)
    assert refusal.status >= 400
    raw.send(
        f"ACK sip:5555@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:{raw.port};branch=z9hG4bK-circle\r\n"
        f"From: <sip:raw@127.0.0.1>;tag=raw\r\nTo: {refusal.header('To')}\r\nCall-ID: circle\r\n"
        "CSeq: 1 ACK\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n".encode()
    )
    assert len(application.requests_to("/circle")) == HOPS + 1
    noted = [
        note
        for request in application.requests_to("/circle")
        for note in daemon.notifications(request["CallSid"])
        if note["error_code"] == 11008
    ]
    assert any("goes in a circle" in note["message_text"] for note in noted)
    await daemon.clean()
    raw.close()
