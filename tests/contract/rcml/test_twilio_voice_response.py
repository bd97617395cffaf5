"""Documents that the Twilio SDK writes run here as they are."""

import pytest
from twilio.twiml.messaging_response import MessagingResponse  # type: ignore[import-untyped]
from twilio.twiml.voice_response import (  # type: ignore[import-untyped]
    Connect,
    Dial,
    Gather,
    Refer,
    Start,
    Stop,
    VoiceResponse,
)

from rcml.document import Severity
from rcml.parser import parse
from rcml.testing import dial
from tests.testkit.scripted_call import ScriptedCall, run

URL = "http://application.test/"


def menu() -> VoiceResponse:
    response = VoiceResponse()
    gather = Gather(action="/choice", num_digits=1, timeout=5, finish_on_key="#", input="dtmf speech")
    gather.say("Press one.", voice="alice", language="en-US")
    gather.play("/menu.mp3")
    gather.pause(length=1)
    response.append(gather)
    response.redirect("/again", method="GET")
    return response


def dialled() -> VoiceResponse:
    response = VoiceResponse()
    dial = Dial(
        action="/done", timeout=20, time_limit=600, caller_id="+15550100", record="record-from-answer-dual",
        hangup_on_star=True, answer_on_bridge=True, ring_tone="us", trim="trim-silence", sequential=True,
        recording_status_callback="/recorded", recording_status_callback_event="completed",
    )  # fmt: skip
    callback = {"status_callback": "/leg", "status_callback_event": "initiated ringing answered completed"}
    dial.number("+15550101", send_digits="ww12", url="/screen", **callback)
    dial.client("alice", **callback)
    dial.sip("sip:bob@example.com?X-Ticket=7", username="us", password="secret", **callback)
    response.append(dial)
    return response


def conference() -> VoiceResponse:
    response = VoiceResponse()
    dial = Dial()
    dial.conference(
        "room", muted=False, beep="onEnter", start_conference_on_enter=True, end_conference_on_exit=False,
        wait_url="/wait", wait_method="GET", max_participants=10, record="record-from-start",
        status_callback="/event", status_callback_event="start end join leave mute hold speaker",
        participant_label="me", coach="CA" + "0" * 32,
    )  # fmt: skip
    response.append(dial)
    return response


def queue() -> VoiceResponse:
    response = VoiceResponse()
    response.enqueue("support", action="/served", wait_url="/wait", wait_url_method="GET")
    dial = Dial()
    dial.queue("support", url="/soon", method="POST")
    response.append(dial)
    response.leave()
    return response


def recording() -> VoiceResponse:
    response = VoiceResponse()
    response.record(
        action="/done", timeout=3, finish_on_key="#", max_length=60, play_beep=True, trim="trim-silence",
        recording_status_callback="/event", recording_status_callback_event="in-progress completed absent",
        transcribe=False,
    )  # fmt: skip
    response.hangup()
    return response


def streams() -> VoiceResponse:
    response = VoiceResponse()
    start = Start()
    start.stream(name="ear", url="wss://a.example/ear", track="both_tracks").parameter(name="a", value="b")
    response.append(start)
    stop = Stop()
    stop.stream(name="ear")
    response.append(stop)
    connect = Connect(action="/done")
    connect.stream(url="wss://a.example/agent")
    response.append(connect)
    return response


def transfer() -> VoiceResponse:
    response = VoiceResponse()
    refer = Refer(action="/done", method="POST")
    refer.sip("sip:bob@example.com")
    response.append(refer)
    return response


def refused() -> VoiceResponse:
    response = VoiceResponse()
    response.reject(reason="busy")
    return response


def text() -> VoiceResponse:
    response = VoiceResponse()
    response.sms("Hello", to="+15550101", from_="+15550100", status_callback="/told")
    return response


def answer_to_a_text() -> MessagingResponse:
    response = MessagingResponse()
    response.message("Thank you.", to="+15550101", action="/told")
    response.redirect("/next")
    return response


DOCUMENTS = [menu, dialled, conference, queue, recording, streams, transfer, refused, text, answer_to_a_text]


@pytest.mark.parametrize("make", DOCUMENTS, ids=lambda make: make.__name__)
def test_a_document_of_the_sdk_is_read_without_a_remark(make):
    document = parse(str(make()).encode(), "application/xml", URL)
    assert document.verbs
    assert [str(remark) for remark in document.warnings if remark.severity is Severity.ERROR] == []


@pytest.mark.parametrize("make", DOCUMENTS[:-1], ids=lambda make: make.__name__)
def test_a_document_of_the_sdk_runs_to_its_end_without_a_fault(make):
    call = ScriptedCall(recognises_speech=True)
    run(call, str(make()))
    assert call.gone
    assert call.notifications == []


def test_a_menu_of_the_sdk_runs():
    caller = dial({"/": str(menu()), "/choice": str(refused()), "/again": str(menu())})
    caller.expect_said("Press one")
    caller.press("1")
    caller.expect_requested("/choice", Digits="1")
    caller.expect_hung_up()


def test_a_dial_of_the_sdk_runs():
    caller = dial({"/": str(dialled()), "/screen": str(VoiceResponse()), "/done": str(VoiceResponse())})
    number = caller.expect_dialled("+15550101")
    number.answer()
    number.expect_keys("ww12")
    caller.expect_connected()
    number.hang_up()
    caller.expect_requested("/done", DialCallStatus="completed")
