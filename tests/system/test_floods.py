"""Too much of everything from one address: a call that is up hears no gap, and a neighbour is served."""

import asyncio
import os
import re
import statistics
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest

from engine.file_limit import raise_file_limit
from tests.testkit.application import FakeApplication
from tests.testkit.bystander import undisturbed_call
from tests.testkit.daemon import Daemon, cpu_seconds, resident_megabytes
from tests.testkit.flood import Flood
from tests.testkit.phone import Call, Phones
from tests.testkit.raw_sip import RawUdp, options
from tests.testkit.taken_time import TakenTime
from tests.testkit.waiting import NeverHappened, eventually

RATE = 5000
SECONDS = float(os.environ.get("FLOOD_SECONDS", "2"))
"""How long each flood lasts; the catalogue of attacks wants 90."""
SERVED = 200
"""Requests a second of one address that the default configuration serves."""
CLIENTS = [{"login": "alice", "password": "secret"}]


@pytest.fixture
async def bystander(phones: Phones, application: FakeApplication, daemon: Daemon) -> AsyncIterator[Call]:
    phones.longest_call += SECONDS
    async with undisturbed_call(phones, application, daemon) as call:
        yield call


async def ask_often(daemon: Daemon, host: str, stop: asyncio.Event) -> list[float]:
    """Ask OPTIONS again and again from another address, and return the daemon's work until each answer.

    It is in seconds of a processor: that other programs are busy is not the flood's doing.
    """
    raw = await RawUdp.open(daemon.sip, host)
    waits: list[float] = []
    while not stop.is_set():
        begun = cpu_seconds(daemon.pid)
        via = f"SIP/2.0/UDP {host}:{raw.port};branch=z9hG4bK-ask-{len(waits)}"
        await ask_until_answered(raw, options(f"neighbour-{raw.port}-{len(waits)}", raw.port, via=via))
        waits.append(cpu_seconds(daemon.pid) - begun)
        await asyncio.sleep(0.02)
    raw.close()
    return waits


async def ask_until_answered(raw: RawUdp, request: bytes) -> None:
    """Ask again each half second, as every telephone does: a flood fills the socket's buffer."""
    for _ in range(60):
        with suppress(NeverHappened):
            await raw.ask(request, within=0.5)
            return
    raise NeverHappened("the neighbour of a flood is not answered within 30 s")


@pytest.mark.hostile("T0", sent="nothing, for 2 s: what the machine itself does to a daemon")
async def test_t0_a_daemon_to_which_nothing_happens(daemon: Daemon, record_property):
    before = daemon.metrics()["dialplane_loop_lag_seconds_count"]
    await asyncio.sleep(2.0)
    assert daemon.metrics()["dialplane_loop_lag_seconds_count"] > before
    record_property("held", "for comparison")


@pytest.mark.timeout(120 + 2 * SECONDS)
@pytest.mark.hostile("T12", sent="5,000 requests a second from one address")
@pytest.mark.parametrize("method", ["INVITE", "REGISTER", "OPTIONS", "MESSAGE"])
async def test_t12_a_flood_from_one_address_is_shed(
    bystander: Call, daemon: Daemon, method: str, record_property
):
    memory_before, taken_before = resident_megabytes(daemon.pid), TakenTime.of(daemon)
    loop = asyncio.get_running_loop()
    begun = loop.time()
    flood = await Flood.open(daemon.sip, method, "no-such-number", "127.0.0.77")
    stop = asyncio.Event()
    neighbour = asyncio.ensure_future(ask_often(daemon, "127.0.0.78", stop))
    sent = await flood.pour(RATE, SECONDS)
    stop.set()
    waits = await neighbour
    await asyncio.sleep(0.2)
    flood.close()
    assert sent > RATE * SECONDS * 0.9
    # Twice the rate at once, then the rate; as many refusals; nothing for the rest.
    most = SERVED * (loop.time() - begun + 2.0)
    assert flood.statuses.total() <= 2 * most
    assert statistics.median(waits) < 0.5
    assert resident_megabytes(daemon.pid) - memory_before < 50
    # Starved by other programs, a daemon takes in fewer than it would serve, and has nothing to ignore.
    ignored = daemon.metrics()["dialplane_sip_source_ignored_total"]
    assert ignored > 0 or flood.statuses.total() < most
    grown = resident_megabytes(daemon.pid) - memory_before
    answered, sound = flood.statuses.total(), bystander.voice.gaps()
    record_property(
        "held",
        f"{method}: {sent:,} sent, {answered:,} answered, {grown:.0f} MB; of {sound.packets:,} packets of a "
        f"call {sound.missing} missing, {sound.longest_wait * 1000:.0f} ms between two at most; "
        f"{TakenTime.of(daemon).since(taken_before)}",
    )


@pytest.mark.hostile(
    "S9", sent="2,000 connections, 250 of each of 8 addresses, that bring half a message and go at once"
)
async def test_s9_connections_that_bring_nothing_take_no_place_from_others(
    bystander: Call, daemon: Daemon, record_property
):
    """Slowloris: the quota of each address is full, and a neighbour connects all the same."""
    opened: list[asyncio.StreamWriter] = []

    async def bring_nothing(host: str, connections: int) -> None:
        for _ in range(connections):
            _, writer = await asyncio.open_connection(*daemon.sip, local_addr=(host, 0))
            writer.write(b"OPTIONS sip:x SIP/2.0\r\nX")
            opened.append(writer)

    assert raise_file_limit() > 2500, "raise the limit on open files (ulimit -Hn): 2,000 are the attacker's"
    await asyncio.gather(*(bring_nothing(f"127.0.0.{80 + number}", 250) for number in range(8)))
    reader, writer = await asyncio.open_connection(*daemon.sip, local_addr=("127.0.0.78", 0))
    writer.write(options("patient", 0, via="SIP/2.0/TCP 127.0.0.78:9;branch=z9hG4bK-patient"))
    answer = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5.0)
    assert answer.startswith(b"SIP/2.0 200")
    held = daemon.metrics()["dialplane_sip_streams"]
    assert 200 < held <= 8 * 200 + 1
    record_property("held", f"{held:.0f} of 2,000 are kept, 200 of an address; a neighbour is answered")
    for each in [*opened, writer]:
        each.transport.abort()
    await eventually(lambda: daemon.metrics()["dialplane_sip_streams"] == 0, 10.0, "all of them are gone")


ASKED = {"/metrics": 200, "/readyz": 200, "/2012-04-24/Accounts/none/Calls.json": 401}
"""What anybody who reaches the HTTP listener may ask for without end, and how it is answered."""
ASKERS = 20
"""Connections for each of them: together within what one address may have."""


async def ask_without_end(daemon: Daemon, path: str, until: float) -> list[int]:
    """Ask for one thing again and again on one connection; return the statuses of the answers."""
    host, _, port = daemon.http.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    statuses: list[int] = []
    while asyncio.get_running_loop().time() < until:
        writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        head = await reader.readuntil(b"\r\n\r\n")
        lengths = re.search(rb"(?i)content-length: *(\d+)", head)
        assert lengths is not None
        await reader.readexactly(int(lengths[1]))
        statuses.append(int(head.split()[1]))
    writer.close()
    return statuses


@pytest.mark.hostile(
    "W16", sent="requests without end on 60 HTTP connections: figures, health, wrong passwords"
)
async def test_w16_http_requests_without_end_hold_up_no_call(
    bystander: Call, daemon: Daemon, record_property
):
    stop, until = asyncio.Event(), asyncio.get_running_loop().time() + SECONDS / 2
    neighbour = asyncio.ensure_future(ask_often(daemon, "127.0.0.79", stop))
    paths = [path for path in ASKED for _ in range(ASKERS)]
    answered = await asyncio.gather(*(ask_without_end(daemon, path, until) for path in paths))
    stop.set()
    waits = await neighbour
    for path, statuses in zip(paths, answered, strict=True):
        assert set(statuses) == {ASKED[path]}
    assert statistics.median(waits) < 0.5
    total = sum(map(len, answered))
    record_property("held", f"{total:,} answered; a neighbour's OPTIONS too, and the call misses no packet")
