"""Frames that no browser sends, at `/sip`, and torture messages in frames: S2 and S10 of robustness.md."""

from __future__ import annotations

import asyncio
import time
import zlib
from collections.abc import AsyncIterator

import pytest

from engine.config import Settings
from engine.http import HttpServer
from engine.http.sip_websocket import FRAMES_PER_SECOND, SipWebSockets
from tests.contract.sip.test_torture import RFC4475, RFC5118
from tests.contract.sip.torture import torture_message
from tests.loopback.sip.test_torture_on_the_wire import obliging
from tests.testkit.raw_sip import options
from tests.testkit.sip_station import Station
from tests.testkit.websocket_octets import (
    BINARY,
    CLOSE,
    CONTINUATION,
    PING,
    PONG,
    TEXT,
    OctetSocket,
    frame,
    upgrade,
)
from tests.testkit.websocket_phone import WebSocketPhone

HOST = "127.0.0.1"
OPTIONS = options("neighbour", 0, via="SIP/2.0/WS a.invalid;branch=z9hG4bK-neighbour")
TINY = 1_500
"""A second and a half of what one connection may send."""
MESSAGES = [
    (document, name, outcome)
    for document, tabled in (("rfc4475", RFC4475), ("rfc5118", RFC5118))
    for name, outcome in tabled.items()
]


@pytest.fixture
async def station(server: HttpServer, settings: Settings) -> AsyncIterator[Station]:
    """A stack whose WebSockets the HTTP server carries."""
    made = Station("server", obliging)
    made.stack.serve_websockets(HOST, server.port)
    server.live.sip = SipWebSockets(made.stack, lambda: settings)
    yield made
    await made.stack.close()


@pytest.fixture
async def neighbour(server: HttpServer, station: Station) -> AsyncIterator[WebSocketPhone]:
    async with WebSocketPhone(f"ws://{HOST}:{server.port}/sip", "alice", "secret") as phone:
        yield phone


async def served(neighbour: WebSocketPhone) -> None:
    """Somebody else is answered all the same."""
    await neighbour.socket.send_bytes(OPTIONS)
    await neighbour.heard("SIP/2.0 200")


LARGEST_CLAIM = (1 << 63) - 1
BOMB = zlib.compress(bytes(50_000_000), 9)[2:-4]
"""50 MB of zeros as permessage-deflate has them (RFC 7692): 49 kB."""


FORBIDDEN = {
    "unmasked": (frame(TEXT, OPTIONS, masked=False), 1002),
    "unmasked ping": (frame(PING, b"", masked=False), 1002),
    "length of 2^63 - 1": (frame(TEXT, b"", length=LARGEST_CLAIM), 1009),
    "length of 2^63": (frame(TEXT, b"", length=LARGEST_CLAIM + 1), 1009),
    "70 kB": (frame(TEXT, bytes(70_000)), 1009),
    "twice 40 kB": (frame(TEXT, bytes(40_000), final=False) + frame(CONTINUATION, bytes(40_000)), 1009),
    "ping in pieces": (frame(PING, b"", final=False), 1002),
    "close in pieces": (frame(CLOSE, b"\x03\xe8", final=False), 1002),
    "ping of 126 octets": (frame(PING, bytes(126)), 1002),
    "close with code 0": (frame(CLOSE, b"\x00\x00"), 1002),
    "the rest of nothing": (frame(CONTINUATION, b"x"), 1002),
    "one message within another": (frame(TEXT, b"x", final=False) + frame(TEXT, b"y"), 1002),
    "reserved kind": (frame(0x3, b"x"), 1002),
    "reserved bit": (frame(TEXT, b"x", reserved=2), 1002),
    "a bomb in a compression that was not agreed on": (frame(BINARY, BOMB, reserved=4), 1002),
    "text that is no UTF-8": (frame(TEXT, b"OPTIONS sip:\xff\xfe SIP/2.0\r\n\r\n"), 1007),
}
"""What is sent, and the code of the close frame that answers it (RFC 6455 section 7.4.1)."""


@pytest.mark.hostile("S10", sent="frames that RFC 6455 forbids: unmasked, too large, reserved, bombs")
async def test_a_frame_that_is_forbidden_closes_its_connection_and_no_other(
    server: HttpServer, neighbour: WebSocketPhone, record_property
):
    for name, (octets, code) in FORBIDDEN.items():
        async with await OctetSocket.open(HOST, server.port) as socket:
            socket.writer.write(frame(TEXT, OPTIONS))
            assert (await socket.frame())[1].startswith(b"SIP/2.0 200"), name
            socket.writer.write(octets)
            assert await socket.close_code() == code, name
    await served(neighbour)
    record_property("held", f"{len(FORBIDDEN)} of {len(FORBIDDEN)} closed with 1002, 1007 or 1009")


async def test_compression_is_not_agreed_to(server: HttpServer, station: Station):
    offer = {"Sec-WebSocket-Extensions": "permessage-deflate; client_max_window_bits"}
    async with await OctetSocket.open(HOST, server.port, offer) as socket:
        assert "101" in socket.handshake
        assert "permessage-deflate" not in socket.handshake


@pytest.mark.hostile("S10", sent="a flood of pings and of empty messages in frames of six octets")
@pytest.mark.parametrize("kind", [PING, TEXT], ids=["pings", "empty messages"])
async def test_a_flood_of_tiny_frames_is_made_to_wait_and_nobody_else(
    server: HttpServer, neighbour: WebSocketPhone, kind: int, record_property
):
    async with await OctetSocket.open(HOST, server.port) as socket:
        cpu, begun = time.thread_time(), time.monotonic()
        socket.writer.write(frame(kind) * TINY + frame(PING, b"last"))
        for _ in range(5):
            neighbour.frames.clear()
            await served(neighbour)
        while await socket.frame(20.0) != (PONG, b"last"):
            pass
        lasted, cpu = time.monotonic() - begun, time.thread_time() - cpu
    assert lasted > 0.9 * TINY / FRAMES_PER_SECOND
    record_property(
        "held", f"{TINY / lasted:,.0f} a second taken, {cpu / lasted:.0%} of a core, neighbours served"
    )


async def drip(writer: asyncio.StreamWriter) -> None:
    """Send a message without end, an octet in each frame."""
    writer.write(frame(TEXT, b"O", final=False))
    while True:
        await asyncio.sleep(0.02)
        writer.write(frame(CONTINUATION, b" ", final=False))


@pytest.mark.hostile("S10", sent="a WebSocket message that never ends, an octet now and then")
@pytest.mark.parametrize("begun", [frame(TEXT, OPTIONS)[:-1], frame(TEXT, OPTIONS)[:3], b""])
async def test_a_message_that_is_not_whole_in_time_ends_its_connection(
    server: HttpServer, station: Station, settings: Settings, begun: bytes
):
    server.live.sip = SipWebSockets(station.stack, lambda: settings, message_within=0.3)
    async with await OctetSocket.open(HOST, server.port) as socket:
        socket.writer.write(begun)
        dripping = asyncio.ensure_future(drip(socket.writer)) if not begun else None
        assert b"SIP/2.0" not in await socket.ended(10.0)
        if dripping:
            dripping.cancel()


@pytest.mark.hostile("S10", sent="a handshake that is never whole")
async def test_a_handshake_that_is_never_whole_is_closed(server: HttpServer, station: Station):
    server._doorkeeper._request_within = 0.3
    reader, writer = await asyncio.open_connection(HOST, server.port)
    writer.write(upgrade(HOST, server.port, {})[:-2])
    async with asyncio.timeout(8.0):
        assert b"101" not in await reader.read()
    writer.close()


@pytest.mark.hostile("S2", sent="61 torture messages, each in a frame of a WebSocket")
async def test_s2_torture_messages_in_frames_get_the_tabled_answers(
    server: HttpServer, station: Station, record_property
):
    """As in datagrams: a frame says how long its message is (RFC 7118 section 5.3)."""
    async with await OctetSocket.open(HOST, server.port) as socket:
        for document, name, expected in MESSAGES:
            socket.writer.write(frame(BINARY, torture_message(document, name)) + frame(TEXT, OPTIONS))
            told = []
            while b"z9hG4bK-neighbour" not in (answer := (await socket.frame())[1]):
                told.append(answer.split()[1].decode())
            assert not expected.isdigit() or expected in told, (name, expected, told)
            assert expected.isdigit() or not {"400", "500"} & set(told), (name, expected, told)
    record_property("held", f"{len(MESSAGES)} of {len(MESSAGES)} answered as tabled, or dropped")
