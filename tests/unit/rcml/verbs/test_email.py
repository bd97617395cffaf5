"""Email: rows of rcml.md 5.19."""

import pytest

from rcml.call import Callback
from rcml.messaging import Delivery, EmailRequest
from tests.testkit.scripted_call import ScriptedCall, run

ACTION = "http://app.test/done"


def mail(attributes: str, words: str = "Hello") -> tuple[ScriptedCall, EmailRequest]:
    call = ScriptedCall()
    run(call, f"<Response><Email {attributes}>{words}</Email></Response>")
    assert len(call.mails) == 1
    return call, call.mails[0]


def test_a_mail_has_the_subject_of_the_manual_unless_it_says_another():
    _, request = mail('to="desk@example.com" from="us@example.com"')
    assert request == EmailRequest(
        to=("desk@example.com",), from_="us@example.com", subject="Restcomm Email Service", text="Hello"
    )


def test_copies_are_lists_and_attributes_may_be_written_as_in_the_manual():
    call, request = mail(
        'to="A Desk &lt;desk@example.com&gt;, b@example.com" cc="c@example.com" bcc="d@example.com"'
        ' Bcc="e@example.com" Subject="News" statusCallback="/told"'
    )
    assert request.to == ("A Desk <desk@example.com>", "b@example.com")
    assert (request.cc, request.bcc) == (("c@example.com",), ("d@example.com", "e@example.com"))
    assert (request.subject, request.from_) == ("News", None)
    assert request.status_callback == Callback(url="http://app.test/told")
    assert call.notifications == []


@pytest.mark.parametrize(
    "address",
    ["desk", "@example.com", "a b@example.com", "a@b@c", "a@example.com&#10;Bcc: x@y.z", "&lt;a@example.com",
     "a@-x", "x" * 255 + "@example.com", "a@exämple.com", "a@example.com,b"],
)  # fmt: skip
def test_an_address_that_is_none_is_14111_and_nothing_is_sent(address: str):
    call = ScriptedCall()
    run(call, f'<Response><Email to="{address}">Hello</Email><Say>next</Say></Response>')
    assert (call.mails, call.heard) == ([], ["said next"])
    assert call.codes == [14111, 14111]


def test_a_mail_without_a_recipient_or_a_text_is_not_sent_and_the_next_verb_runs():
    call = ScriptedCall()
    run(call, '<Response><Email>Hello</Email><Email to="a@example.com"/><Say>next</Say></Response>')
    assert (call.codes, call.mails, call.heard) == ([14111, 14113], [], ["said next"])


def test_a_sender_that_is_none_is_14112_and_that_of_the_configuration():
    call, request = mail('to="a@example.com" from="nobody"')
    assert (call.codes, request.from_) == ([14112], None)


def test_no_line_break_reaches_the_subject():
    _, request = mail('to="a@example.com" subject="News&#13;&#10;Bcc: x@example.com"')
    assert request.subject == "News Bcc: x@example.com"


def test_the_action_is_told_the_outcome():
    call = ScriptedCall(delivers=[Delivery.FAILED])
    run(call, '<Response><Email to="a@example.com" action="/done" method="GET">Hello</Email></Response>')
    told = {"EmailSid": "EM1", "EmailStatus": "failed", "SmsSid": "EM1", "SmsStatus": "failed"}
    assert (call.asked[-1], call.requests[-1].parameters) == (f"GET {ACTION}", told)
