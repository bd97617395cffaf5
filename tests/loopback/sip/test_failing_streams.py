"""Streams over real sockets when something fails: a protocol, the machine, a peer that never reads."""

import asyncio
import errno
import select
import socket
from collections.abc import AsyncIterator
from contextlib import closing, suppress
from dataclasses import replace

import pytest

from sip.endpoint import SipEndpoint
from sip.flow import Destination, Flow
from sip.transport import plain_stream, stream_listener, streams
from sip.transport.connections import StreamLimits
from sip.transport.socket_watch import SocketWatch
from sip.transport.stream_listener import StreamListener
from sip.transport.tls_stream import TlsStream
from sip.transport.turns import Turns
from tests.testkit.sip_station import station
from tests.testkit.stream_ends import MEGABYTE, Remembering, connected
from tests.testkit.waiting import eventually


@pytest.fixture
async def faults() -> AsyncIterator[list[object]]:
    """What the loop is told of exceptions that nobody else took."""
    told: list[object] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: told.append(context.get("exception")))
    yield told
    loop.set_exception_handler(None)


@pytest.mark.parametrize("method", ["connection_made", "data_received", "eof_received"])
async def test_a_connection_whose_protocol_fails_is_closed_and_the_fault_is_told(
    method: str, faults: list[object], monkeypatch
):
    def failing(*_: object) -> None:
        raise LookupError(method)

    protocol = Remembering()
    monkeypatch.setattr(protocol, method, failing)
    with connected(protocol) as (stream, far):
        with suppress(OSError):  # it may be closed already
            far.send(b"x")
            far.shutdown(socket.SHUT_WR)
        await eventually(lambda: "lost LookupError" in protocol.told, 5.0, "the end")
        assert stream.is_closing()
    assert [str(fault) for fault in faults] == [method]


async def test_who_never_reads_what_was_written_before_the_close_is_cut_off(monkeypatch):
    monkeypatch.setattr(plain_stream, "UNREAD_WITHIN", 0.3)
    protocol = Remembering()
    with connected(protocol) as (stream, _):
        stream.write(MEGABYTE * 16)
        stream.close()
        await eventually(lambda: "lost TimeoutError" in protocol.told, 30.0, "the end")
    assert protocol.told == ["made", "pause", "lost TimeoutError"]


async def test_a_connection_whose_octets_cannot_be_taken_is_closed_though_they_had_to_wait(
    faults: list[object], monkeypatch
):
    """Else nothing would ever be read from it again."""

    def failing(self: SipEndpoint, data: bytes, flow: Flow, now: float) -> None:
        raise LookupError("on purpose")

    monkeypatch.setattr(SipEndpoint, "receive_bytes", failing)
    async with station("bob", "tcp:127.0.0.1:0") as bob:
        bob.stack.share_turns(lambda: True)
        reader, writer = await asyncio.open_connection("127.0.0.1", bob.where.port)
        writer.write(b"OPTIONS")
        with suppress(ConnectionError):
            assert await asyncio.wait_for(reader.read(), 10.0) == b""
        writer.close()
    assert [str(fault) for fault in faults] == ["on purpose"]


async def test_a_rest_needs_no_descriptor_to_end(monkeypatch, faults: list[object]):
    """Who was to blame for the shortage may still be there."""
    monkeypatch.setattr(stream_listener, "REST", 0.05)
    failures, accept, admitted = [errno.EMFILE], socket.socket.accept, list[str]()

    def failing_at_first(plug: socket.socket) -> tuple[socket.socket, object]:
        if failures:
            monkeypatch.setattr(select, "epoll", no_descriptor)
            raise OSError(failures.pop(), "on purpose")
        return accept(plug)

    def no_descriptor() -> select.epoll:
        raise OSError(errno.EMFILE, "on purpose")

    class Door:
        def admit(self, host: str) -> None:
            admitted.append(host)

        def give_up(self, host: str, protocol: asyncio.Protocol) -> None:
            """There is no handshake that could fail."""

    loop = asyncio.get_running_loop()
    monkeypatch.setattr(socket.socket, "accept", failing_at_first)
    listener = StreamListener(SocketWatch(loop, Turns(loop)), Door())
    where = await listener.open("127.0.0.1", 0)
    with closing(socket.create_connection(where)):
        await eventually(lambda: admitted, 5.0, "it is accepted after the rest")
    listener.close()
    assert [fault.errno for fault in faults if isinstance(fault, OSError)] == [errno.EMFILE]


@pytest.mark.parametrize("name", [".example", "a" * 64 + ".example"])
async def test_a_name_that_no_certificate_can_be_for_fails_like_any_other_place(name: str):
    async with station("alice", "tls:127.0.0.1:0") as alice, station("bob", "tls:127.0.0.1:0") as bob:
        refused: list[OSError] = []
        alice.stack.on_refused = lambda destination, error: refused.append(error)
        where = replace(bob.where, name=name)
        for _ in range(2):
            alice.call(bob, where=where)
            await eventually(lambda: refused, 5.0, "it is told")
            refused.clear()


async def test_a_handshake_that_is_done_as_its_time_is_over_fails_like_any_other_place(monkeypatch):
    class DoneTooLate(TlsStream):
        def __init__(self, above, context, on_shaken, **names) -> None:
            super().__init__(above, context, on_shaken, **names)
            self.done = on_shaken

        def abort(self) -> None:
            self.done(None)
            super().abort()

    monkeypatch.setattr(streams, "TlsStream", DoneTooLate)
    limits = StreamLimits(connect_timeout=0.05)
    async with station("alice", "tls:127.0.0.1:0", limits=limits) as alice:
        refused: list[OSError] = []
        alice.stack.on_refused = lambda destination, error: refused.append(error)
        with socket.create_server(("127.0.0.1", 0)) as silent:
            for _ in range(2):
                alice.call(alice, where=Destination("TLS", *silent.getsockname()))
                await eventually(lambda: refused, 5.0, "it is told")
                assert isinstance(refused.pop(), TimeoutError)
