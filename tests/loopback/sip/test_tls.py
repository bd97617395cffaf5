"""Whom we trust over TLS, and what happens to a call when we do not."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from sip.errors import UsageError
from sip.events import Acknowledged, EndCause, IncomingInvite, SessionEnded, SipEvent
from sip.flow import Destination
from sip.transport.tls import TlsContexts, TlsFiles
from tests.testkit.certificates import Authority, contexts, the_authority
from tests.testkit.sip_station import Station, station
from tests.testkit.waiting import eventually


def answering(one: Station, event: SipEvent) -> None:
    if isinstance(event, IncomingInvite):
        event.session.answer(one.now, b"answer")


@pytest.fixture
async def bob() -> AsyncIterator[Station]:
    async with station("bob", "tls:127.0.0.1:0", answering) as opened:
        yield opened


async def refused_call(alice: Station, bob: Station) -> list[str]:
    """Call and return why no connection came about."""
    reasons: list[str] = []
    alice.stack.on_refused = lambda destination, error: reasons.append(f"{destination}: {error}")
    alice.call(bob)
    ended = await alice.hears(SessionEnded)
    assert ended.cause is EndCause.TRANSPORT
    assert not bob.events
    return reasons


async def test_a_peer_whose_authority_is_unknown_is_not_called(bob: Station):
    stranger = TlsContexts(replace(the_authority().files(), authorities=Authority.make().certificate))
    async with station("alice", "tls:127.0.0.1:0", tls=stranger) as alice:
        (reason,) = await refused_call(alice, bob)
    assert "certificate verify failed" in reason


async def test_a_certificate_for_another_host_is_not_taken():
    other = TlsContexts(the_authority().files("elsewhere.example"))
    async with (
        station("alice", "tls:127.0.0.1:0") as alice,
        station("bob", "tls:127.0.0.1:0", answering, tls=other) as bob,
    ):
        (reason,) = await refused_call(alice, bob)
    assert "127.0.0.1" in reason


async def test_the_certificate_must_be_for_the_host_of_the_uri_wherever_dns_leads():
    """RFC 5922 section 4."""
    other = TlsContexts(the_authority().files("carrier.example", "127.0.0.1"))
    named: list[str | None] = []
    # Set on the context, not in TlsFiles: what a carrier does with the name is its own business.
    other.server.sni_callback = lambda connection, name, context: named.append(name)
    async with (
        station("alice", "tls:127.0.0.1:0") as alice,
        station("bob", "tls:127.0.0.1:0", answering, tls=other) as bob,
    ):
        where = bob.where
        alice.call(bob, where=replace(where, name="carrier.example"))
        await bob.hears(Acknowledged)
        reasons: list[str] = []
        alice.stack.on_refused = lambda destination, error: reasons.append(str(error))
        # There is a connection to that very address, but not to that host.
        alice.call(bob, where=replace(where, name="bank.example"))
        await eventually(lambda: bool(reasons), 5.0, "the connection is refused")
    assert "bank.example" in reasons[0]
    assert named == ["carrier.example", "bank.example"], "the name is told (RFC 6066 section 3)"


async def test_peers_need_no_certificate_where_that_is_switched_off(bob: Station):
    trusting = TlsContexts(TlsFiles(verify_peers=False))
    async with station("alice", "udp:127.0.0.1:0", tls=trusting) as alice:
        alice.call(bob)
        await bob.hears(Acknowledged)


async def test_a_server_may_want_certificates_of_its_clients():
    strict = TlsContexts(the_authority().files(require_client_certificate=True))
    nobody = TlsContexts(TlsFiles(authorities=the_authority().certificate))
    async with station("bob", "tls:127.0.0.1:0", answering, tls=strict) as bob:
        async with station("alice", "udp:127.0.0.1:0", tls=nobody) as alice:
            alice.call(bob)
            await alice.hears(SessionEnded)
            assert not bob.events
        async with station("carol", "tls:127.0.0.1:0") as carol:
            carol.call(bob)
            await bob.hears(Acknowledged)


async def offered(where: Destination, **options: ssl.TLSVersion) -> bytes:
    """Shake hands and return the certificate that was shown."""
    context = ssl.create_default_context(cafile=the_authority().certificate)
    for name, value in options.items():
        setattr(context, name, value)
    _, writer = await asyncio.open_connection(where.host, where.port, ssl=context)
    shown: bytes = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    writer.close()
    return shown


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_tls_1_2_and_1_3_are_spoken(bob: Station, version: ssl.TLSVersion):
    assert await offered(bob.where, minimum_version=version, maximum_version=version)


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1 is deprecated:DeprecationWarning")
async def test_older_versions_are_not(bob: Station):
    # An alert or, from another OpenSSL that has none for it, a connection that ends in the handshake.
    with pytest.raises((ssl.SSLError, ConnectionResetError)):
        await offered(
            bob.where, minimum_version=ssl.TLSVersion.TLSv1_1, maximum_version=ssl.TLSVersion.TLSv1_1
        )


@pytest.mark.hostile("F12", sent="another certificate while calls are up")
async def test_a_new_certificate_serves_new_connections_and_leaves_calls_up():
    first = the_authority().files()
    chain, key = the_authority().issue("127.0.0.1", name="second")
    ours = TlsContexts(first)
    async with (
        station("alice", "tls:127.0.0.1:0") as alice,
        station("bob", "tls:127.0.0.1:0", answering, tls=ours) as bob,
    ):
        session = alice.call(bob)
        await bob.hears(Acknowledged)
        before = await offered(bob.where)
        ours.reload(replace(first, certificate=chain, private_key=key))
        assert await offered(bob.where) != before
        session.hang_up(alice.now)
        alice.stack.settle()
        assert (await bob.hears(SessionEnded)).cause is EndCause.BYE


async def test_a_certificate_that_cannot_be_used_is_named_and_leaves_the_old_one(tmp_path: Path):
    files = the_authority().files()
    broken = tmp_path / "broken.pem"
    broken.write_text("nonsense")
    ours = contexts()
    for bad in (str(broken), str(tmp_path / "missing.pem")):
        with pytest.raises(UsageError, match=Path(bad).name):
            ours.reload(replace(files, certificate=bad))
    with pytest.raises(UsageError, match="authorities"):
        TlsContexts(replace(files, authorities=str(broken)))
    async with station("bob", "tls:127.0.0.1:0", answering, tls=ours) as bob:
        assert await offered(bob.where)


async def test_a_peer_that_never_shakes_hands_costs_no_connection(bob: Station):
    for _ in range(5):
        _, writer = await asyncio.open_connection(bob.where.host, bob.where.port)
        writer.write(b"\x16\x03\x01")
        await writer.drain()
        assert bob.endpoint.statistics().streams == 0
        writer.close()


async def test_a_stack_without_tls_does_not_listen_on_it():
    plain = Station("plain")
    with pytest.raises(UsageError, match="without TLS"):
        await plain.stack.listen("tls:127.0.0.1:0")
    await plain.stack.close()
