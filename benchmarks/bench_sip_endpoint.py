"""How many calls a second one core takes through `SipEndpoint`, as UAS, without sockets.

A call is INVITE, 100, 180, 200, ACK, BYE, 200: three messages parsed, four made. Making the caller's packets
is part of the figure (about 3 %). Answered transactions stay until their timers end them, as on a server.

The cold figure is what the same steps take, without the packets, when other code and memory fill the caches
before each of them, as the rest of a call does in the daemon.

Run: python benchmarks/bench_sip_endpoint.py [--profile]
"""

import cProfile
import itertools
import json
import pstats
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from sip.endpoint import SipEndpoint
from sip.endpoint_config import EndpointConfig
from sip.events import IncomingInvite
from sip.flow import Flow

CALLS = 4_000
RATE = 200.0
FLOW = Flow("UDP", ("192.0.2.20", 5060), ("192.0.2.10", 5060))
SDP = (
    b"v=0\r\no=alice 2890844526 2890844526 IN IP4 192.0.2.10\r\ns=-\r\nc=IN IP4 192.0.2.10\r\nt=0 0\r\n"
    b"m=audio 49172 RTP/AVP 0 8 101\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\n"
    b"a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-16\r\na=ptime:20\r\na=sendrecv\r\n"
)


def request(method: str, number: int, cseq: int, to_tag: bytes = b"", body: bytes = b"") -> bytes:
    """Return a request as a usual phone writes it."""
    content = b"Content-Type: application/sdp\r\n" if body else b""
    return b"".join(
        (
            b"%s sip:demo@192.0.2.20:5060 SIP/2.0\r\n" % method.encode(),
            b"Via: SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bK%d-%d-%s;rport\r\n"
            % (number, cseq, method.encode()),
            b'From: "Alice" <sip:alice@192.0.2.10>;tag=a%d\r\n' % number,
            b"To: <sip:demo@192.0.2.20>%s\r\n" % to_tag,
            b"Call-ID: call-%d@192.0.2.10\r\n" % number,
            b"CSeq: %d %s\r\n" % (cseq, method.encode()),
            b"Contact: <sip:alice@192.0.2.10:5060;transport=udp>\r\n",
            b"Max-Forwards: 70\r\n",
            b"Allow: INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, REFER, NOTIFY, UPDATE, MESSAGE\r\n",
            b"Supported: replaces, timer, 100rel\r\n",
            b"User-Agent: Desk Phone 5.1\r\n",
            content,
            b"Content-Length: %d\r\n\r\n" % len(body),
            body,
        )
    )


def at_once(work: Callable[..., None], *arguments: object) -> None:
    """Do a step of a call."""
    work(*arguments)


class Cold:
    """Does a step after others have used the caches, and sums its processor time."""

    def __init__(self, memory: int = 6_000_000, line: int = 64) -> None:
        self._others = bytearray(memory)
        self._line = line
        self._document: dict[str, Any] = {"numbers": [1.5] * 50, "words": list("abc" * 40)}
        self.spent = 0.0

    def __call__(self, work: Callable[..., None], *arguments: object) -> None:
        self._others[:: self._line] = bytes(len(self._others) // self._line)
        compile("def least(a, b=1):\n    return [x for x in a if x > b]\n" * 20, "others", "exec")
        json.loads(json.dumps(self._document))
        began = time.thread_time()
        work(*arguments)
        self.spent += time.thread_time() - began


def play(calls: int, do: Callable[..., None] = at_once) -> tuple[int, int]:
    """Set up and end the calls; return how many messages went in and out."""
    numbers = itertools.count()
    endpoint = SipEndpoint(EndpointConfig(), lambda: f"token{next(numbers):024x}")
    messages_in = messages_out = 0
    for number in range(calls):
        now = number / RATE
        endpoint.handle_timers(now)
        do(endpoint.receive_datagram, request("INVITE", number, 1, body=SDP), FLOW, now)
        event = endpoint.next_event()
        assert isinstance(event, IncomingInvite)
        do(event.session.ring, now)
        do(event.session.answer, now, SDP)
        sent = endpoint.to_send()
        tag = sent[-1].data.partition(b"\r\nTo: ")[2].partition(b"\r\n")[0].partition(b";tag=")[2]
        do(endpoint.receive_datagram, request("ACK", number, 1, b";tag=" + tag), FLOW, now)
        do(endpoint.receive_datagram, request("BYE", number, 2, b";tag=" + tag), FLOW, now)
        while endpoint.next_event() is not None:
            pass
        answered = endpoint.to_send()
        assert answered[-1].data.startswith(b"SIP/2.0 200 ")
        messages_in += 3
        messages_out += len(sent) + len(answered)
    assert endpoint.statistics().sessions == 0
    return messages_in, messages_out


def main() -> None:
    if "--profile" in sys.argv:
        profile = cProfile.Profile()
        profile.runcall(play, CALLS // 4)
        pstats.Stats(profile).sort_stats("tottime").print_stats(25)
        return
    play(200)
    best = min(_cpu(CALLS) for _ in range(3))
    print(f"sip_endpoint_uas_calls {CALLS / best:.0f} calls/s")
    print(f"sip_endpoint_uas_call_cpu {best / CALLS * 1000:.3f} ms")
    print(f"sip_endpoint_uas_call_cold_cpu {_cold_call() * 1000:.3f} ms")


def _cold_call(calls: int = 100, rounds: int = 5) -> float:
    """Return the processor time of a cold call: the median of some rounds."""
    taken = []
    for _ in range(rounds):
        cold = Cold()
        play(calls, cold)
        taken.append(cold.spent / calls)
    return statistics.median(taken)


def _cpu(calls: int) -> float:
    began = time.process_time()
    play(calls)
    return time.process_time() - began


if __name__ == "__main__":
    main()
