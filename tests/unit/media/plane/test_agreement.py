"""What offer and answer settled, as the tick is told."""

from dataclasses import replace

import pytest

from media.codecs.registry import L16_16000
from media.errors import MediaMisuse
from media.plane import layout as c
from media.plane.agreement import to_command
from media.sdp import Direction
from tests.testkit.media_agreement import agreed

IPV4, IPV6 = 2, 10
ALWAYS = c.FLAG_REMOTE_KNOWN


def flags(**changes):
    return to_command(replace(agreed(4000), **changes), IPV4)[0]


@pytest.mark.parametrize(
    ("direction", "expected"),
    [
        (Direction.SENDRECV, c.FLAG_HEARING | c.FLAG_SENDING),
        (Direction.SENDONLY, c.FLAG_SENDING),
        (Direction.RECVONLY, c.FLAG_HEARING),
        (Direction.INACTIVE, 0),
    ],
)
def test_each_direction_says_who_speaks_and_who_hears(direction, expected):
    assert flags(direction=direction) & (c.FLAG_HEARING | c.FLAG_SENDING) == expected


def test_tones_are_looked_for_only_without_named_events():
    assert not flags() & c.FLAG_INBAND
    assert flags(receive_telephone_event_payload_type=None) & c.FLAG_INBAND


def test_no_remote_is_no_address():
    command = to_command(replace(agreed(4000), remote=None), IPV4)
    assert not command[0] & c.FLAG_REMOTE_KNOWN
    assert len(command) == 7


@pytest.mark.parametrize(
    ("host", "hidden"), [("10.1.2.3", True), ("192.168.0.9", True), ("100.64.0.1", True)]
)
def test_hosts_behind_a_nat_may_be_learned_from_anywhere(host, hidden):
    assert bool(flags(remote=(host, 4000)) & c.FLAG_ANY_HOST) == hidden


@pytest.mark.parametrize("host", ["127.0.0.1", "8.8.8.8"])
def test_hosts_that_can_be_reached_are_learned_from_nowhere_else(host):
    assert not flags(remote=(host, 4000)) & c.FLAG_ANY_HOST


def test_packet_types_sent_and_heard_are_told_apart():
    changed = replace(
        agreed(4000),
        payload_type=0,
        telephone_event_payload_type=96,
        receive_payload_type=8,
        receive_telephone_event_payload_type=101,
    )
    assert to_command(changed, IPV4)[1:5] == [0, 96, 8, 101]


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"codec": L16_16000}, "does not speak"),
        ({"ptime_ms": 120}, "10 to 60 ms"),
        ({"remote": ("pbx.example.com", 4000)}, "resolve it"),
        ({"remote": ("::1", 4000)}, "other IP version"),
        ({"remote": ("127.0.0.1", 0)}, "no UDP port"),
    ],
)
def test_what_the_tick_cannot_do_is_refused_with_the_reason(changes, why):
    with pytest.raises(MediaMisuse, match=why):
        to_command(replace(agreed(4000), **changes), IPV4)
