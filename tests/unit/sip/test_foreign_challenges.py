"""T9 and T11 in a dialog: requests of ours that a peer challenges carry no password to it."""

import pytest

from sip.digest import Challenge
from sip.events import SessionEnded
from sip.message import Request
from tests.testkit.sip_messages import response
from tests.testkit.sip_scripts import in_call


@pytest.mark.hostile("T9", sent="401 and 407 with a trunk's realm to our BYE and re-INVITE")
@pytest.mark.parametrize("status", [401, 407])
@pytest.mark.parametrize("method", ["BYE", "INVITE"])
def test_t9_a_challenge_in_a_dialog_gets_no_credentials(method: str, status: int):
    alice, _, wire = in_call()
    session, now = alice.session, wire.now
    if method == "BYE":
        session.hang_up(now)
    else:
        session.send_offer(now, b"offer again")
    (ours,) = [message for message in alice.take() if isinstance(message, Request)]
    assert ours.method == method
    name = "WWW-Authenticate" if status == 401 else "Proxy-Authenticate"
    stolen = {name: str(Challenge("carrier.example.com", "nonce"))}
    alice.receive(response(status, headers=stolen, to=ours), now)
    for moment in range(0, 40):
        if (deadline := alice.next_deadline()) is not None and deadline <= now + moment:
            alice.handle_timers(now + moment)
    later = [message for message in alice.take() if isinstance(message, Request)]
    assert {message.method for message in later} <= {"ACK"}
    assert not any("Authorization" in str(message.headers) for message in alice.sent)
    if method == "BYE":
        assert len(alice.all(SessionEnded)) == 1
