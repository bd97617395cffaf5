"""Which datagrams are known, before they are read, to be of a call or to answer us."""

import pytest

from sip.events import IncomingInvite
from sip.flow import Flow
from sip.message import Request, Response
from sip.source_limits import SourceLimits
from sip.unread import LOOK
from tests.testkit.sip_messages import request
from tests.testkit.wire import Phone

HOST, PEER = "192.0.2.20", "192.0.2.10"
OURS, THEIRS = "<sip:bob@example.org>", "<sip:alice@example.org>"


class Called:
    """A phone in a call; the caller's tag is ``theirs``, the Call-ID ``call``."""

    def __init__(self) -> None:
        self.phone = Phone("bob", HOST, PEER)
        headers = {"From": f"{THEIRS};tag=theirs", "Call-ID": "call", "To": OURS}
        self.phone.receive(request("INVITE", headers=headers, body=b"offer"), 1.0)
        self.phone.one(IncomingInvite).session.answer(1.0, b"answer")
        answers = [one for one in self.phone.take() if isinstance(one, Response)]
        self.tag = next(one.to.tag for one in answers if one.status == 200)
        self.phone.receive(request("ACK", headers={**headers, "To": f"{OURS};tag={self.tag}"}), 1.0)

    def told_of(self, *lines: str) -> str | None:
        """Return which call a datagram with these header lines is said to be of."""
        said = "\r\n".join(["BYE sip:bob@192.0.2.20 SIP/2.0", *lines, "", ""]).replace("OURS", str(self.tag))
        return self.phone.endpoint.belongs_to(said.encode())


@pytest.mark.parametrize(
    "lines",
    [
        (f"From: {THEIRS};tag=theirs", f"To: {OURS};tag=OURS", "Call-ID: call"),
        (f"f:{THEIRS};tag=theirs", f"t:{OURS};tag=OURS", "i:call"),
        (f"FROM: {THEIRS};x=y;TAG=theirs", "TO: sip:bob@example.org;tag=OURS;x=y", "CALL-ID:   call  "),
        (
            f'From: "a;tag=b" {THEIRS};tag=theirs',
            "To: <sip:bob@example.org;tag=no>;tag=OURS",
            "Call-ID: call",
        ),
    ],
    ids=["long", "compact", "capitals", "tags elsewhere"],
)
def test_a_request_with_the_tags_and_the_call_id_of_a_dialog_is_of_its_call(lines: tuple[str, ...]):
    assert Called().told_of(*lines) == "call"


@pytest.mark.parametrize(
    "lines",
    [
        (f"From: {THEIRS};tag=theirs", f"To: {OURS}", "Call-ID: call"),
        (f"From: {THEIRS};tag=theirs", f"To: {OURS};tag=guessed", "Call-ID: call"),
        (f"From: {THEIRS}", f"To: {OURS};tag=OURS", "Call-ID: call"),
        (f"From: {THEIRS};tag=theirs", f"To: {OURS};tag=OURS", "Call-ID: another"),
        (f"From: {THEIRS};tag=theirs", f"To: {OURS};tag=OURS"),
        ("X: " + "x" * LOOK, f"From: {THEIRS};tag=theirs", f"To: {OURS};tag=OURS", "Call-ID: call"),
        ("",),
    ],
    ids=["no tag", "a guess", "no From tag", "another Call-ID", "no Call-ID", "too far behind", "nothing"],
)
def test_any_other_is_a_strangers(lines: tuple[str, ...]):
    assert Called().told_of(*lines) is None


def test_an_answer_with_a_branch_of_ours_is_awaited_and_no_other():
    called = Called()
    called.phone.one(IncomingInvite).session.hang_up(2.0)
    (bye,) = [one for one in called.phone.take() if isinstance(one, Request)]
    via = bye.headers.get("Via") or ""
    branch = bye.via.branch
    answer = (
        f"SIP/2.0 200 OK\r\nv: {via}, SIP/2.0/UDP b;branch=further\r\nCSeq: {bye.cseq.number} BYE\r\n\r\n"
    )
    belongs_to = called.phone.endpoint.belongs_to
    assert belongs_to(answer.encode()) == branch
    assert belongs_to(answer.replace(f"{bye.cseq.number} BYE", "1 INVITE").encode()) is None
    assert belongs_to(answer.replace(str(branch), "z9hG4bKguessed").encode()) is None
    assert belongs_to(b"SIP/2.0 200 OK\r\n\r\n") is None


BRANCH = "z9hG4bK-alice-1"


def ringing() -> Phone:
    phone = Phone("bob", HOST, PEER)
    phone.receive(request("INVITE", headers={"Call-ID": "call"}, body=b"offer"), 1.0)
    return phone


def cancel(via: str = f"SIP/2.0/UDP 192.0.2.10:5060;branch={BRANCH};rport", call_id: str = "call") -> bytes:
    return f"CANCEL sip:bob@example.org SIP/2.0\r\nVia: {via}\r\nCall-ID: {call_id}\r\n\r\n".encode()


def test_the_cancel_of_a_call_that_rings_is_of_that_call():
    belongs_to = ringing().endpoint.belongs_to
    assert belongs_to(cancel()) == "call"
    assert belongs_to(cancel(f"SIP / 2.0 / UDP 192.0.2.10:5060;BRANCH={BRANCH}")) == "call"
    assert belongs_to(cancel(f"SIP/2.0/UDP 192.0.2.10:5060;branch={BRANCH}, SIP/2.0/UDP b")) == "call"


@pytest.mark.parametrize(
    "octets",
    [
        cancel(call_id="another"),
        cancel(call_id=""),
        cancel("SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bKguessed"),
        cancel(f"SIP/2.0/UDP 192.0.2.66:5060;branch={BRANCH}"),
        cancel("SIP/2.0/UDP 192.0.2.10:5060"),
        cancel(""),
        cancel().replace(b"CANCEL", b"OPTIONS"),
    ],
    ids=["another Call-ID", "no Call-ID", "a guess", "another host", "no branch", "no Via", "no CANCEL"],
)
def test_a_cancel_of_nothing_that_rings_is_a_strangers(octets: bytes):
    assert ringing().endpoint.belongs_to(octets) is None


def test_what_is_answered_is_cancelled_no_more():
    phone = ringing()
    phone.one(IncomingInvite).session.answer(1.0, b"answer")
    assert phone.endpoint.belongs_to(cancel()) is None


def test_a_cancel_is_read_whatever_else_its_source_sends():
    sources = SourceLimits(1.0)
    phone = Phone("bob", HOST, PEER, sources=sources)
    phone.receive(request("INVITE", headers={"Call-ID": "call"}, body=b"offer"), 1.0)
    while not sources.is_useless(PEER, 1.0):
        sources.note_useless(PEER, 1.0)
    flow = Flow("UDP", (HOST, 5060), (PEER, 5060))
    assert not phone.endpoint.drops_unread(cancel(), flow, 1.0)
    assert phone.endpoint.drops_unread(cancel(call_id="another"), flow, 1.0)
