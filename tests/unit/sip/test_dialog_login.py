"""Challenges to what we send within a dialog: BYE, re-INVITE, REFER and the like."""

import itertools

import pytest

from sip.challenges import ChallengeAnswers, Login
from sip.dialog_login import DialogLogin
from sip.digest import Challenge, Credentials, shared_secret
from sip.events import OfferAnswered, OfferRefused, ReferProgress, SessionEnded
from sip.flow import Flow
from sip.message import Request
from tests.testkit.sip_messages import response
from tests.testkit.sip_scripts import in_call
from tests.testkit.wire import Phone

SECRET = shared_secret("us", "carrier", "secret")


def trusting(phone: Phone, host: str | None = None) -> DialogLogin:
    """Let a phone's session answer challenges of its peer, or of another host."""
    numbers = itertools.count(1)
    answers = ChallengeAnswers(Login("us", "secret"), lambda: f"cnonce{next(numbers)}")
    login = DialogLogin(answers, host or phone.flow.remote[0])
    phone.session.answer_challenges(login)
    return login


def last_request(phone: Phone) -> Request:
    return [message for message in phone.take() if isinstance(message, Request)][-1]


def challenge(phone: Phone, sent: Request, nonce: str = "n1", *, stale: bool = False) -> Request:
    """Challenge a request, and return what is sent then."""
    headers = {"Proxy-Authenticate": str(Challenge("carrier", nonce, stale=stale))}
    phone.receive(response(407, headers=headers, to=sent), phone.now)
    again = last_request(phone)
    proved = Credentials.parse(again.headers.get("Proxy-Authorization") or "")
    assert proved is not None
    assert proved.verify(sent.method, SECRET)
    return again


def test_a_challenged_bye_is_sent_again_with_credentials():
    alice, _, wire = in_call()
    trusting(alice)
    alice.session.hang_up(wire.now)
    bye = last_request(alice)
    again = challenge(alice, bye)
    assert (again.method, again.call_id, again.to) == ("BYE", bye.call_id, bye.to)
    assert again.cseq.number == bye.cseq.number + 1
    assert again.via.branch != bye.via.branch
    assert len(alice.all(SessionEnded)) == 1
    assert alice.endpoint.statistics().dialogs == 1
    alice.receive(response(200, to=again), wire.now)
    assert alice.endpoint.statistics().dialogs == 0


def test_a_challenged_offer_is_made_again_and_answered():
    alice, _, wire = in_call()
    trusting(alice)
    alice.session.send_offer(wire.now, b"hold")
    invite = last_request(alice)
    again = challenge(alice, invite)
    assert (again.method, again.body) == ("INVITE", b"hold")
    assert again.headers.get("Contact") == invite.headers.get("Contact")
    alice.receive(response(200, body=b"held", to=again), wire.now)
    assert alice.one(OfferAnswered).body == b"held"
    assert alice.all(OfferRefused) == []
    ack = last_request(alice)
    assert (ack.method, ack.cseq.number) == ("ACK", again.cseq.number)
    assert ack.headers.get("Proxy-Authorization") == again.headers.get("Proxy-Authorization")


def test_the_next_request_has_credentials_from_the_start():
    alice, _, wire = in_call()
    trusting(alice)
    alice.session.send_offer(wire.now, b"hold")
    again = challenge(alice, last_request(alice))
    alice.receive(response(200, body=b"held", to=again), wire.now)
    alice.take()
    alice.session.hang_up(wire.now)
    bye = last_request(alice)
    proved = Credentials.parse(bye.headers.get("Proxy-Authorization") or "")
    assert proved is not None
    assert (proved.nonce, proved.nonce_count) == ("n1", "00000002")
    assert challenge(alice, bye, "n2", stale=True).cseq.number == bye.cseq.number + 1


def test_a_challenged_refer_is_sent_again_and_known_by_its_new_number():
    alice, _, wire = in_call()
    trusting(alice)
    refer = alice.session.refer(wire.now, "<sip:carol@example.com>")
    again = challenge(alice, last_request(alice))
    assert refer.number == again.cseq.number
    assert alice.all(ReferProgress) == []
    alice.receive(response(202, to=again), wire.now)
    assert refer.answered == 202


def test_an_offer_whose_credentials_are_refused_is_refused():
    alice, _, wire = in_call()
    trusting(alice)
    alice.session.send_offer(wire.now, b"hold")
    again = challenge(alice, last_request(alice))
    headers = {"Proxy-Authenticate": str(Challenge("carrier", "n1"))}
    alice.receive(response(407, headers=headers, to=again), wire.now)
    assert alice.one(OfferRefused).status == 407


@pytest.mark.hostile("T9", sent="407 to our BYE from elsewhere than the trunk that the call goes through")
def test_t9_a_challenge_from_elsewhere_gets_no_credentials():
    alice, _, wire = in_call()
    trusting(alice)
    alice.session.hang_up(wire.now)
    bye = last_request(alice)
    headers = {"Proxy-Authenticate": str(Challenge("carrier", "n1"))}
    thief = Flow("UDP", alice.flow.local, ("198.51.100.66", 5060))
    alice.endpoint.receive_datagram(response(407, headers=headers, to=bye).to_bytes(), thief, wire.now)
    assert alice.take() == []
    assert alice.endpoint.statistics().dialogs == 0


@pytest.mark.hostile("T9", sent="credentials known, and a Contact that leads elsewhere")
def test_t9_credentials_go_only_to_the_host_they_are_for():
    alice, _, wire = in_call()
    login = trusting(alice, "198.51.100.7")
    known = response(
        407, headers={"Proxy-Authenticate": str(Challenge("carrier", "n1"))}, to=alice.session.request
    )
    assert login.answers.answer(alice.session.request, known) is not None
    alice.session.hang_up(wire.now)
    assert "Proxy-Authorization" not in last_request(alice).headers
