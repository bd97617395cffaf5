"""Two legs that hear each other, through real sockets."""

import pytest

from media.errors import MediaMisuse
from media.plane.plane import MediaPlane
from tests.testkit.media_agreement import connect
from tests.testkit.outside_sound import seconds_of_tone, tone
from tests.testkit.rtp_peer import PCMA, RtpPeer
from tests.testkit.waiting import eventually


async def test_each_side_hears_the_other_and_never_itself(plane: MediaPlane, peer: RtpPeer) -> None:
    other = await RtpPeer.open()
    one, two = plane.open_leg(), plane.open_leg()
    connect(one, peer)
    connect(two, other)
    plane.bridge(one, two)
    peer.say_nowait(tone(700, 1.5))
    other.say_nowait(tone(1500, 1.5))
    await peer.hears(1500, 0.8)
    await other.hears(700, 0.8)
    assert seconds_of_tone(peer.heard(), 700) == 0
    assert seconds_of_tone(other.heard(), 1500) == 0
    other.close()


async def test_a_parted_bridge_is_silent_on_both_sides(plane: MediaPlane, peer: RtpPeer) -> None:
    other = await RtpPeer.open()
    one, two = plane.open_leg(), plane.open_leg()
    connect(one, peer)
    connect(two, other)
    bridge = plane.bridge(one, two)
    peer.say_nowait(tone(700, 3.0))
    await other.hears(700, 0.3)
    bridge.close()
    bridge.close()
    count = len(other.received)
    await eventually(lambda: len(other.received) > count + 25, 2, "half a second of silence")
    assert other.last_heard(700) < other.received[count + 3].at
    other.close()


async def test_nobody_hears_a_muted_leg_which_hears_the_other(plane: MediaPlane, peer: RtpPeer) -> None:
    other = await RtpPeer.open()
    one, two = plane.open_leg(), plane.open_leg()
    connect(one, peer)
    connect(two, other)
    plane.bridge(one, two)
    one.mute(True)
    peer.say_nowait(tone(700, 3.0))
    other.say_nowait(tone(1500, 1.0))
    await peer.hears(1500, 0.5)
    assert seconds_of_tone(other.heard(), 700) == 0
    one.mute(False)
    await other.hears(700, 0.5)
    other.close()


async def test_a_caller_with_pcma_talks_to_a_callee_with_pcmu(plane: MediaPlane, peer: RtpPeer) -> None:
    other = await RtpPeer.open(payload_type=PCMA)
    one, two = plane.open_leg(), plane.open_leg()
    connect(one, peer)
    connect(two, other)
    plane.bridge(one, two)
    peer.say_nowait(tone(700, 1.0))
    other.say_nowait(tone(1500, 1.0))
    await peer.hears(1500, 0.5)
    await other.hears(700, 0.5)
    other.close()


async def test_a_leg_cannot_be_bridged_to_itself(plane: MediaPlane, peer: RtpPeer) -> None:
    leg = plane.open_leg()
    with pytest.raises(MediaMisuse, match="two legs"):
        plane.bridge(leg, leg)
