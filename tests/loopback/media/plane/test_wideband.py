"""G.722 through real sockets: who can hear what is above 4 kHz hears it, and nobody hears its alias."""

from collections.abc import AsyncIterator

import pytest

from media.plane.plane import MediaPlane
from tests.testkit.media_agreement import connect
from tests.testkit.opus_peer import OPUS, OpusPeer
from tests.testkit.outside_sound import tone
from tests.testkit.rtp_peer import RtpPeer
from tests.testkit.waiting import eventually
from tests.testkit.wide_peer import G722, WIDE_RATE, WidePeer, level, wide_tone

LOUD = -16
"""Of a tone of 8000 at a level of -12 dB, give or take what codecs do."""
ABSENT = -45


@pytest.fixture
async def wide_peers() -> AsyncIterator[list[WidePeer]]:
    peers = [await WidePeer.open(G722) for _ in range(2)]
    yield peers
    for peer in peers:
        peer.close()


async def hears(peer: RtpPeer, packets: int = 60) -> None:
    already = len(peer.received)
    await eventually(lambda: len(peer.received) >= already + packets, 5, f"{packets} packets come")


async def test_two_wideband_parties_hear_each_other_above_4_khz(
    plane: MediaPlane, wide_peers: list[WidePeer]
) -> None:
    legs = [plane.open_leg(), plane.open_leg()]
    for leg, peer, pitch in zip(legs, wide_peers, (5000, 6000), strict=True):
        peer.say_nowait(wide_tone(pitch, 10))
        connect(leg, peer)
    plane.bridge(*legs)
    await hears(wide_peers[0])
    for peer, other, own in ((wide_peers[0], 6000, 5000), (wide_peers[1], 5000, 6000)):
        sound = peer.heard_wide()
        assert level(sound, other, WIDE_RATE) > LOUD
        assert level(sound, own, WIDE_RATE) < ABSENT
        assert level(sound, 8000 - other, WIDE_RATE) < ABSENT


async def test_in_a_room_of_both_kinds_nobody_hears_an_alias(
    plane: MediaPlane, wide_peers: list[WidePeer], peer: RtpPeer
) -> None:
    room = plane.room()
    parties = [(plane.open_leg(), each) for each in (*wide_peers, peer)]
    wide_peers[0].say_nowait(wide_tone(5000, 10, 6000) + wide_tone(1200, 10, 6000))
    wide_peers[1].say_nowait(wide_tone(700, 10, 6000))
    peer.say_nowait(tone(2100, 10, 6000))
    tap = room.tap()
    for leg, each in parties:
        connect(leg, each)
        room.join(leg)
    await hears(peer, 80)
    narrow, wide = peer.heard(), wide_peers[1].heard_wide()
    assert {pitch: level(narrow, pitch, 8000) > LOUD - 3 for pitch in (700, 1200, 2100, 3000)} == {
        700: True,
        1200: True,
        2100: False,
        3000: False,
    }
    assert level(narrow, 3000, 8000) < ABSENT
    assert {pitch: level(wide, pitch, WIDE_RATE) > LOUD - 3 for pitch in (700, 1200, 2100, 5000)} == {
        700: False,
        1200: True,
        2100: True,
        5000: True,
    }
    assert level(wide, 8000 - 2100, WIDE_RATE) < ABSENT
    assert level(tap.read(), 3000, 8000) < ABSENT
    tap.close()


async def test_opus_g722_and_g711_are_in_one_room(
    plane: MediaPlane, wide_peers: list[WidePeer], peer: RtpPeer
) -> None:
    browser = await OpusPeer.open(OPUS)
    room = plane.room()
    browser.say_nowait(wide_tone(5200, 10, 6000))
    wide_peers[0].say_nowait(wide_tone(4700, 10, 6000))
    peer.say_nowait(tone(1000, 10, 6000))
    parties = [(plane.open_leg(), each) for each in (browser, wide_peers[0], peer)]
    for leg, each in parties:
        connect(leg, each)
        room.join(leg)
    await hears(peer, 80)
    opus, g722, g711 = browser.heard_wide(), wide_peers[0].heard_wide(), peer.heard()
    for sound, other in ((opus, 4700), (g722, 5200)):
        assert level(sound, other, WIDE_RATE) > LOUD - 6
        assert level(sound, 1000, WIDE_RATE) > LOUD - 6
    for alias in (8000 - 4700, 8000 - 5200):
        assert level(g711, alias, 8000) < ABSENT
    assert browser.steps() == {960}
    await parties[0][0].send_digits("5")
    assert browser.digits_heard() == "5"
    last = [packet for packet in browser.received if packet.payload_type == browser.telephone_event][-1]
    assert int.from_bytes(last.payload[2:4], "big") == 100 * 48
    browser.close()
