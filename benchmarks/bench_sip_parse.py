"""Rate of SIP parsing on one core: prints ``name value unit`` lines.

Run: python benchmarks/bench_sip_parse.py [seconds per figure]
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from sip.parser import parse_message
from sip.validation import check_request
from tests.testkit.sip_messages import CARRIER_INVITE

ROUNDS = 7


def touch_uas_headers(data: bytes) -> None:
    """Parse, and read the six headers that a UAS reads of every INVITE."""
    message = parse_message(data)
    _ = message.via, message.from_, message.to, message.call_id, message.cseq, message.contacts


def parse_and_check(data: bytes) -> None:
    """Parse, and make every check of a UAS."""
    message = parse_message(data)
    assert check_request(message) is None  # type: ignore[arg-type]


def parse_and_print(data: bytes) -> None:
    """Parse, and serialise."""
    parse_message(data).to_bytes()


def rate(work: Callable[[bytes], object], data: bytes, seconds: float) -> float:
    """Return calls per second, the best of several rounds: other load only ever slows a round."""
    count = 0
    best = 0.0
    for _ in range(ROUNDS):
        begun = time.process_time()
        deadline = begun + seconds / ROUNDS
        count = 0
        while (now := time.process_time()) < deadline:
            for _ in range(200):
                work(data)
            count += 200
        best = max(best, count / (now - begun))
    return best


def main() -> None:
    """Print the figures."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 3.5
    print(f"sip_parse_message_size {len(CARRIER_INVITE)} octets")
    print(f"sip_parse {rate(parse_message, CARRIER_INVITE, seconds):.0f} messages/s")
    print(f"sip_parse_six_headers {rate(touch_uas_headers, CARRIER_INVITE, seconds):.0f} messages/s")
    print(f"sip_parse_check {rate(parse_and_check, CARRIER_INVITE, seconds):.0f} messages/s")
    print(f"sip_parse_serialise {rate(parse_and_print, CARRIER_INVITE, seconds):.0f} messages/s")


if __name__ == "__main__":
    main()
