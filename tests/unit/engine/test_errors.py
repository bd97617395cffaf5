import pytest

from engine.errors import Cause, ConfigurationError, FetchError


@pytest.mark.parametrize(
    ("cause", "status", "code"),
    [
        (Cause.URL, None, 11100),
        (Cause.CONNECT, None, 11205),
        (Cause.READ, None, 11205),
        (Cause.STATUS, 500, 11206),
        (Cause.STATUS, 404, 21402),
        (Cause.ANSWER, None, 11206),
        (Cause.SIZE, None, 11750),
    ],
)
def test_each_way_to_fail_has_the_notification_code_of_the_reference(cause, status, code):
    assert FetchError(cause, "why", "http://a/", status).code == code


def test_every_cause_has_a_code():
    assert all(FetchError(cause, "why", "http://a/").code for cause in Cause)


def test_several_mistakes_are_one_error_with_a_line_each():
    error = ConfigurationError("a: wrong", "b: wrong")
    assert (error.problems, str(error)) == (("a: wrong", "b: wrong"), "a: wrong\nb: wrong")
