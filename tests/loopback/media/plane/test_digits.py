"""Keys through real sockets, both ways, as named events and as tones."""

import pytest

from media.dtmf_detector import DtmfDetector
from media.errors import MediaMisuse
from media.plane.plane import MediaPlane
from tests.testkit.media_agreement import connect
from tests.testkit.outside_sound import dtmf, silence
from tests.testkit.rtp_peer import KeyPress, RtpPeer
from tests.testkit.waiting import eventually

ALL_KEYS = "0123456789*#ABCD"


async def test_keys_of_the_peer_are_told_once_each(plane: MediaPlane, peer: RtpPeer) -> None:
    leg = plane.open_leg()
    keys: list[str] = []
    leg.on_digit = keys.append
    connect(leg, peer)
    await peer.press(ALL_KEYS, gap=0.04)
    await eventually(lambda: "".join(keys) == ALL_KEYS, 2, "all keys", context=lambda: str(keys))


@pytest.mark.parametrize(
    "press",
    [
        KeyPress("5", lose_first=3),
        KeyPress("5", lose_ends=3),
        KeyPress("5", marker=False),
        KeyPress("5", duplicate=True),
        KeyPress("5", ticks=1),
    ],
)
async def test_a_damaged_press_is_told_once(plane: MediaPlane, peer: RtpPeer, press: KeyPress) -> None:
    leg = plane.open_leg()
    keys: list[str] = []
    leg.on_digit = keys.append
    connect(leg, peer)
    await peer.press([press, KeyPress("#")])
    await eventually(lambda: "#" in keys, 2, "the key after it")
    assert keys == ["5", "#"]


async def test_tones_are_keys_only_where_no_named_events_were_agreed(
    plane: MediaPlane, peer: RtpPeer
) -> None:
    plain = await RtpPeer.open(telephone_event=None)
    try:
        with_events, without = plane.open_leg(), plane.open_leg()
        told: dict[str, list[str]] = {"with": [], "without": []}
        with_events.on_digit, without.on_digit = told["with"].append, told["without"].append
        connect(with_events, peer)
        connect(without, plain)
        for key in "19*D":
            for each in (peer, plain):
                each.say_nowait(dtmf(key, 0.1))
                each.say_nowait(silence(0.1))
        await plain.say(silence(0.1))
        await eventually(lambda: told["without"] == list("19*D"), 3, "four keys", context=lambda: str(told))
        assert told["with"] == []
    finally:
        plain.close()


async def test_keys_are_pressed_towards_the_peer(plane: MediaPlane, peer: RtpPeer) -> None:
    leg = plane.open_leg()
    connect(leg, peer)
    await leg.send_digits("12#w3")
    await eventually(lambda: peer.digits_heard() == "12#3", 2, "four keys")
    ends = [packet for packet in peer.received if packet.payload_type == 101 and packet.payload[1] & 0x80]
    assert len(ends) == 12
    assert plane.statistics().sounds_held == 0


async def test_keys_are_pressed_as_tones_towards_a_peer_without_events(plane: MediaPlane) -> None:
    peer = await RtpPeer.open(telephone_event=None)
    try:
        leg = plane.open_leg()
        connect(leg, peer)
        await leg.send_digits("7")
        await eventually(lambda: DtmfDetector().receive(peer.heard()) == "7", 2, "the tones of 7")
    finally:
        peer.close()


async def test_what_is_no_key_is_refused_whole(plane: MediaPlane, peer: RtpPeer) -> None:
    leg = plane.open_leg()
    connect(leg, peer)
    with pytest.raises(MediaMisuse, match="is no key"):
        await leg.send_digits("12x")
    assert peer.digits_heard() == ""
