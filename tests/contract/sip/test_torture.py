"""What becomes of the torture messages of RFC 4475 and RFC 5118, whole and in pieces.

The answers are those of the robustness table. Where it leaves a choice, this is ours: lwsstart,
trws, escruri, baddn, mismatch02 and unksm2 get 400; baddate is accepted, since nothing here reads
Date; badbranch is accepted as a request of an RFC 2543 client.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from sip.framing import Ping, StreamFramer
from sip.message import MalformedMessage, Request, Response, refusal
from sip.parser import parse_message
from sip.validation import Capabilities, check_request, check_response
from tests.contract.sip.torture import torture_message, torture_names

ORIGINALS = Path(
    os.environ.get("DIALPLANE_RFC4475", Path(__file__).parents[3].parent / "shared" / "data" / "rfc4475")
)

UAS = Capabilities(
    methods=frozenset(
        ("INVITE", "ACK", "BYE", "CANCEL", "OPTIONS", "REGISTER", "MESSAGE", "INFO", "PRACK", "UPDATE")
    ),
    extensions=frozenset(("100rel", "timer")),
    content_types=frozenset(("application/sdp", "multipart/mixed")),
)

ACCEPT, DROP = "accept", "drop"

RFC4475 = {
    # 3.1.1: valid
    "wsinv": ACCEPT,
    "intmeth": "501",
    "esc01": ACCEPT,
    "escnull": ACCEPT,
    "esc02": "501",
    "lwsdisp": ACCEPT,
    "longreq": ACCEPT,
    "dblreq": ACCEPT,
    "semiuri": ACCEPT,
    "transports": ACCEPT,
    "mpart01": ACCEPT,
    "unreason": ACCEPT,
    "noreason": ACCEPT,
    # 3.1.2: invalid
    "badinv01": "400",
    "clerr": "400",
    "ncl": "400",
    "scalar02": "400",
    "scalarlg": DROP,
    "quotbal": "400",
    "ltgtruri": "400",
    "lwsruri": "400",
    "lwsstart": "400",
    "trws": "400",
    "escruri": "400",
    "baddate": ACCEPT,
    "regbadct": "400",
    "badaspec": "400",
    "baddn": "400",
    "badvers": "505",
    "mismatch01": "400",
    "mismatch02": "400",
    "bigcode": DROP,
    # 3.2: transaction layer
    "badbranch": ACCEPT,
    # 3.3: application layer
    "insuf": "400",
    "unkscm": "416",
    "novelsc": "416",
    "unksm2": "400",
    "bext01": "420",
    "invut": "415",
    "regaut01": ACCEPT,
    "multi01": "400",
    "mcl01": "400",
    "bcast": DROP,
    "zeromf": ACCEPT,
    "cparam01": ACCEPT,
    "cparam02": ACCEPT,
    "regescrt": ACCEPT,
    "sdp01": "406",
    # 3.4: backward compatibility
    "inv2543": ACCEPT,
}

ON_A_STREAM = RFC4475 | {"inv2543": "400 close", "ncl": "400 close", "mcl01": "400 close", "clerr": "waits"}
"""Without a certain Content-Length a stream is lost; clerr waits for octets that never come."""

RFC5118 = {
    "ipv6-good": ACCEPT,
    "ipv6-bad": "400",
    "port-ambiguous": ACCEPT,
    "port-unambiguous": ACCEPT,
    "via-received-param-with-delim": ACCEPT,
    "via-received-param-no-delim": ACCEPT,
    "ipv6-in-sdp": ACCEPT,
    "mult-ip-in-header": ACCEPT,
    "mult-ip-in-sdp": ACCEPT,
    "ipv4-mapped-ipv6": ACCEPT,
    "ipv6-bug-abnf-3-colons": ACCEPT,
    "ipv6-correct-abnf-2-colons": ACCEPT,
}


def judge(message: Request | Response | MalformedMessage) -> str:
    """Return what an endpoint would do: accept, drop, or the status it answers, which it can."""
    if isinstance(message, MalformedMessage):
        answer = refusal(message.headers, message.status)
        outcome = DROP if answer is None else str(answer.status)
        return f"{outcome} close" if message.close else outcome
    if isinstance(message, Response):
        return ACCEPT if check_response(message) is None else DROP
    why = check_request(message, UAS)
    if why is None:
        return ACCEPT
    answer = why.response(message, to_tag="uas")
    assert answer is not None
    assert parse_message(answer.to_bytes()) == answer
    return str(answer.status)


def outcome_of_datagram(data: bytes) -> str:
    try:
        return judge(parse_message(data)).removesuffix(" close")
    except MalformedMessage as flaw:
        return judge(flaw).removesuffix(" close")


def outcomes_on_a_stream(data: bytes, segment: int) -> list[str]:
    framer = StreamFramer()
    events = [
        event
        for at in range(0, len(data), segment)
        for event in framer.receive_bytes(data[at : at + segment])
    ]
    outcomes = [judge(event) for event in events if not isinstance(event, Ping)]
    return outcomes if outcomes or not framer.inside_message else ["waits"]


def test_every_message_of_both_documents_has_its_outcome_here():
    assert torture_names("rfc4475") == sorted(RFC4475)
    assert torture_names("rfc5118") == sorted(RFC5118)
    assert (len(RFC4475), len(RFC5118)) == (49, 12)


@pytest.mark.hostile("S1", sent="49 torture messages of RFC 4475 as datagrams")
@pytest.mark.parametrize("name", RFC4475)
def test_rfc4475_datagram(name):
    assert outcome_of_datagram(torture_message("rfc4475", name)) == RFC4475[name]


@pytest.mark.hostile("S1", sent="49 torture messages of RFC 4475 as streams, whole and octet by octet")
@pytest.mark.parametrize("segment", [65_536, 1], ids=["whole", "octets"])
@pytest.mark.parametrize("name", ON_A_STREAM)
def test_rfc4475_stream(name, segment):
    expected = [ON_A_STREAM[name]]
    if name == "dblreq":
        # The INVITE behind the REGISTER has no Contact, and a body longer than it says, whose end
        # is then no message.
        expected += ["400", "drop close"]
    assert outcomes_on_a_stream(torture_message("rfc4475", name), segment) == expected


@pytest.mark.hostile("S3", sent="12 torture messages of RFC 5118")
@pytest.mark.parametrize("name", RFC5118)
def test_rfc5118_datagram(name):
    assert outcome_of_datagram(torture_message("rfc5118", name)) == RFC5118[name]


@pytest.mark.parametrize("segment", [65_536, 1], ids=["whole", "octets"])
@pytest.mark.parametrize("name", RFC5118)
def test_rfc5118_stream(name, segment):
    assert outcomes_on_a_stream(torture_message("rfc5118", name), segment) == [RFC5118[name]]


@pytest.mark.parametrize("name", RFC4475)
@pytest.mark.skipif(not ORIGINALS.is_dir(), reason="the originals of RFC 4475 are not on this machine")
def test_rfc4475_fixture_is_the_original_octet_for_octet(name):
    assert torture_message("rfc4475", name) == (ORIGINALS / f"{name}.dat").read_bytes()
