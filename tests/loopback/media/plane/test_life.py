"""Ports, rows and reports from opening to closing; and the tick beside a loop that stands still."""

import asyncio
import socket
import time

import pytest

from media.errors import MediaMisuse, NoFreePort
from media.plane import rtcp_schedule
from media.plane.plane import MediaPlane
from media.rtp import rtcp
from tests.loopback.media.plane.test_sound import prompt
from tests.testkit.media_agreement import agreed, connect
from tests.testkit.ports import free_udp_range
from tests.testkit.rtp_peer import RtpPeer
from tests.testkit.waiting import eventually


async def test_closing_gives_everything_back(plane: MediaPlane, peer: RtpPeer) -> None:
    held = 3 * plane.capacity
    for _ in range(3):
        legs = [plane.open_leg() for _ in range(plane.capacity)]
        for leg in legs:
            connect(leg, peer)
            leg.tap("in")
            leg.source()
        playing = [asyncio.create_task(leg.play(prompt(700, 3.0))) for leg in legs]
        await eventually(lambda: plane.statistics().sounds_held == held, 2, "all sounds are held")
        for leg in legs:
            leg.close()
        await asyncio.gather(*(leg.wait_closed() for leg in legs))
        await asyncio.gather(*playing, return_exceptions=True)
    statistics = plane.statistics()
    assert (statistics.legs, statistics.sounds_held, statistics.commands_waiting) == (0, 0, 0)
    assert statistics.events_dropped == 0


async def test_a_full_range_is_told_and_free_again_after_closing(plane: MediaPlane) -> None:
    legs = [plane.open_leg() for _ in range(plane.capacity)]
    assert all(leg.local_port % 2 == 0 for leg in legs)
    assert len({leg.local_port for leg in legs}) == plane.capacity
    with pytest.raises(NoFreePort, match="rtp_ports"):
        plane.open_leg()
    legs[3].close()
    await legs[3].wait_closed()
    assert plane.open_leg().local_port == legs[3].local_port


async def test_ports_that_others_have_bound_are_passed_over() -> None:
    first, last = free_udp_range(20)
    squatters = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(5)]
    try:
        for index, squatter in enumerate(squatters):
            # Even and odd ones: either spoils a pair.
            squatter.bind(("127.0.0.1", first + 2 * index + index % 2))
        async with MediaPlane("127.0.0.1", range(first, last + 1)) as plane:
            ports = sorted(plane.open_leg().local_port for _ in range(5))
            assert ports == list(range(first + 10, last + 1, 2))
            with pytest.raises(NoFreePort):
                plane.open_leg()
    finally:
        for squatter in squatters:
            squatter.close()


async def test_a_port_that_was_just_closed_is_the_last_to_be_taken_again(plane: MediaPlane) -> None:
    closed = plane.open_leg()
    closed.close()
    await closed.wait_closed()
    taken = [plane.open_leg().local_port for _ in range(plane.capacity)]
    assert taken[-1] == closed.local_port


async def test_a_closed_leg_keeps_its_last_figures_and_refuses_work(plane: MediaPlane, peer: RtpPeer) -> None:
    leg = plane.open_leg()
    connect(leg, peer)
    await leg.play(prompt(700, 0.2))
    leg.close()
    leg.close()
    await leg.wait_closed()
    assert leg.statistics().packets_sent >= 10
    with pytest.raises(MediaMisuse):
        leg.tap("in")
    with pytest.raises(MediaMisuse):
        await leg.play(prompt())


async def test_the_tick_goes_on_while_the_event_loop_stands_still(plane: MediaPlane, peer: RtpPeer) -> None:
    leg = plane.open_leg()
    connect(leg, peer)
    await leg.play(prompt(700, 0.1))
    before, sent = plane.statistics(), leg.statistics().packets_sent
    until = time.monotonic() + 0.3
    while time.monotonic() < until:
        pass
    after = plane.statistics()
    assert leg.statistics().packets_sent - sent >= 12
    assert after.ticks_on_time - before.ticks_on_time >= 45
    assert after.ticks_skipped - before.ticks_skipped <= 1


async def test_a_leg_without_remote_sends_nothing(plane: MediaPlane, peer: RtpPeer) -> None:
    leg = plane.open_leg()
    peer.connect("127.0.0.1", leg.local_port)
    await leg.play(prompt(700, 0.2))
    assert peer.received == []
    assert leg.statistics().packets_sent == 0


async def test_stopping_the_plane_with_open_legs_leaves_no_sockets() -> None:
    first, last = free_udp_range(8)
    plane = MediaPlane("127.0.0.1", range(first, last + 1))
    await plane.start()
    legs = [plane.open_leg() for _ in range(4)]
    await plane.stop()
    await plane.stop()
    assert all(leg.closed for leg in legs)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", first))
    with pytest.raises(MediaMisuse, match="not running"):
        plane.open_leg()


class Reports(asyncio.DatagramProtocol):
    """Everything that comes to an RTCP port."""

    def __init__(self) -> None:
        self.packets: list[rtcp.RtcpPacket] = []

    def datagram_received(self, data: bytes, address: tuple[str, int]) -> None:
        self.packets += rtcp.parse_compound(data)


@pytest.fixture
def quick_reports(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rtcp_schedule, "INTERVAL", 0.2)
    monkeypatch.setattr(rtcp_schedule, "AHEAD", 0.0)


@pytest.mark.parametrize("mux", [False, True])
@pytest.mark.usefixtures("quick_reports")
async def test_two_legs_measure_the_way_between_them(plane: MediaPlane, mux: bool) -> None:
    one, other = plane.open_leg(), plane.open_leg()
    one.apply(agreed(other.local_port, mux=mux))
    other.apply(agreed(one.local_port, mux=mux))
    await eventually(
        lambda: one.statistics().round_trip is not None and other.statistics().round_trip is not None,
        5,
        "both know the round trip",
    )
    statistics = one.statistics()
    assert 0 <= (statistics.round_trip or 0) < 0.1
    assert (statistics.remote_fraction_lost, statistics.remote_packets_lost) == (0.0, 0)
    assert (statistics.remote_jitter or 0) < 0.02


@pytest.mark.usefixtures("quick_reports")
async def test_reports_carry_what_rfc3550_asks_and_end_with_a_goodbye(plane: MediaPlane) -> None:
    rtp_port, rtcp_port = free_udp_range(2)
    peer = await RtpPeer.open()
    loop = asyncio.get_running_loop()
    transport, reports = await loop.create_datagram_endpoint(Reports, local_addr=("127.0.0.1", rtcp_port))
    try:
        leg = plane.open_leg()
        leg.apply(agreed(rtp_port))
        await eventually(lambda: len(reports.packets) >= 2, 3, "a report")
        leg.close()
        await eventually(lambda: isinstance(reports.packets[-1], rtcp.Goodbye), 3, "a goodbye")
        report, description = reports.packets[:2]
        assert isinstance(report, rtcp.SenderReport)
        assert report.ssrc == leg.ssrc
        assert report.packet_count > 0
        assert report.octet_count == 160 * report.packet_count
        assert description == rtcp.SourceDescription.of_cname(leg.ssrc, leg.cname)
        assert reports.packets[-1] == rtcp.Goodbye((leg.ssrc,))
    finally:
        transport.close()
        peer.close()


async def test_a_goodbye_from_outside_ends_nothing(plane: MediaPlane, peer: RtpPeer) -> None:
    leg = plane.open_leg()
    connect(leg, peer)
    await leg.play(prompt(700, 0.1))
    peer.send_raw(rtcp.build_compound([rtcp.ReceiverReport(1), rtcp.Goodbye((1,))]))
    await leg.play(prompt(1200, 0.3))
    await peer.hears(1200, 0.25)
