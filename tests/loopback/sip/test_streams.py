"""Streams over real sockets: what is ready is served in turns, and goes as TCP and TLS promise."""

import asyncio
import errno
import socket
import ssl
from collections.abc import AsyncIterator

import pytest

from sip.events import Acknowledged
from sip.transport import stream_listener, tls_stream
from sip.transport.connections import StreamLimits
from sip.transport.socket_watch import SocketWatch
from sip.transport.stream_listener import StreamListener
from sip.transport.tls_stream import TlsStream
from sip.transport.turns import A_TURN, Turns
from tests.testkit.certificates import contexts
from tests.testkit.sip_messages import request
from tests.testkit.sip_station import station
from tests.testkit.stream_ends import MEGABYTE, Remembering, connected
from tests.testkit.waiting import eventually

CROWD = 40


class Echo(Remembering):
    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self.transport.write(data)


class CountedTurns:
    """Turns of the loop, each of which has time for one piece of work by a clock of its own."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._now = 0.0
        self.turns = Turns(self._loop, lambda: self._now)
        self.number = 0
        self.works: list[int] = []
        """In which of the loop's turns each piece was done."""
        self._handle = self._loop.call_soon(self._count)

    def work(self) -> None:
        self._now += 1.01 * A_TURN
        self.works.append(self.number)

    def stop(self) -> None:
        self._handle.cancel()

    def _count(self) -> None:
        self.number += 1
        self._handle = self._loop.call_soon(self._count)


@pytest.fixture
async def counted() -> AsyncIterator[CountedTurns]:
    turns = CountedTurns()
    yield turns
    turns.stop()


@pytest.mark.hostile("S9", sent="40 connections that come and go in the same moment")
async def test_s9_a_crowd_that_comes_and_goes_at_once_gets_a_turn_for_each(
    counted: CountedTurns, record_property
):
    class Guest(asyncio.Protocol):
        def eof_received(self) -> None:
            counted.work()

    class Door:
        def admit(self, host: str) -> Guest:
            counted.work()
            return Guest()

        def give_up(self, host: str, protocol: asyncio.Protocol) -> None:
            """There is no handshake that could fail."""

    listener = StreamListener(SocketWatch(asyncio.get_running_loop(), counted.turns), Door())
    where = await listener.open("127.0.0.1", 0)
    crowd = [socket.create_connection(where) for _ in range(CROWD)]
    await eventually(lambda: len(counted.works) == CROWD, 10.0, "all are accepted", every=0)
    for one in crowd:
        one.close()
    await eventually(lambda: len(counted.works) == 2 * CROWD, 10.0, "all are gone", every=0)
    listener.close()
    assert len(set(counted.works)) == 2 * CROWD
    record_property("held", "no two of them come, or go, in the same turn of the loop when one fills it")


async def test_what_came_before_the_end_is_handed_over_before_it():
    protocol = Remembering()
    with connected(protocol) as (_, far):
        far.sendall(b"x" * 10_000)
        far.close()
        await eventually(lambda: "lost" in protocol.told, 5.0, "the end")
    assert len(protocol.received) == 10_000
    assert protocol.told == ["made", "lost"]


async def test_a_connection_that_is_reset_tells_why():
    protocol = Remembering()
    with connected(protocol) as (_, far):
        far.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        far.close()
        await eventually(lambda: len(protocol.told) == 2, 5.0, "the end")
    assert protocol.told == ["made", "lost ConnectionResetError"]


async def test_nothing_is_read_in_a_pause_and_all_of_it_afterwards():
    protocol = Remembering()
    with connected(protocol) as (stream, far):
        stream.pause_reading()
        far.send(b"later")
        far.close()
        for _ in range(20):
            await asyncio.sleep(0)
        assert (protocol.received, protocol.told) == (b"", ["made"])
        stream.resume_reading()
        await eventually(lambda: "lost" in protocol.told, 5.0, "the end")
    assert protocol.received == b"later"


async def test_what_a_slow_reader_cannot_take_waits_and_is_sent_before_the_close():
    protocol = Remembering()
    with connected(protocol) as (stream, far):
        for _ in range(16):
            stream.write(MEGABYTE)
        assert protocol.told == ["made", "pause"]
        assert stream.get_write_buffer_size() > 0
        stream.close()
        stream.write(b"after the close")
        received = 0
        while data := await asyncio.get_running_loop().sock_recv(far, 1_000_000):
            assert data == (MEGABYTE * 2)[received % 256 :][: len(data)]
            received += len(data)
        await eventually(lambda: "lost" in protocol.told, 5.0, "the end")
    assert received == 16 * len(MEGABYTE)


async def test_who_was_told_to_pause_is_told_when_all_is_sent():
    protocol = Remembering()
    with connected(protocol) as (stream, far):
        stream.write(MEGABYTE * 16)
        received = 0
        while received < 16 * len(MEGABYTE):
            received += len(await asyncio.get_running_loop().sock_recv(far, 1_000_000))
        await eventually(lambda: protocol.told[-1] == "resume", 5.0, "it is told to go on")
    assert protocol.told == ["made", "pause", "resume"]


async def test_an_abort_drops_what_waits():
    protocol = Remembering()
    with connected(protocol) as (stream, _):
        stream.write(MEGABYTE * 16)
        stream.abort()
        assert stream.is_closing()
        await eventually(lambda: "lost" in protocol.told, 5.0, "the end")
    assert stream.get_write_buffer_size() == 0


async def test_a_machine_without_descriptors_to_spare_accepts_again_after_a_rest(monkeypatch):
    monkeypatch.setattr(stream_listener, "REST", 0.05)
    failures, accept = [errno.EMFILE, errno.ECONNABORTED], socket.socket.accept

    def failing_at_first(plug: socket.socket) -> tuple[socket.socket, object]:
        if failures:
            raise OSError(failures.pop(0), "on purpose")
        return accept(plug)

    monkeypatch.setattr(socket.socket, "accept", failing_at_first)
    async with station("bob", "tcp:127.0.0.1:0") as bob, station("alice", "tcp:127.0.0.1:0") as alice:
        alice.call(bob)
        await eventually(lambda: bob.events, 10.0, "the call arrives")
    assert not failures


async def test_a_megabyte_goes_both_ways_over_tls_and_ends_with_a_word():
    protocol = Echo()
    tls = contexts()
    stream = TlsStream(protocol, tls.server, lambda failure: None)
    with connected(stream) as (_, far):
        reader, writer = await asyncio.open_connection(sock=far, ssl=tls.client, server_hostname="127.0.0.1")
        writer.write(MEGABYTE)
        assert await asyncio.wait_for(reader.readexactly(len(MEGABYTE)), 20.0) == MEGABYTE
        assert stream.get_extra_info("ssl_object").version() == "TLSv1.3"
        stream.close()
        assert await asyncio.wait_for(reader.read(), 5.0) == b""
        writer.close()
        await eventually(lambda: "lost" in protocol.told, 5.0, "the end")
    assert protocol.told == ["made", "lost"]


async def test_what_was_decrypted_in_a_pause_is_handed_over_after_it():
    protocol = Remembering()
    tls = contexts()
    stream = TlsStream(protocol, tls.server, lambda failure: None)
    with connected(stream) as (_, far):
        _, writer = await asyncio.open_connection(sock=far, ssl=tls.client, server_hostname="127.0.0.1")
        await eventually(lambda: protocol.told, 5.0, "the handshake")
        stream.pause_reading()
        writer.write(b"x" * 10_000)
        writer.close()
        for _ in range(20):
            await asyncio.sleep(0)
        assert protocol.received == b""
        stream.resume_reading()
        await eventually(lambda: "lost" in protocol.told, 5.0, "the end")
    assert len(protocol.received) == 10_000


@pytest.mark.parametrize("said", [b"INVITE sip:x SIP/2.0\r\n\r\n", b"\x16\x03\x01\x00\xff\x01", b""])
async def test_a_handshake_that_fails_is_told_and_never_a_connection(said: bytes):
    protocol, failures = Remembering(), list[Exception | None]()
    with connected(TlsStream(protocol, contexts().server, failures.append)) as (_, far):
        far.send(said)
        far.close()
        await eventually(lambda: failures, 5.0, "the failure")
    assert isinstance(failures[0], (ssl.SSLError, ConnectionError))
    assert protocol.told == []


async def test_a_handshake_that_goes_on_for_ever_is_ended(monkeypatch):
    monkeypatch.setattr(tls_stream, "HANDSHAKE_WITHIN", 0.05)
    protocol, failures = Remembering(), list[Exception | None]()
    with connected(TlsStream(protocol, contexts().server, failures.append)) as (_, far):
        assert await asyncio.wait_for(asyncio.get_running_loop().sock_recv(far, 100), 5.0) == b""
        await eventually(lambda: failures, 5.0, "the failure")
    assert isinstance(failures[0], TimeoutError)
    assert protocol.told == []


async def test_a_connection_in_its_handshake_has_a_place_and_gives_it_back():
    limits = StreamLimits(connections_per_host=1)
    async with station("bob", "tls:127.0.0.1:0", limits=limits) as bob:
        silent, writer = await asyncio.open_connection("127.0.0.1", bob.where.port)
        refused, other = await asyncio.open_connection("127.0.0.1", bob.where.port)
        with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
            await asyncio.wait_for(refused.readexactly(1), 5.0)
        writer.write(b"this is no hello")
        assert await asyncio.wait_for(silent.read(), 5.0) == b""
        async with station("alice", "tls:127.0.0.1:0") as alice:
            alice.call(bob)
            await eventually(lambda: bob.events, 5.0, "the call arrives")
        other.close()
        writer.close()


async def test_a_call_passes_a_connection_that_floods_its_stream() -> None:
    """Each connection has its turn after the others."""

    def answering(one, event) -> None:
        if hasattr(event, "session") and type(event).__name__ == "IncomingInvite":
            event.session.answer(one.now, b"answer")

    async with (
        station("bob", "tcp:127.0.0.1:0", answering) as bob,
        station("alice", "tcp:127.0.0.1:0") as alice,
    ):
        _, flood = await asyncio.open_connection("127.0.0.1", bob.where.port)
        flood.write(request("OPTIONS").to_bytes() * 2000)
        alice.call(bob)
        await bob.hears(Acknowledged)
        flood.transport.abort()
