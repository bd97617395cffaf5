"""A request too large for a datagram, over real sockets: TCP where the peer listens, else UDP."""

from __future__ import annotations

import pytest

from sip.events import Acknowledged, SessionEnded
from tests.loopback.sip.test_stack import obliging
from tests.testkit.ports import free_port
from tests.testkit.sip_station import station


@pytest.mark.parametrize("peer_has_tcp", [True, False], ids=["tcp", "refused"])
async def test_a_large_invite_arrives_and_its_call_is_ended(peer_has_tcp: bool) -> None:
    # The system's own choice for UDP may be somebody's connection over TCP.
    both = free_port()
    async with (
        station("alice", "udp:127.0.0.1:0", obliging) as alice,
        station("bob", f"udp:127.0.0.1:{both}", obliging) as bob,
    ):
        await alice.stack.listen("tcp:127.0.0.1:0")
        if peer_has_tcp:
            await bob.stack.listen(f"tcp:127.0.0.1:{both}")
        session = alice.call(bob, body=b"v" * 3000)
        await bob.hears(Acknowledged)
        assert bob.session.request.via.transport == ("TCP" if peer_has_tcp else "UDP")
        assert bob.session.offer_body == b"v" * 3000
        session.hang_up(alice.now)
        alice.stack.settle()
        await bob.hears(SessionEnded)
