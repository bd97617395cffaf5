"""Transfers and holds in the kit: the test decides how they go."""

from __future__ import annotations

import pytest

from rcml.testing import CallerPhone, Transfer, dial

REFER = '<Response><Refer action="/after"><Sip>sip:bob@example.com</Sip></Refer></Response>'


def referred() -> tuple[CallerPhone, Transfer]:
    caller = dial({"/": REFER, "/after": "<Response><Say>still here</Say></Response>"})
    return caller, caller.expect_referred("bob@example.com")


def test_a_transfer_that_succeeds_is_told():
    caller, transfer = referred()
    transfer.succeed()
    caller.expect_requested("/after", ReferCallStatus="in-progress", NotifySipResponseCode="200")


@pytest.mark.parametrize(("status", "told"), [(486, "busy"), (487, "no-answer"), (404, "failed")])
def test_a_transfer_that_fails_is_told(status, told):
    caller, transfer = referred()
    transfer.fail(status)
    caller.expect_requested("/after", ReferCallStatus=told, NotifySipResponseCode=str(status))
    caller.expect_said("still here")


def test_a_telephone_may_refuse_and_what_comes_later_changes_nothing():
    caller, transfer = referred()
    transfer.refuse(501)
    transfer.succeed()
    request = caller.expect_requested("/after", ReferSipResponseCode="501")
    assert "ReferCallStatus" not in request.parameters


def test_a_caller_who_leaves_is_canceled():
    caller, _ = referred()
    caller.hang_up()
    caller.expect_requested("/after", ReferCallStatus="canceled")


def test_a_transfer_nobody_decides_ends_after_a_minute():
    caller, _ = referred()
    caller.wait(61)
    caller.expect_said("still here")


def test_a_transfer_elsewhere_fails_the_expectation():
    caller = dial(REFER)
    with pytest.raises(AssertionError, match="a transfer to carol"):
        caller.expect_referred("carol", within=5)


def test_a_caller_is_held_and_resumed():
    caller = dial(
        '<Response><Hold holdMusic="/music.wav"/><Pause length="9"/><Resume/><Say>back</Say></Response>'
    )
    caller.expect_held("music.wav")
    assert caller.now == 0
    caller.expect_resumed()
    assert caller.now == 9
    caller.expect_said("back")
