"""Where packets go: what a description says, as far as it can be reached from our address."""

import pytest

from media.errors import OfferRejected
from media.remote_address import remote_address
from media.sdp import MediaDescription, SessionDescription
from media.sdp_values import Connection

AUDIO = MediaDescription("audio", 4000, "RTP/AVP", ("0",))


def address_of(host: str, local: str = "192.0.2.1", signalling: str | None = None) -> tuple[str, int] | None:
    return remote_address(SessionDescription(connection=Connection.to(host)), AUDIO, local, signalling)


def test_packets_go_where_the_description_says():
    assert address_of("198.51.100.7") == ("198.51.100.7", 4000)
    assert address_of("2001:db8::7", local="2001:db8::1") == ("2001:db8::7", 4000)


def test_an_unspecified_address_puts_us_on_hold():
    assert address_of("0.0.0.0") is None


@pytest.mark.parametrize("host", ["2001:db8::7", "phone.example.com", "a" * 60_000])
def test_what_cannot_be_reached_is_reached_where_its_signalling_comes_from(host: str):
    assert address_of(host, signalling="198.51.100.9") == ("198.51.100.9", 4000)


@pytest.mark.parametrize(
    ("host", "why"),
    [
        ("phone.example.com", "names the host 'phone.example.com'; an IP address is needed"),
        ("2001:db8::7", "cannot be reached from 192.0.2.1"),
        ("239.1.2.3", "is no unicast address"),
        ("255.255.255.255", "is no unicast address"),
    ],
)
def test_where_no_packet_can_go_is_refused_each_time_and_says_why(host: str, why: str):
    for _ in range(2):
        with pytest.raises(OfferRejected, match=why):
            address_of(host)


def test_a_description_without_an_address_is_refused():
    with pytest.raises(OfferRejected, match="no c= line"):
        remote_address(SessionDescription(), AUDIO, "192.0.2.1", None)
