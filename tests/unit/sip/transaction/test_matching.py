"""Matching: RFC 3261 sections 17.1.3, 17.2.3 and 8.2.2.2."""

import pytest

from sip.message import Request
from sip.transaction.in_transaction import cancellation
from sip.transaction.matching import cancelled_key, client_key, merged_key, response_key, server_key
from tests.testkit.sip_messages import request, response

OLD_VIA = "SIP/2.0/UDP old.example:5060"


def with_via(via: str, method: str = "INVITE", **changes: str) -> Request:
    return request(method, headers={"Via": via, **changes})


def test_a_response_matches_by_branch_and_cseq_method():
    bye = request("BYE")
    assert response_key(response(200, to=bye)) == client_key("z9hG4bK-alice-1", "BYE")


def test_the_response_to_a_cancel_does_not_match_the_invite_with_the_same_branch():
    invite = request("INVITE")
    answer = response(200, to=cancellation(invite))
    assert response_key(answer) != client_key(invite.via.branch or "", "INVITE")


def test_an_ack_matches_its_invite():
    assert server_key(request("ACK")) == server_key(request("INVITE"))


def test_a_cancel_has_a_transaction_of_its_own_and_names_that_of_the_invite():
    invite = request("INVITE")
    cancel = cancellation(invite)
    assert server_key(cancel) != server_key(invite)
    assert cancelled_key(cancel) == server_key(invite)


@pytest.mark.parametrize(
    "via",
    [
        "SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bK-other",
        "SIP/2.0/UDP 192.0.2.11:5060;branch=z9hG4bK-alice-1",
        "SIP/2.0/UDP 192.0.2.10:5062;branch=z9hG4bK-alice-1",
    ],
)
def test_another_branch_host_or_port_is_another_transaction(via):
    assert server_key(with_via(via)) != server_key(request())


def test_sent_by_is_compared_without_case():
    lower, upper = (with_via(f"SIP/2.0/UDP {host};branch=z9hG4bKx") for host in ("pc.example", "PC.Example"))
    assert server_key(lower) == server_key(upper)


def test_an_rfc_2543_request_matches_by_its_fields():
    assert server_key(with_via(OLD_VIA)) == server_key(with_via(OLD_VIA))


@pytest.mark.parametrize(
    "change",
    [
        {"Call-ID": "other"},
        {"From": "<sip:alice@example.com>;tag=other"},
        {"CSeq": "2 INVITE"},
        {"Via": "SIP/2.0/UDP other.example"},
    ],
)
def test_an_rfc_2543_request_that_differs_is_another_transaction(change):
    assert server_key(with_via(OLD_VIA)) != server_key(request("INVITE", headers={"Via": OLD_VIA, **change}))


def test_an_rfc_2543_ack_matches_although_it_carries_our_to_tag():
    ack = with_via(OLD_VIA, "ACK", To="<sip:bob@example.org>;tag=ours")
    assert server_key(ack) == server_key(with_via(OLD_VIA))


def test_an_rfc_2543_request_other_than_invite_matches_by_its_to_tag_too():
    tagged = with_via(OLD_VIA, "OPTIONS", To="<sip:bob@example.org>;tag=ours")
    assert server_key(tagged) != server_key(with_via(OLD_VIA, "OPTIONS"))


def test_copies_of_a_request_that_went_two_ways_have_the_same_merged_key():
    forked = with_via("SIP/2.0/UDP 192.0.2.99;branch=z9hG4bKfork")
    assert merged_key(forked) == merged_key(request()) is not None


def test_a_request_in_a_dialog_cannot_be_merged():
    assert merged_key(request("BYE", headers={"To": "<sip:bob@example.org>;tag=x"})) is None


@pytest.mark.parametrize("method", ["ACK", "CANCEL"])
def test_ack_and_cancel_cannot_be_merged(method):
    assert merged_key(request(method)) is None
