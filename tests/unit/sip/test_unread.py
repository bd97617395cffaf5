"""Which datagrams are known, before they are read, to be of a call or to answer us."""

import pytest

from sip.events import IncomingInvite
from sip.message import Request, Response
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
