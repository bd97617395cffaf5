"""Which of the addresses that a peer names are tried."""

from types import SimpleNamespace
from typing import Any, cast

from media.webrtc.description import WebRtcRemote
from media.webrtc.ice import MOST_CANDIDATES, MOST_READ, IceConnection, IceOptions

LEG = cast(Any, SimpleNamespace(local_port=20000, send_datagram=None))


def sought(candidates: list[str]) -> list[str]:
    ice = IceConnection(LEG, IceOptions("192.0.2.20"), controlling=False)
    ice.seek(WebRtcRemote("ufrg", "p" * 22, tuple(candidates), ()))
    return [candidate.host for candidate in ice.remote_candidates]


async def test_the_relay_that_firefox_names_last_is_tried_however_many_interfaces_come_before():
    named = [f"{at} 1 UDP 2122252543 2001:db8::{at} 4000 typ host" for at in range(1, 9)]
    named += [f"{at} 1 TCP 2105524479 192.0.2.{at} 9 typ host tcptype active" for at in range(1, 9)]
    named += [f"{at} 2 UDP 2122252542 192.0.2.{at} 4001 typ host" for at in range(1, 9)]
    relay = "30 1 UDP 8331263 198.51.100.7 50000 typ relay raddr 192.0.2.1 rport 4000"
    assert sought([*named, relay]) == ["198.51.100.7"]


async def test_only_so_many_addresses_of_a_peer_are_tried():
    named = [f"{at} 1 UDP 2122252543 192.0.2.{at} 4000 typ host" for at in range(1, 40)]
    assert len(sought(named)) == MOST_CANDIDATES


async def test_only_so_many_candidates_of_a_peer_are_looked_at():
    useless = [f"{at} 1 TCP 2105524479 192.0.2.1 9 typ host tcptype active" for at in range(1, MOST_READ)]
    last, one_more = (f"9 1 UDP 2122252543 198.51.100.{at} 4000 typ host" for at in (7, 8))
    assert sought([*useless, last, one_more]) == ["198.51.100.7"]
