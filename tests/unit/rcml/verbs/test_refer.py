"""Refer: rows of rcml.md 5.14."""

from __future__ import annotations

import pytest

from rcml.referring import Referred, ReferRequest, ReferStatus
from tests.testkit.scripted_call import ScriptedCall, run

TO_BOB = "<Sip>sip:bob@example.com?X-Ctx=1</Sip>"


def refer(inner: str = TO_BOB, attributes: str = "", *outcomes: Referred, **script: float) -> ScriptedCall:
    call = ScriptedCall(refers=outcomes, **script)  # type: ignore[arg-type]
    run(call, f"<Response><Refer {attributes}>{inner}</Refer><Say>still here</Say></Response>")
    return call


def test_the_caller_is_answered_and_referred_with_the_headers_of_the_address():
    call = refer()
    assert call.answered_at == 0.0
    assert call.referred_with == [ReferRequest(uri="sip:bob@example.com", headers=(("X-Ctx", "1"),))]


def test_headers_keep_their_names_and_are_decoded():
    call = refer("<Sip>bob@example.com?Subject=a%20b&amp;Replaces=x%3Bto-tag%3Dy</Sip>")
    assert call.referred_with[0].headers == (("Subject", "a b"), ("Replaces", "x;to-tag=y"))


def test_without_an_action_the_next_verb_runs():
    call = refer()
    assert call.heard == ["said still here"]
    assert len(call.requests) == 1


@pytest.mark.parametrize(
    ("referred", "parameters"),
    [
        (
            Referred(status=ReferStatus.IN_PROGRESS, response=202, notified=200),
            {"ReferCallStatus": "in-progress", "ReferSipResponseCode": "202", "NotifySipResponseCode": "200"},
        ),
        (
            Referred(status=ReferStatus.BUSY, response=202, notified=486),
            {"ReferCallStatus": "busy", "ReferSipResponseCode": "202", "NotifySipResponseCode": "486"},
        ),
        (Referred(response=603), {"ReferSipResponseCode": "603"}),
        (Referred(response=202), {"ReferSipResponseCode": "202"}),
    ],
)
def test_the_action_is_told_how_it_went(referred: Referred, parameters: dict[str, str]):
    call = refer(TO_BOB, 'action="/after" method="GET"', referred)
    assert call.asked[1:] == ["GET http://app.test/after"]
    assert call.requests[-1].parameters == parameters
    assert call.heard == []


def test_a_caller_who_leaves_meanwhile_is_told_as_canceled():
    call = refer(TO_BOB, 'action="/after"', Referred(response=202), hangs_up_at=0.5)
    assert call.requests[-1].parameters["ReferCallStatus"] == "canceled"


@pytest.mark.parametrize("inner", ["", "<Sip></Sip>", "<Sip>not an address</Sip>"])
def test_a_transfer_to_nobody_is_passed_over(inner: str):
    call = refer(inner, 'action="/after"')
    assert call.referred_with == []
    assert call.heard == ["said still here"]


def test_a_second_address_is_not_used():
    call = refer(TO_BOB + "<Sip>sip:carol@example.com</Sip>")
    assert [request.uri for request in call.referred_with] == ["sip:bob@example.com"]
