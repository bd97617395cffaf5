"""What one INVITE costs that comes while there is no room, with the ACK of its refusal, without sockets.

``asked``: the owner sees a session and rejects it, as it refuses for reasons of its own; ``gate``:
the endpoint turns it away before that. In turns within one run, since a shared machine's clock is not even.

Run: python benchmarks/bench_refusals.py
"""

import itertools
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.bench_sip_endpoint import FLOW, SDP, request
from sip.endpoint import SipEndpoint
from sip.endpoint_config import EndpointConfig
from sip.events import IncomingInvite

INVITES = 2_000
RATE = 1_000.0
TURNS = 5


class Shut:
    """A gate that lets nobody in."""

    def closed(self, method, now):
        return True

    def turned_away(self, request, flow, now):
        pass


def refuse(gate):
    """Refuse the INVITEs; return seconds of the processor, and transactions that are left."""
    numbers = itertools.count()
    endpoint = SipEndpoint(EndpointConfig(), lambda: f"token{next(numbers):024x}", gate=gate)
    invites = [request("INVITE", number, 1, body=SDP) for number in range(INVITES)]
    began = time.process_time()
    for number, invite in enumerate(invites):
        now = number / RATE
        endpoint.handle_timers(now)
        endpoint.receive_datagram(invite, FLOW, now)
        while (event := endpoint.next_event()) is not None:
            if isinstance(event, IncomingInvite):
                event.session.reject(now, 503, None, [("Retry-After", "5")])
        answer = endpoint.to_send()[-1].data
        assert answer.startswith(b"SIP/2.0 503 ")
        tag = answer.partition(b"\r\nTo: ")[2].partition(b"\r\n")[0].partition(b";tag=")[2]
        # Unlike that of a 200, the ACK of a refusal has the branch of its INVITE.
        ack = request("ACK", number, 1, b";tag=" + tag).replace(b"-ACK;", b"-INVITE;")
        endpoint.receive_datagram(ack, FLOW, now)
    return time.process_time() - began, endpoint.statistics().server_transactions


def main():
    refuse(None)
    rounds = [(refuse(None), refuse(Shut())) for _ in range(TURNS)]
    asked, gate = (min(cpu for cpu, _ in way) / INVITES * 1e6 for way in zip(*rounds, strict=True))
    print(f"refused_invite_asked {asked:.0f} us of CPU, {rounds[0][0][1]} transactions kept")
    print(f"refused_invite_gate {gate:.0f} us of CPU, {rounds[0][1][1]} transactions kept")
    print(f"refused_invite_ratio {gate / asked:.2f}")


if __name__ == "__main__":
    main()
