"""What every request about a call tells, in the order of the reference."""

from __future__ import annotations

from engine.store import CallRow
from rcml.call_parameters import base_parameters
from rcml.dialling import Dialled, DialStatus, SipResponse

ROW = CallRow(
    sid="CA1", account_sid="AC1", instance_sid="ID1", from_="bob", to="1111", direction="inbound",
    status="in-progress",
)  # fmt: skip


def test_nothing_is_told_of_a_dial_before_there_was_one():
    told = base_parameters(ROW, [("X-Ticket", "12")])
    assert list(told)[:3] == ["CallSid", "InstanceId", "AccountSid"]
    assert list(told)[-2:] == ["CallTimestamp", "SipHeader_X-Ticket"]


def test_after_a_dial_its_leg_and_the_response_to_a_sip_address_are_told():
    response = SipResponse(call_id="c1", status=486, headers=(("X-Why", "lunch"),))
    told = base_parameters(
        ROW, [("X-Ticket", "12")], Dialled(status=DialStatus.BUSY, call_sid="CA2", response=response)
    )
    assert list(told)[2:4] == ["OutboundCallSid", "AccountSid"]
    assert told["OutboundCallSid"] == "CA2"
    assert list(told.items())[-4:] == [
        ("DialSipCallId", "c1"),
        ("DialSipResponseCode", "486"),
        ("DialSipHeader_X-Why", "lunch"),
        ("SipHeader_X-Ticket", "12"),
    ]


def test_a_dial_that_reached_nobody_has_no_leg_to_tell_of():
    assert "OutboundCallSid" not in base_parameters(ROW, (), Dialled())
