import pytest

from rcml.dialling import Dialled, DialStatus, SipTarget


@pytest.mark.parametrize("status", DialStatus)
def test_only_a_completed_dial_connected_the_caller(status: DialStatus):
    assert Dialled(status=status).connected is (status is DialStatus.COMPLETED)


def test_a_dial_of_which_nothing_is_known_failed_without_a_leg():
    assert Dialled() == Dialled(status=DialStatus.FAILED, call_sid=None, talk_duration=0.0)


def test_a_password_is_not_shown():
    assert "tell no one" not in repr(SipTarget(uri="sip:a@b", username="us", password="tell no one"))
