"""Two stacks that call each other over real sockets, on both event loops."""

import asyncio
import socket
from collections.abc import AsyncIterator

import pytest

from sip.endpoint_config import EndpointConfig
from sip.errors import UsageError
from sip.events import (
    Acknowledged,
    Answered,
    EndCause,
    IncomingInvite,
    IncomingRequest,
    OfferAnswered,
    OfferReceived,
    Provisional,
    Rejected,
    RequestAnswered,
    SessionEnded,
    SipEvent,
)
from sip.flow import Destination, Flow
from sip.transport.connections import StreamLimits
from tests.testkit.sip_messages import request
from tests.testkit.sip_station import Station, station
from tests.testkit.waiting import eventually


def obliging(one: Station, event: SipEvent) -> None:
    """Ring, answer, agree to everything."""
    if isinstance(event, IncomingInvite):
        event.session.ring(one.now)
        event.session.answer(one.now, b"answer")
    elif isinstance(event, OfferReceived):
        event.session.accept_offer(one.now, b"answer to " + (event.body or b"nothing"))
    elif isinstance(event, IncomingRequest):
        one.endpoint.reply(one.now, event.transaction, 200)


def ringing(one: Station, event: SipEvent) -> None:
    if isinstance(event, IncomingInvite):
        event.session.ring(one.now)


@pytest.fixture(params=["udp", "tcp", "tls"])
def transport(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
async def alice(transport: str) -> AsyncIterator[Station]:
    async with station("alice", f"{transport}:127.0.0.1:0", obliging) as opened:
        yield opened


@pytest.fixture
async def bob(transport: str) -> AsyncIterator[Station]:
    async with station("bob", f"{transport}:127.0.0.1:0", obliging) as opened:
        yield opened


async def test_a_call_is_answered_and_ended(alice: Station, bob: Station) -> None:
    session = alice.call(bob)
    await bob.hears(Acknowledged)
    session.hang_up(alice.now)
    alice.stack.settle()
    assert (await bob.hears(SessionEnded)).cause is EndCause.BYE
    assert (await alice.hears(SessionEnded)).cause is EndCause.LOCAL
    ladder = ["-> INVITE", "<- 100 (INVITE)", "<- 180 (INVITE)", "<- 200 (INVITE)", "-> ACK", "-> BYE"]
    await eventually(lambda: alice.ladder(session) == [*ladder, "<- 200 (BYE)"], 5.0, "the whole ladder")


async def test_the_callee_hangs_up(alice: Station, bob: Station) -> None:
    alice.call(bob)
    await bob.hears(Acknowledged)
    bob.session.hang_up(bob.now)
    bob.stack.settle()
    assert (await alice.hears(SessionEnded)).cause is EndCause.BYE


async def test_a_ringing_call_is_cancelled(alice: Station, bob: Station) -> None:
    bob.script = ringing
    session = alice.call(bob)
    await alice.hears(Provisional)
    session.hang_up(alice.now)
    alice.stack.settle()
    assert (await bob.hears(SessionEnded)).cause is EndCause.CANCELLED
    assert (await alice.hears(SessionEnded)).cause is EndCause.CANCELLED


async def test_a_call_is_put_on_hold_and_taken_back(alice: Station, bob: Station) -> None:
    session = alice.call(bob)
    await bob.hears(Acknowledged)
    session.send_offer(alice.now, b"hold")
    session.send_offer(alice.now, b"resume")
    alice.stack.settle()
    assert (await alice.hears(OfferAnswered)).body == b"answer to hold"
    assert (await alice.hears(OfferAnswered, 2)).body == b"answer to resume"


async def test_an_invite_without_an_offer(alice: Station, bob: Station) -> None:
    alice.call(bob, body=None)
    assert (await bob.hears(Acknowledged)).body == b"answer to answer"
    assert (await alice.hears(Answered)).response.body == b"answer"


async def test_garbage_leaves_a_stack_alive(alice: Station, bob: Station, transport: str) -> None:
    where = bob.where
    kind = socket.SOCK_DGRAM if transport == "udp" else socket.SOCK_STREAM
    garbage = [
        b"\0" * 100,
        b"INVITE\r\n\r\n",
        b"\xff\xfe" * 700,
        b"SIP/2.0 200\r\n\r\n",
        b"\r\n\r\n",
        b"x: y\r\n" * 500,
    ]
    for data in garbage:
        with socket.socket(socket.AF_INET, kind) as noise:
            noise.connect((where.host, where.port))
            noise.sendall(data)
    session = alice.call(bob)
    await bob.hears(Acknowledged)
    session.hang_up(alice.now)
    alice.stack.settle()
    await bob.hears(SessionEnded)
    # Over TLS garbage never gets past the handshake.
    assert bob.endpoint.statistics().malformed >= (0 if transport == "tls" else 2)


async def test_a_failing_owner_does_not_stop_the_signalling(alice: Station, bob: Station) -> None:
    failures: list[object] = []
    asyncio.get_running_loop().set_exception_handler(
        lambda loop, context: failures.append(context["exception"])
    )

    def failing(one: Station, event: SipEvent) -> None:
        obliging(one, event)
        raise RuntimeError("a fault of the owner")

    bob.script = failing
    alice.call(bob)
    await bob.hears(Acknowledged)
    assert all(isinstance(failure, RuntimeError) for failure in failures)
    assert len(failures) == 2


async def test_a_closed_stack_releases_its_address(transport: str) -> None:
    async with station("bob", f"{transport}:127.0.0.1:0") as first:
        port = first.where.port
    async with station("bob", f"{transport}:127.0.0.1:{port}") as second:
        assert second.where.port == port


async def test_an_address_in_use_is_an_os_error(transport: str) -> None:
    async with station("bob", f"{transport}:127.0.0.1:0") as first:
        with pytest.raises(OSError):
            async with station("eve", f"{transport}:127.0.0.1:{first.where.port}"):
                pass


@pytest.mark.parametrize("where", ["", "udp", "udp:127.0.0.1", "sctp:127.0.0.1:5060", "udp:127.0.0.1:99999"])
async def test_a_malformed_address_is_refused(where: str) -> None:
    with pytest.raises(UsageError, match="write udp:HOST:PORT"):
        async with station("bob", where):
            pass


async def test_both_transports_and_ipv6_on_one_stack() -> None:
    async with station("bob", "udp:127.0.0.1:0", obliging) as bob:
        await bob.stack.listen("tcp:127.0.0.1:0")
        if socket.has_ipv6:
            await bob.stack.listen("udp:[::1]:0")
        assert [transport for transport, _, _ in bob.stack.addresses][:2] == ["UDP", "TCP"]
        assert all(port > 0 for _, _, port in bob.stack.addresses)
        for transport, host, port in bob.stack.addresses:
            wildcard = "[::1]" if ":" in host else host
            async with station("alice", f"{transport.lower()}:{wildcard}:0") as alice:
                options = request("OPTIONS", headers={"Via": None})
                alice.endpoint.send_request(alice.now, options, Destination(transport, host, port))
                alice.stack.settle()
                await alice.hears(RequestAnswered)


async def test_a_wildcard_listener_writes_an_address_that_can_be_reached() -> None:
    async with station("bob", "udp:0.0.0.0:0", obliging) as bob, station("alice", "udp:127.0.0.1:0") as alice:
        where = Destination("UDP", "127.0.0.1", bob.where.port)
        alice.endpoint.invite(
            alice.now, request_uri=f"sip:bob@127.0.0.1:{where.port}", from_="<sip:a@b>", to="<sip:b@b>",
            destination=where, body=b"offer",
        )  # fmt: skip
        alice.stack.settle()
        answered = await alice.hears(Answered)
        assert str(answered.response.contact) == f"<sip:127.0.0.1:{where.port}>"
        await bob.hears(Acknowledged)


async def test_a_destination_where_nobody_listens_rejects_the_call() -> None:
    async with station("alice", "tcp:127.0.0.1:0") as alice, station("bob", "tcp:127.0.0.1:0") as bob:
        await bob.stack.close()
        alice.call(bob)
        assert (await alice.hears(Rejected)).cause is EndCause.TRANSPORT


async def test_a_stream_beyond_the_limit_is_closed_unread() -> None:
    limits = StreamLimits(connections_per_host=2)
    async with station("bob", "tcp:127.0.0.1:0", limits=limits) as bob:
        kept = [await asyncio.open_connection("127.0.0.1", bob.where.port) for _ in range(2)]
        reader, writer = await asyncio.open_connection("127.0.0.1", bob.where.port)
        with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
            await asyncio.wait_for(reader.readexactly(1), 5.0)
        for _, one in (*kept, (reader, writer)):
            one.close()


async def test_an_incomplete_message_is_given_30_seconds_or_what_is_configured() -> None:
    config = EndpointConfig(incomplete_message_timeout=0.05)
    async with station("bob", "tcp:127.0.0.1:0", config=config) as bob:
        reader, writer = await asyncio.open_connection("127.0.0.1", bob.where.port)
        writer.write(b"OPTIONS sip:x SIP/2.0\r\n")
        assert await asyncio.wait_for(reader.read(), 5.0) == b""
        writer.close()
        assert bob.endpoint.statistics().streams == 0


async def test_a_peer_that_reads_nothing_is_cut_off() -> None:
    limits = StreamLimits(unsent_bytes=100_000)
    async with station("bob", "tcp:127.0.0.1:0", obliging, limits=limits) as bob:
        with socket.socket() as deaf:
            deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            deaf.setblocking(False)
            await asyncio.get_running_loop().sock_connect(deaf, ("127.0.0.1", bob.where.port))
            ping = b"\r\n\r\n" + request("OPTIONS", headers={"To": "<sip:" + "x" * 6000 + "@y>"}).to_bytes()

            def push() -> bool:
                try:
                    deaf.send(ping * 20)
                except BlockingIOError:
                    pass
                except ConnectionError:
                    return True
                return False

            await eventually(push, 20.0, "bob cuts off the deaf peer", every=0.001)


async def test_timers_run_on_the_clock_of_the_loop() -> None:
    async with station("alice", "udp:127.0.0.1:0") as alice:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
            silent.bind(("127.0.0.1", 0))
            silent.setblocking(False)
            where = Destination("UDP", *silent.getsockname())
            alice.endpoint.send_request(alice.now, request("OPTIONS", headers={"Via": None}), where)
            alice.stack.settle()
            loop = asyncio.get_running_loop()
            first = await asyncio.wait_for(loop.sock_recv(silent, 9000), 5.0)
            began = loop.time()
            assert await asyncio.wait_for(loop.sock_recv(silent, 9000), 5.0) == first
            assert 0.3 < loop.time() - began < 3.0


async def test_a_datagram_that_cannot_be_sent_fails_the_request() -> None:
    async with station("alice", "udp:127.0.0.1:0") as alice:
        # A socket bound to 127.0.0.1 has no way to an address outside the machine.
        nowhere = Flow("UDP", alice.stack.addresses[0][1:], ("192.0.2.1", 9))
        alice.endpoint.send_request(alice.now, request("OPTIONS", headers={"Via": None}), nowhere)
        alice.stack.settle()
        await eventually(lambda: alice.events, 5.0, "the request fails")
        assert type(alice.events[0]).__name__ == "RequestTimedOut"
