"""Floods of what is no new request: within a call, repeated, or an answer to nothing."""

import pytest

from sip.events import (
    EndCause,
    IncomingInvite,
    InDialogRequest,
    InfoReceived,
    OfferReceived,
    ReferReceived,
    SessionEnded,
    SipEvent,
)
from sip.message import Response
from sip.source_limits import BURST, IN_DIALOG, SourceLimits
from tests.testkit.sip_messages import request, response
from tests.testkit.wire import Phone

HOST, PEER = "192.0.2.20", "192.0.2.10"
RATE, SECONDS, A_SECOND = 50, 2, 500
"""A source's requests a second, and how long and how fast a flood comes: a tenth of what it is in earnest."""
SERVED = IN_DIALOG * (SECONDS + BURST)
READ_IN_VAIN = RATE * (SECONDS + BURST)
SURFACED = (InDialogRequest, InfoReceived, OfferReceived, ReferReceived)


def via(name: object) -> str:
    return f"SIP/2.0/UDP {PEER}:5060;branch=z9hG4bK-{name};rport"


def agreeing(phone: Phone, event: SipEvent) -> None:
    """Accept each offer at once, as calls do."""
    if isinstance(event, OfferReceived):
        event.session.accept_offer(phone.now, b"answer")


class Callee:
    """Somebody in a call with ``PEER``, who then sends and sends."""

    def __init__(self) -> None:
        limits = SourceLimits(RATE)
        self.phone = Phone("bob", HOST, PEER, sources=limits, script=agreeing)
        invite = request("INVITE", headers={"Via": via("invite")}, body=b"offer")
        self.phone.receive(invite, 1.0)
        self.session = self.phone.one(IncomingInvite).session
        self.session.answer(1.0, b"answer")
        self._to = next(one.headers.get("To") or "" for one in self.answers() if one.status == 200)
        self.phone.receive_bytes(self.asked("ACK", 1), 1.0)

    @property
    def messages_read(self) -> int:
        return self.phone.endpoint.statistics().messages_received

    def asked(self, method: str, number: int) -> bytes:
        headers = {"Via": via(f"{method}{number}"), "To": self._to}
        if method == "REFER":
            headers["Refer-To"] = "<sip:carol@example.org>"
        body = b"5" if method == "INFO" else b""
        if body:
            headers["Content-Type"] = "application/dtmf"
        return request(method, headers=headers, cseq=number, body=body).to_bytes()

    def answers(self) -> list[Response]:
        return [one for one in self.phone.take() if isinstance(one, Response)]


def flooded(callee: Callee, *datagrams: bytes) -> float:
    """Let these come again and again; return the time when it is over."""
    now = 2.0
    for number in range(SECONDS * A_SECOND):
        now = 2.0 + number / A_SECOND
        callee.phone.receive_bytes(datagrams[number % len(datagrams)], now)
    return now


METHODS = ["INVITE", "UPDATE", "INFO", "MESSAGE", "REFER", "NOTIFY", "OPTIONS", "PRACK"]


@pytest.mark.hostile("T15", sent="requests without end within one call, of each method")
@pytest.mark.parametrize("method", METHODS)
def test_t15_a_flood_within_a_call_is_served_at_a_rate_and_then_dropped_unread(method, record_property):
    callee = Callee()
    before = callee.messages_read
    flooded(callee, *(callee.asked(method, 2 + number) for number in range(SECONDS * A_SECOND)))
    assert sum(len(callee.phone.all(kind)) for kind in SURFACED) <= SERVED + 1
    assert callee.phone.endpoint.statistics().server_transactions <= SERVED + 2
    assert callee.messages_read - before <= SERVED + READ_IN_VAIN + 1
    record_property("held", f"{IN_DIALOG:g} a second of each dialog, then 503, then dropped unread")


def test_t15_who_asked_too_much_in_a_call_is_told_when_to_ask_again_and_may_hang_up():
    callee = Callee()
    for number in range(60):
        callee.phone.receive_bytes(callee.asked("INFO", 2 + number), 2.0)
    answers = callee.answers()
    assert [one.status for one in answers] == [200] * 40 + [503] * 20
    assert all(int(one.headers.get("Retry-After") or 0) > 0 for one in answers[40:])
    callee.phone.receive_bytes(callee.asked("BYE", 99), 2.0)
    assert [one.status for one in callee.answers()] == [200]
    assert callee.phone.one(SessionEnded).cause is EndCause.BYE


def test_a_telephone_that_sends_each_key_by_info_never_notices():
    callee = Callee()
    for number in range(300):
        callee.phone.receive_bytes(callee.asked("INFO", 2 + number), 2.0 + number / IN_DIALOG)
    assert {one.status for one in callee.answers()} == {200}
    assert len(callee.phone.all(InfoReceived)) == 300


@pytest.mark.hostile("T16", sent="one request again and again, as if somebody else had sent it")
@pytest.mark.parametrize("method", ["INVITE", "OPTIONS"])
def test_t16_an_answer_is_repeated_no_more_often_than_refusals_are_given(method, record_property):
    callee = Callee()
    again = callee.asked(method, 2)
    flooded(callee, again)
    answers = len(callee.answers())
    assert answers <= READ_IN_VAIN + 2
    record_property("held", "as many answers a second as a source may have refusals")


FOREIGN = response(headers={"Via": f"SIP/2.0/UDP {HOST}:5060;branch=z9hG4bK-nobodys", "CSeq": "1 INVITE"})
STRAY_ACK = request("ACK", headers={"To": "<sip:bob@example.org>;tag=nobody"})


@pytest.mark.hostile("T17", sent="answers and ACKs without end that fit nothing, and garbage")
@pytest.mark.parametrize(
    "datagram",
    [FOREIGN.to_bytes(), STRAY_ACK.to_bytes(), b"BYE sip:x SIP/2.0\r\n\r\n"],
    ids=["200", "ACK", "BYE"],
)
def test_t17_what_fits_nothing_is_dropped_unread_but_for_answers_that_are_awaited(datagram, record_property):
    callee = Callee()
    before = callee.phone.endpoint.statistics()
    now = flooded(callee, datagram)
    after = callee.phone.endpoint.statistics()
    read = after.messages_received + after.malformed - before.messages_received - before.malformed
    assert read <= READ_IN_VAIN + 1
    assert after.source_ignored >= SECONDS * A_SECOND - read
    callee.phone.take()
    callee.session.hang_up(now)
    (bye,) = callee.phone.take()
    answer = response(
        headers={name: bye.headers.get(name) for name in ("Via", "From", "To", "Call-ID", "CSeq")}
    )
    callee.phone.receive(answer, now)
    assert callee.phone.endpoint.statistics().dialogs == 0
    record_property("held", "as many read as a source may send requests; an answer that we wait for always")


def test_t17_who_is_in_a_call_may_hang_up_whatever_else_comes_from_there():
    """Anybody can write another's address into packets: a flood of them kept the other from hanging up."""
    callee = Callee()
    now = flooded(callee, FOREIGN.to_bytes(), STRAY_ACK.to_bytes())
    callee.phone.receive_bytes(callee.asked("BYE", 99), now)
    assert callee.phone.one(SessionEnded).cause is EndCause.BYE
