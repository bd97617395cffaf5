"""Garbage on every door: the process lives, and a call that is up does not even stutter."""

import asyncio
import random
from collections.abc import AsyncIterator

import pytest

from tests.testkit.application import FakeApplication, Reply
from tests.testkit.bystander import undisturbed_call
from tests.testkit.daemon import Daemon
from tests.testkit.outside_sound import FRAME, seconds_of_tone, tone
from tests.testkit.phone import Call, Phones
from tests.testkit.raw_sip import RawUdp, options
from tests.testkit.recordings import download
from tests.testkit.rtp_peer import RtpPeer
from tests.testkit.sip_text import Offer, audio_of

INVITE = (
    "INVITE sip:1111@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:{port};branch=z9hG4bK-{name}\r\n"
    "Max-Forwards: 70\r\nFrom: <sip:raw@127.0.0.1>;tag=raw\r\nTo: <sip:1111@127.0.0.1>\r\nCall-ID: {name}\r\n"
    "CSeq: 1 INVITE\r\nContact: <sip:raw@127.0.0.1:{port}>\r\n"
)


@pytest.fixture
async def bystander(phones: Phones, application: FakeApplication, daemon: Daemon) -> AsyncIterator[Call]:
    async with undisturbed_call(phones, application, daemon) as call:
        yield call


@pytest.fixture
async def raw(daemon: Daemon) -> AsyncIterator[RawUdp]:
    raw = await RawUdp.open(daemon.sip)
    yield raw
    raw.close()


async def still_answers(raw: RawUdp) -> None:
    name = f"alive-{random.random()}"
    assert (await raw.ask(options(name, raw.port))).status == 200


GARBAGE = {
    "empty": b"",
    "nul": b"\x00" * 1000,
    "crlf": b"\r\n" * 500,
    "text": b"hello\r\n\r\n",
    "response-nobody-waits-for": b"SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bK-x\r\n\r\n",
    "no-version": b"OPTIONS sip:a@b\r\n\r\n",
    "no-headers": b"INVITE sip:1111@127.0.0.1 SIP/2.0\r\n\r\n",
    "control-byte-in-via": b"OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP \x16;branch=z9hG4bK1\r\n\r\n",
    "open-quote": b'OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK2\r\nTo: "a<sip:b>\r\n\r\n',
    "not-utf8": b"OPTIONS sip:\xff\xfe@b SIP/2.0\r\nVia: SIP/2.0/UDP \xff;branch=z9hG4bK3\r\n\r\n",
    "many-headers": b"OPTIONS sip:a@b SIP/2.0\r\n" + b"X: y\r\n" * 8000 + b"\r\n",
    "rtp": b"\x80\x00\x00\x01\x00\x00\x00\xa0\x12\x34\x56\x78" + b"\xff" * 160,
}


@pytest.mark.hostile("S6", sent="20 datagrams of garbage of each of 12 kinds, beside a live call")
@pytest.mark.parametrize("name", GARBAGE)
async def test_datagrams_that_are_no_sip_are_dropped(bystander: Call, raw: RawUdp, name: str):
    for _ in range(20):
        raw.send(GARBAGE[name])
    await still_answers(raw)


@pytest.mark.hostile("S6", sent="400 mutilated INVITEs, beside a live call")
async def test_mutilated_requests_do_no_harm(bystander: Call, raw: RawUdp):
    chance = random.Random(4475)
    whole = INVITE.format(port=raw.port, name="mutant").encode() + b"Content-Length: 0\r\n\r\n"
    for number in range(400):
        # No mutant may become a call: the number it dials does not exist.
        mutant = bytearray(whole.replace(b"1111", b"no-such").replace(b"mutant", b"mutant-%d" % number))
        for _ in range(chance.randint(1, 6)):
            mutant[chance.randrange(len(mutant))] = chance.randrange(256)
        raw.send(bytes(mutant))
        if number % 50 == 49:
            await still_answers(raw)


@pytest.mark.parametrize(
    ("name", "change", "status"),
    [
        ("bad-version", ("SIP/2.0\r\nVia", "SIP/7.0\r\nVia"), 505),
        ("bad-cseq", ("CSeq: 1 INVITE", "CSeq: 36893488147419103232 INVITE"), 400),
        ("cseq-of-another-method", ("CSeq: 1 INVITE", "CSeq: 1 OPTIONS"), 400),
        ("unknown-scheme", ("INVITE sip:1111", "INVITE nobodyKnows:1111"), 416),
        ("no-from", ("From: <sip:raw@127.0.0.1>;tag=raw\r\n", ""), 400),
        ("two-call-ids", ("Call-ID: two-call-ids\r\n", "Call-ID: two-call-ids\r\nCall-ID: another\r\n"), 400),
        ("short-body", ("Contact", "Content-Length: 9999\r\nContact"), 400),
        ("unknown-body", ("Contact", "Content-Type: text/klingon\r\nContact"), 415),
    ],
)
async def test_a_wrong_request_gets_the_status_of_the_table(
    bystander: Call, raw: RawUdp, name: str, change: tuple[str, str], status: int
):
    text = INVITE.format(port=raw.port, name=name).replace(*change)
    length = "" if "Content-Length" in text else "Content-Length: 2\r\n"
    answer = await raw.ask(f"{text}{length}\r\nhi".encode())
    assert answer.status == status
    raw.send(acknowledgement(raw.port, name, answer.header("To")))
    await still_answers(raw)


def acknowledgement(port: int, name: str, to: str) -> bytes:
    return (
        f"ACK sip:1111@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:{port};branch=z9hG4bK-{name}\r\n"
        f"From: <sip:raw@127.0.0.1>;tag=raw\r\nTo: {to}\r\nCall-ID: {name}\r\nCSeq: 1 ACK\r\n"
        "Max-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
    ).encode()


GOOD_SDP = str(Offer(40000))
BROKEN_SDP = {
    "no-sdp-at-all": ("hello there", {400, 488}),
    "no-audio": (GOOD_SDP.replace("m=audio", "m=video"), {488}),
    "no-connection": (GOOD_SDP.replace("c=IN IP4 127.0.0.1\r\n", ""), {400, 488}),
    "port-too-large": (GOOD_SDP.replace("m=audio 40000", "m=audio 99999999"), {400, 488}),
    "payload-type-too-large": (GOOD_SDP.replace("RTP/AVP 0 8 101", "RTP/AVP 65535"), {400, 488}),
    "thousand-media": (GOOD_SDP + "m=audio 40000 RTP/AVP 0\r\n" * 1000, {400, 413, 488, 513}),
    "encrypted-only": (GOOD_SDP.replace("RTP/AVP", "RTP/SAVP"), {488}),
}


@pytest.mark.parametrize("name", BROKEN_SDP)
async def test_an_offer_that_cannot_be_used_is_refused(
    bystander: Call, phones: Phones, application: FakeApplication, name: str
):
    body, statuses = BROKEN_SDP[name]
    call = await phones.invite("1111", body, "application/sdp")
    assert (await call.refused()).status in statuses


@pytest.mark.hostile("S7", sent="an INVITE of a caller whose name is no text, or %0D%0A")
async def test_s7_a_caller_whose_name_is_no_text_is_served_and_recorded_as_any_other(
    bystander: Call, raw: RawUdp, application: FakeApplication, daemon: Daemon
):
    host, port = daemon.sip
    dial = f'<Dial answerOnBridge="true"><Sip>sip:no-such-number@{host}:{port}</Sip></Dial>'
    application.answer("/main", f"<Response>{dial}<Reject/></Response>")
    text = INVITE.format(port=raw.port, name="no-text").replace("INVITE sip:1111", "INVITE sip:2000", 1)
    text = text.replace("From: <sip:raw", 'X-Evil: \udcff\r\nFrom: "\udcff" <sip:b%0D%0AEvil%FF%00')
    body = GOOD_SDP
    whole = f"{text}Content-Type: application/sdp\r\nContent-Length: {len(body)}\r\n\r\n{body}"
    answer = await raw.ask(whole.encode("utf-8", "surrogateescape"), within=8.0)
    raw.send(acknowledgement(raw.port, "no-text", answer.header("To")))
    asked = await application.request_to("/main")
    assert asked["From"] == "bEvil?"
    assert asked["CallerName"] == "?"
    row = daemon.call(asked["CallSid"])
    assert row["from"] == "bEvil?"


TCP_ATTACKS = {
    "garbage": b"\x00\xff" * 4000 + b"\r\n\r\n",
    "endless-line": b"OPTIONS sip:" + b"a" * 300_000,
    "huge-content-length": b"OPTIONS sip:a@b SIP/2.0\r\nContent-Length: 2147483648\r\n\r\n",
    "negative-content-length": b"OPTIONS sip:a@b SIP/2.0\r\nContent-Length: -1\r\n\r\n",
    "http": b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
}


@pytest.mark.parametrize("name", TCP_ATTACKS)
async def test_a_stream_that_is_no_sip_is_closed(bystander: Call, daemon: Daemon, raw: RawUdp, name: str):
    reader, writer = await asyncio.open_connection(*daemon.sip)
    try:
        writer.write(TCP_ATTACKS[name])
        await writer.drain()
        # Whatever is answered first, the end of the stream follows.
        await asyncio.wait_for(reader.read(), 5.0)
    except ConnectionError:
        pass
    finally:
        writer.close()
    await still_answers(raw)


async def test_a_request_in_single_octets_over_tcp_is_answered(bystander: Call, daemon: Daemon):
    reader, writer = await asyncio.open_connection(*daemon.sip)
    request = options("octets", 0, via="SIP/2.0/TCP 127.0.0.1:9;branch=z9hG4bK-octets")
    for octet in request:
        writer.write(bytes([octet]))
        await writer.drain()
    answer = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5.0)
    assert answer.startswith(b"SIP/2.0 200")
    writer.close()


BOMBS: dict[str, str | bytes] = {
    "laughs": "<!DOCTYPE l [<!ENTITY a 'ha'>"
    + "".join(f"<!ENTITY {chr(98 + n)} '&{chr(97 + n)};{'&' + chr(97 + n) + ';'}'>" for n in range(20))
    + "]><Response><Say>&t;</Say></Response>",
    "depth": "<Response>" + "<Say>" * 50_000,
    "verbs": "<Response>" + "<Pause/>" * 100_000 + "</Response>",
    "attributes": "<Response><Say "
    + " ".join(f'a{n}="1"' for n in range(60_000))
    + ">hello</Say></Response>",
    "external": '<!DOCTYPE r SYSTEM "file:///etc/passwd"><Response><Say>hello</Say></Response>',
    "octets": b"\xff\xfe\x00" * 10_000,
}


@pytest.mark.hostile("W4", sent="XML bombs, depth, 100,000 verbs, beside a live call")
@pytest.mark.parametrize("name", BOMBS)
async def test_a_document_that_is_a_bomb_is_refused_and_disturbs_no_other_call(
    bystander: Call, phones: Phones, application: FakeApplication, name: str
):
    application.answer("/main", Reply(BOMBS[name]))
    application.answer("/fallback", Reply(BOMBS[name]))
    call = await phones.dial("2000")
    refusal = await call.refused()
    assert refusal.status == 500
    assert refusal.header("Reason")


@pytest.mark.hostile("W8", sent="a Redirect into private networks")
@pytest.mark.parametrize(
    "url", ["http://169.254.169.254/latest", "http://10.0.0.1/", "http://[::ffff:10.0.0.1]/"]
)
async def test_a_document_cannot_send_us_into_a_private_network(
    bystander: Call, phones: Phones, application: FakeApplication, daemon: Daemon, url: str
):
    application.answer("/main", f"<Response><Say>Wait.</Say><Redirect>{url}</Redirect></Response>")
    application.answer("/fallback", "<Response><Hangup/></Response>")
    call = await (await phones.dial("2000")).answered()
    await call.ended_by_server(within=3.0)
    (noted,) = daemon.notifications(call.call_sid)
    assert "add it to [webhooks] allow_networks" in noted["message_text"], noted


def junk(chance: random.Random) -> list[bytes]:
    header = b"\x80\x00\x00\x01\x00\x00\x00\xa0\x12\x34\x56\x78"
    return [
        b"\x80",
        header[:11],
        b"\x00" * 40,
        b"\xc0" + header[1:] + b"\xff" * FRAME,
        b"\x8f" + header[1:] + b"\xff" * 4,
        b"\xa0" + header[1:] + b"\xff" * FRAME,
        b"\x90" + header[1:] + b"\x00\x00\xff\xff" + b"\xff" * FRAME,
        b"\x80\x7f" + header[2:] + b"\xff" * FRAME,
        b"\x80\xc8\xff\xff" + chance.randbytes(60),
        b"\x80\xca\x00\x01" + chance.randbytes(4),
        chance.randbytes(1400),
        header + chance.randbytes(1488),
    ]


async def test_junk_from_the_caller_does_not_disturb_its_own_call(bystander: Call):
    chance = random.Random(3550)
    for _ in range(20):
        for packet in junk(chance):
            bystander.voice.send_raw(packet)
    await bystander.voice.hears(600, seconds=0.3, since=asyncio.get_running_loop().time())


async def test_a_stranger_can_neither_speak_nor_listen(
    phones: Phones, application: FakeApplication, bystander: Call
):
    application.answer(
        "/main", '<Response><Record action="/recorded" playBeep="false" finishOnKey="#"/></Response>'
    )
    application.answer("/recorded", "<Response><Hangup/></Response>")
    call = await (await phones.dial("2000")).answered()
    await call.voice.say(tone(450, 0.5))
    stranger = await RtpPeer.open(host="127.0.0.66")
    assert call.answer
    media = audio_of(call.answer.body)
    stranger.connect(media.host, media.port)
    await asyncio.gather(stranger.say(tone(1000, 1.0)), call.voice.say(tone(450, 1.0)))
    await call.voice.press("#")
    url = (await application.request_to("/recorded"))["RecordingUrl"]
    await call.ended_by_server()
    stranger.close()
    recorded = await download(url)
    assert seconds_of_tone(recorded, 1000) == 0
    assert seconds_of_tone(recorded, 450) == pytest.approx(1.5, abs=0.1)
    assert stranger.received == []
