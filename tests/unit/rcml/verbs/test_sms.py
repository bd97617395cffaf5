"""Sms: rows of rcml.md 5.17."""

import pytest

from rcml.call import Callback
from rcml.dialling import ClientTarget, NumberTarget, SipTarget
from rcml.interpreter import Outcome
from rcml.messaging import Delivery, TextRequest
from rcml.verbs.sms import LONGEST_TEXT
from tests.testkit.scripted_call import START, ScriptedCall, run

ACTION = "http://app.test/done"


def sent(document: str) -> tuple[ScriptedCall, TextRequest]:
    call = ScriptedCall()
    run(call, f"<Response>{document}</Response>")
    assert len(call.texts) == 1
    return call, call.texts[0]


def test_t01_the_text_goes_to_whom_the_document_names_and_the_call_goes_on():
    call, request = sent('<Sms to="alice" from="+12223334499">Hello World!</Sms><Say>next</Say>')
    assert request == TextRequest(
        text="Hello World!", to=ClientTarget(login="alice"), from_="+12223334499", within=0.0
    )
    assert (call.heard, call.answered_at, call.notifications) == (["said next"], 0.0, [])


def test_without_to_and_from_the_parties_of_the_call_are_meant():
    _, request = sent("<Sms>Hello</Sms>")
    assert (request.to, request.from_) == (None, None)


@pytest.mark.parametrize(
    ("written", "recipient"),
    [
        ("+1 305 555 0100", NumberTarget(number="+13055550100")),
        ("sms:+13055550100", NumberTarget(number="+13055550100")),
        ("client:1313", ClientTarget(login="1313")),
        ("bob@example.com", SipTarget(uri="sip:bob@example.com")),
        ("sip:bob@example.com:5070", SipTarget(uri="sip:bob@example.com:5070")),
        ("alice?X-Ticket=12", ClientTarget(login="alice", headers=(("X-Ticket", "12"),))),
    ],
)
def test_to_is_a_number_a_client_or_a_sip_address(written, recipient):
    _, request = sent(f'<Sms to="{written}">Hello</Sms>')
    assert request.to == recipient


@pytest.mark.parametrize("written", ["two words", "a;b", "sip:", "x" * 300])
def test_a_recipient_that_cannot_be_read_gets_warning_14101_and_nobody_a_text(written):
    call = ScriptedCall()
    outcome = run(call, f'<Response><Sms to="{written}">Hello</Sms><Say>next</Say></Response>')
    assert (outcome, call.codes, call.texts) == (Outcome.DOCUMENT_ENDED, [14101], [])
    assert call.heard == ["said next"]


def test_a_header_that_is_none_is_left_out_with_warning_14101():
    call, request = sent('<Sms to="alice?X-A=%0d%0aVia: x&amp;X-B=1">Hello</Sms>')
    assert (call.codes, request.to) == ([14101], ClientTarget(login="alice", headers=(("X-B", "1"),)))


def test_a_sender_that_cannot_be_read_is_14102_and_our_side_of_the_call():
    call, request = sent('<Sms to="alice" from="x y">Hello</Sms>')
    assert (call.codes, request.from_) == ([14102], None)


@pytest.mark.parametrize("words", ["", "x" * (LONGEST_TEXT + 1)])
def test_no_text_and_too_long_a_text_is_warning_14103_and_the_next_verb_runs(words):
    call = ScriptedCall()
    run(call, f'<Response><Sms to="alice">{words}</Sms><Say>next</Say></Response>')
    assert (call.codes, call.texts, call.heard) == ([14103], [], ["said next"])


def test_t04_a_long_text_in_any_script_is_sent_as_it_is():
    words = "Καλημέρα κόσμε. " * 500 + "!"
    _, request = sent(f"<Sms>{words}</Sms>")
    assert request.text == words


def test_a_method_that_is_none_is_post_with_warning_14104():
    call = ScriptedCall()
    run(call, '<Response><Sms action="/done" method="PUT">Hello</Sms></Response>')
    assert (call.asked[-1], call.codes) == (f"POST {ACTION}", [14104])


@pytest.mark.parametrize(
    ("delivery", "status"),
    [
        (Delivery.SENT, "sent"),
        (Delivery.DELIVERED, "sent"),
        (Delivery.FAILED, "failed"),
        (Delivery.SENDING, "sending"),
    ],
)
def test_the_action_is_told_the_outcome_and_its_answer_replaces_the_document(delivery, status):
    call = ScriptedCall(delivers=[delivery], application={ACTION: "<Response><Say>done</Say></Response>"})
    run(call, '<Response><Sms action="/done" method="get">Hello</Sms><Say>never</Say></Response>')
    assert call.asked == [f"POST {START}", f"GET {ACTION}"]
    assert call.requests[-1].parameters == {"SmsSid": "SM1", "SmsStatus": status}
    assert (call.heard, call.texts[0].within) == (["said done"], 5.0)


def test_a_message_that_could_not_be_made_has_no_sid():
    class Refused(ScriptedCall):
        async def send_text(self, request):
            from rcml.messaging import Sent

            return Sent()

    call = Refused()
    run(call, '<Response><Sms action="/done">Hello</Sms></Response>')
    assert call.requests[-1].parameters == {"SmsStatus": "failed"}


def test_the_status_callback_is_absolute_and_posted():
    _, request = sent('<Sms statusCallback="/told">Hello</Sms>')
    assert request.status_callback == Callback(url="http://app.test/told")


def test_a_status_callback_that_is_no_url_sends_nothing_and_stops_as_11100():
    call = ScriptedCall()
    outcome = run(call, '<Response><Sms statusCallback="ftp://x">Hello</Sms></Response>')
    assert (outcome, call.codes, call.texts) == (Outcome.FAILED, [11100], [])


def test_it_also_runs_when_the_caller_is_gone():
    call = ScriptedCall(ringing=False, hangs_up_at=0.5, application={ACTION: "<Sms>late</Sms>"})
    run(call, '<Response><Record action="/done"/></Response>')
    assert [request.text for request in call.texts] == ["late"]


def test_a_caller_who_gives_up_while_ringing_keeps_no_text_from_being_sent():
    call = ScriptedCall(hangs_up_at=0.0)
    run(call, "<Response><Sms>Hello</Sms></Response>")
    assert (len(call.texts), call.ended) == (1, "caller cancelled")
