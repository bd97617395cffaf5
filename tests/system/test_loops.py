"""Calls that dial themselves: each hop costs one of Max-Forwards, and the circle ends by itself."""

import asyncio

import pytest

from tests.testkit.application import ApplicationPort, FakeApplication
from tests.testkit.daemon import Daemon
from tests.testkit.raw_sip import RawUdp
from tests.testkit.sip_text import Offer

HOPS, FORKING_HOPS, MOST = 4, 12, 20

SETTINGS = {"limits": {"max_calls": MOST}}


def numbers(port: ApplicationPort) -> list[dict[str, str]]:
    return [{"number": number, "voice_url": port.url("/circle")} for number in ("5555", "6666")]


def invite(port: int, hops: int) -> bytes:
    body = str(Offer(40_000))
    return (
        f"INVITE sip:5555@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:{port};branch=z9hG4bK-circle\r\n"
        f"Max-Forwards: {hops}\r\nFrom: <sip:raw@127.0.0.1>;tag=raw\r\nTo: <sip:5555@127.0.0.1>\r\n"
        f"Call-ID: circle\r\nCSeq: 1 INVITE\r\nContact: <sip:raw@127.0.0.1:{port}>\r\n"
        f"Content-Type: application/sdp\r\nContent-Length: {len(body)}\r\n\r\n{body}"
    ).encode()


async def refused(raw: RawUdp, hops: int) -> None:
    """Call the number that dials itself, which ends as a refusal."""
    refusal = await raw.ask(invite(raw.port, hops), within=20.0)
    assert refusal.status >= 400
    raw.send(
        f"ACK sip:5555@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:{raw.port};branch=z9hG4bK-circle\r\n"
        f"From: <sip:raw@127.0.0.1>;tag=raw\r\nTo: {refusal.header('To')}\r\nCall-ID: circle\r\n"
        "CSeq: 1 ACK\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n".encode()
    )


@pytest.mark.hostile("T14", sent="a number that dials itself, with 4 hops to go")
async def test_t14_a_number_that_dials_itself_ends_when_its_hops_do(
    application: FakeApplication, daemon: Daemon, record_property
):
    host, port = daemon.sip
    itself = f"<Sip>sip:5555@{host}:{port}</Sip>"
    application.answer("/circle", f'<Response><Dial answerOnBridge="true">{itself}</Dial></Response>')
    raw = await RawUdp.open(daemon.sip)
    await refused(raw, HOPS)
    assert len(application.requests_to("/circle")) == HOPS + 1
    noted = [
        note
        for request in application.requests_to("/circle")
        for note in daemon.notifications(request["CallSid"])
        if note["error_code"] == 11008
    ]
    assert any("goes in a circle" in note["message_text"] for note in noted)
    record_property("held", f"{HOPS + 1} calls, then notification 11008 that names the circle")
    await daemon.clean()
    raw.close()


@pytest.mark.hostile("W7", sent="a fork bomb: a number that dials itself three times, 12 deep (3^12 calls)")
async def test_w7_a_number_that_dials_itself_thrice_never_has_more_calls_than_allowed(
    application: FakeApplication, daemon: Daemon, record_property
):
    host, port = daemon.sip
    themselves = f"<Sip>sip:6666@{host}:{port}</Sip>" * 3
    application.answer("/circle", f'<Response><Dial answerOnBridge="true">{themselves}</Dial></Response>')
    raw = await RawUdp.open(daemon.sip)
    calling = asyncio.ensure_future(refused(raw, FORKING_HOPS))
    most = 0.0
    while not calling.done():
        most = max(most, daemon.metrics()["dialplane_calls_active"])
        await asyncio.wait((calling,), timeout=0.05)
    await calling
    begun = len(application.requests_to("/circle"))
    # A call that rings others counts itself and each of its three legs.
    assert most <= 4 * MOST
    assert begun <= FORKING_HOPS * MOST
    await daemon.clean()
    raw.close()
    record_property("held", f"{begun} calls in all, {most:.0f} legs at most (max_calls = {MOST}), then none")
