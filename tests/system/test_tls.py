"""SIP over TLS and encrypted sound with baresip, which checks our certificate."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from tests.testkit.baresip import BARESIP, Baresip
from tests.testkit.certificates import contexts, the_authority
from tests.testkit.daemon import Daemon
from tests.testkit.outside_sound import seconds_of_tone, tone
from tests.testkit.ports import LOOPBACK, free_port
from tests.testkit.raw_sip import options
from tests.testkit.waiting import eventually, eventually_blocking

PASSWORD = "wonderland7"
TLS_PORT = free_port()
CLIENTS = [
    {"login": "alice", "password": PASSWORD, "srtp": "required"},
    {"login": "bob", "password": PASSWORD},
]


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    files = the_authority().files(LOOPBACK)
    udp_port = free_port()
    sip = {
        "listen": [f"udp:{LOOPBACK}:{udp_port}", f"tls:{LOOPBACK}:{TLS_PORT}"],
        "tls_certificate": files.certificate,
        "tls_private_key": files.private_key,
    }
    daemon = Daemon(tmp_path_factory.mktemp("daemon"), clients=CLIENTS, settings={"sip": sip})
    daemon.sip = LOOPBACK, udp_port
    daemon.start()
    yield daemon
    assert daemon.stop() == 0, daemon.story()


@pytest.fixture
async def phones(tmp_path: Path, daemon: Daemon) -> AsyncIterator[dict[str, Baresip]]:
    """alice, over TLS with SRTP, and bob over UDP in clear; each speaks at a pitch of their own."""
    if BARESIP is None:
        pytest.skip("baresip is not installed")
    places = {
        "alice": (f"{TLS_PORT};transport=tls", ";mediaenc=srtp-mand", 700),
        "bob": (f"{daemon.sip[1]};transport=udp", "", 1500),
    }
    phones = {}
    async with AsyncExitStack() as stack:
        for login, (where, encryption, pitch) in places.items():
            account = (
                f"<sip:{login}@{LOOPBACK}:{where}>;auth_user={login};auth_pass={PASSWORD};"
                f"regint=60;answermode=auto{encryption}"
            )
            phones[login] = await stack.enter_async_context(
                Baresip(
                    tmp_path / login, tone(pitch, 20), account=account, authority=the_authority().certificate
                )
            )
            await phones[login].registered()
        yield phones


async def test_a_client_on_tls_with_encrypted_sound_and_one_on_udp_in_clear_call_each_other(
    daemon: Daemon, phones: dict[str, Baresip]
):
    alice, bob = phones["alice"], phones["bob"]
    for caller, target in (
        (alice, f"sip:bob@{LOOPBACK}:{TLS_PORT}"),
        (bob, f"sip:alice@{LOOPBACK}:{daemon.sip[1]}"),
    ):
        await caller.dial(target)
        await eventually(
            lambda: seconds_of_tone(alice.heard(), 1500) > 0.5, 8, "alice hears bob", context=alice.story
        )
        await eventually(
            lambda: seconds_of_tone(bob.heard(), 700) > 0.5, 8, "bob hears alice", context=bob.story
        )
        await caller.hang_up()
        await daemon.clean()
    agreed = {line["srtp"] for line in daemon.log_lines() if line.get("event") == "media"}
    assert agreed == {None, "AES_CM_128_HMAC_SHA1_80"}
    assert not _logged(daemon, "srtp.keys_in_clear")


def hello() -> bytes:
    """Return what a client says first."""
    said = ssl.MemoryBIO()
    client = contexts().client.wrap_bio(ssl.MemoryBIO(), said, server_hostname=LOOPBACK)
    with pytest.raises(ssl.SSLWantReadError):
        client.do_handshake()
    return said.read()


@pytest.mark.hostile("S9", sent="TLS hellos on 400 connections in one moment, 50 of each of 8 addresses")
async def test_s9_handshakes_that_begin_at_once_and_never_end_keep_nobody_out(
    daemon: Daemon, record_property
):
    said, writers = hello(), []
    for number in range(400):
        _, writer = await asyncio.open_connection(
            LOOPBACK, TLS_PORT, local_addr=(f"127.0.0.{80 + number % 8}", 0)
        )
        writer.write(said[:-1])
        writers.append(writer)
    for writer in writers:
        writer.write(said[-1:])
    tls = contexts().client
    reader, neighbour = await asyncio.open_connection(
        LOOPBACK, TLS_PORT, ssl=tls, local_addr=("127.0.0.78", 0)
    )
    neighbour.write(options("after-hellos", 0, via="SIP/2.0/TLS 127.0.0.78:9;branch=z9hG4bK-after-hellos"))
    answer = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 20.0)
    assert answer.startswith(b"SIP/2.0 200")
    for writer in [*writers, neighbour]:
        writer.transport.abort()
    record_property("held", "each is answered when it has its turn; a neighbour shakes hands and is served")


@pytest.mark.hostile("F12", sent="SIGHUP with a key that is none")
def test_a_certificate_that_cannot_be_used_stops_no_daemon_at_reload(daemon: Daemon):
    key = Path(the_authority().files(LOOPBACK).private_key)
    good = key.read_bytes()
    key.write_bytes(b"nonsense")
    daemon.reload()
    eventually_blocking(lambda: _logged(daemon, "reload.refused"), 5, "the reload is refused")
    key.write_bytes(good)
    daemon.reload()
    eventually_blocking(lambda: _logged(daemon, "reload.done"), 5, "the reload is done")


def _logged(daemon: Daemon, event: str) -> bool:
    return any(line.get("event") == event for line in daemon.log_lines())
