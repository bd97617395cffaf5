"""Message: rows of rcml.md 5.18, and what the Twilio SDK writes."""

import pytest
from twilio.twiml.messaging_response import MessagingResponse  # type: ignore[import-untyped]

from rcml.call import Callback
from rcml.dialling import NumberTarget
from rcml.values import HttpMethod
from tests.testkit.scripted_call import ScriptedCall, run


def test_the_text_stands_in_the_verb():
    call = ScriptedCall()
    run(call, '<Response><Message to="mms:+13055550101">Hello</Message></Response>')
    assert (call.texts[0].text, call.texts[0].to) == ("Hello", NumberTarget(number="+13055550101"))


def test_a_document_of_the_twilio_sdk_runs():
    response = MessagingResponse()
    message = response.message(to="+13055550101", action="/done")
    message.body("Look:\nhere")
    message.media("/door.jpg")
    call = ScriptedCall()
    run(call, str(response))
    assert call.texts[0].text == "Look:\nhere\nhttp://app.test/door.jpg"
    assert call.notifications == []
    assert call.requests[-1].parameters == {
        "MessageSid": "SM1", "MessageStatus": "sent", "SmsSid": "SM1", "SmsStatus": "sent",
    }  # fmt: skip


def test_the_status_callback_has_a_method():
    call = ScriptedCall()
    run(call, '<Message statusCallback="/told" statusCallbackMethod="GET">Hello</Message>')
    assert call.texts[0].status_callback == Callback(url="http://app.test/told", method=HttpMethod.GET)


def test_the_sender_and_the_method_of_the_action_are_followed():
    call = ScriptedCall()
    run(call, '<Message from="sms:+13055550100" action="/done" method="GET">Hello</Message>')
    assert call.texts[0].from_ == "+13055550100"
    assert call.asked[-1] == "GET http://app.test/done"


@pytest.mark.parametrize("inside", ["", "<Body/>", "<Media/>"])
def test_a_message_of_nothing_is_14103(inside: str):
    call = ScriptedCall()
    run(call, f"<Response><Message>{inside}</Message></Response>")
    assert (call.codes, call.texts) == ([14103], [])
