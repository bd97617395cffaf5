"""Calls that dial themselves: each hop costs one of Max-Forwards, and the circle ends by itself."""

import itertools
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.testkit.application import ApplicationPort, FakeApplication
from tests.testkit.daemon import Daemon
from tests.testkit.raw_sip import RawUdp
from tests.testkit.sip_text import Offer
from tests.testkit.waiting import eventually

HOPS, FORKING_HOPS, MOST = 4, 12, 20

BOMBS = int(os.environ.get("BOMBS", "3"))
"""Fork bombs in a row: in the half second of one the loop's lag is looked at some thirty times."""

SETTINGS = {"limits": {"max_calls": MOST}}


def numbers(port: ApplicationPort) -> list[dict[str, str]]:
    return [{"number": number, "voice_url": port.url("/circle")} for number in ("5555", "6666")]


def invite(port: int, hops: int, name: str) -> bytes:
    body = str(Offer(40_000))
    return (
        f"INVITE sip:5555@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:{port};branch=z9hG4bK-{name}\r\n"
        f"Max-Forwards: {hops}\r\nFrom: <sip:raw@127.0.0.1>;tag=raw\r\nTo: <sip:5555@127.0.0.1>\r\n"
        f"Call-ID: {name}\r\nCSeq: 1 INVITE\r\nContact: <sip:raw@127.0.0.1:{port}>\r\n"
        f"Content-Type: application/sdp\r\nContent-Length: {len(body)}\r\n\r\n{body}"
    ).encode()


@pytest.fixture
async def raw(daemon: Daemon) -> AsyncIterator[RawUdp]:
    raw = await RawUdp.open(daemon.sip)
    yield raw
    raw.close()


async def refused(raw: RawUdp, hops: int, name: str) -> None:
    """Call the number that dials itself, which ends as a refusal."""
    refusal = await raw.ask(invite(raw.port, hops, name), within=20.0)
    assert refusal.status >= 400
    raw.send(
        f"ACK sip:5555@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:{raw.port};branch=z9hG4bK-{name}\r\n"
        f"From: <sip:raw@127.0.0.1>;tag=raw\r\nTo: {refusal.header('To')}\r\nCall-ID: {name}\r\n"
        "CSeq: 1 ACK\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n".encode()
    )


@pytest.mark.hostile("T14", sent="a number that dials itself, with 4 hops to go")
async def test_t14_a_number_that_dials_itself_ends_when_its_hops_do(
    raw: RawUdp, application: FakeApplication, daemon: Daemon, record_property
):
    host, port = daemon.sip
    itself = f"<Sip>sip:5555@{host}:{port}</Sip>"
    application.answer("/circle", f'<Response><Dial answerOnBridge="true">{itself}</Dial></Response>')
    await refused(raw, HOPS, "circle")
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


@pytest.mark.hostile("T14", sent="a number whose application dials the number, with 4 hops to go")
async def test_t14_a_number_that_is_dialled_here_by_itself_ends_when_its_hops_do(
    raw: RawUdp, application: FakeApplication, daemon: Daemon, record_property
):
    application.answer("/circle", '<Response><Dial answerOnBridge="true">5555</Dial></Response>')
    await refused(raw, HOPS, "numbers")
    circle = application.requests_to("/circle")
    assert len(circle) == HOPS + 1
    (last,) = await eventually(
        lambda: daemon.notifications(circle[-1]["CallSid"]), 5, "the circle is told of", context=daemon.story
    )
    assert last["error_code"] == 11008
    assert "goes in a circle" in last["message_text"]
    record_property("held", f"{HOPS + 1} calls, then notification 11008 that names the circle")
    await daemon.clean()


@pytest.mark.hostile("T14", sent="two servers, each with a number that dials the other's, 6 hops to go")
async def test_t14_two_servers_that_dial_each_other_end_when_the_hops_do(
    raw: RawUdp, application: FakeApplication, daemon: Daemon, tmp_path: Path, record_property
):
    other = Daemon(tmp_path, numbers=[{"number": "5555", "voice_url": application.url("/other")}]).start()
    try:
        for path, (host, port) in (("/circle", other.sip), ("/other", daemon.sip)):
            number = f"<Sip>sip:5555@{host}:{port}</Sip>"
            application.answer(path, f'<Response><Dial answerOnBridge="true">{number}</Dial></Response>')
        await refused(raw, 6, "there-and-back")
        here, there = (application.requests_to(path) for path in ("/circle", "/other"))
        assert (len(here), len(there)) == (4, 3)
        (last,) = [note for request in here for note in daemon.notifications(request["CallSid"])][-1:]
        assert "goes in a circle" in last["message_text"]
        await daemon.clean()
        await other.clean()
        record_property("held", f"{len(here)} and {len(there)} calls, then notification 11008")
    finally:
        assert other.stop() == 0


@pytest.mark.hostile("W7", sent="a fork bomb: a number that dials itself three times, 12 deep (3^12 calls)")
async def test_w7_a_number_that_dials_itself_thrice_never_has_more_calls_than_allowed(
    raw: RawUdp, application: FakeApplication, daemon: Daemon, record_property
):
    host, port = daemon.sip
    themselves = f"<Sip>sip:6666@{host}:{port}</Sip>" * 3
    application.answer("/circle", f'<Response><Dial answerOnBridge="true">{themselves}</Dial></Response>')
    begun, refused_before = 0, daemon.metrics()["dialplane_sip_turned_away_total"]
    for bomb in range(BOMBS):
        before = len(daemon.log_lines())
        await refused(raw, FORKING_HOPS, f"forks-{bomb}")
        await daemon.clean()
        told = [str(line.get("event")) for line in daemon.log_lines()[before:]]
        steps = ({"call.arrived": 1, "call.ended": -1}.get(event, 0) for event in told)
        assert max(itertools.accumulate(steps)) == MOST
        assert MOST <= told.count("call.arrived") <= FORKING_HOPS * MOST
        turned_away = daemon.metrics()["dialplane_sip_turned_away_total"] - refused_before
        assert turned_away > bomb
        begun += told.count("call.arrived")
    record_property(
        "held",
        f"{BOMBS} bombs: {begun} calls in all, {MOST} at a time (max_calls), {turned_away:.0f} got 503",
    )
