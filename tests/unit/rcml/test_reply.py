"""Replies to messages: what runs, what is skipped, and what an answer in plain text means."""

import pytest

from rcml.dialling import ClientTarget
from rcml.errors import FetchFailed
from rcml.flow import Fetch
from rcml.reply import Reply, ReplyOutcome
from rcml.values import Url
from tests.testkit.scripted_call import START, ScriptedCall, complete
from tests.testkit.scripted_caller import Answer


def answered(*documents: str | Answer, fallback: str | None = None) -> tuple[ScriptedCall, ReplyOutcome]:
    call = ScriptedCall(ringing=False, application={START: list(documents)})
    reply = Reply(call, fallback=Fetch(Url(fallback)) if fallback else None)
    return call, complete(reply.run(Fetch(Url(START))))


def test_t02_texts_and_mails_are_sent_in_order():
    call, outcome = answered(
        '<Response><Sms to="alice">one</Sms><Message>two</Message>'
        '<Email to="a@example.com">x</Email></Response>'
    )
    assert outcome is ReplyOutcome.DONE
    assert [(request.text, request.to) for request in call.texts] == [
        ("one", ClientTarget(login="alice")), ("two", None),
    ]  # fmt: skip
    assert len(call.mails) == 1


def test_verbs_that_need_a_call_are_skipped_with_warning_14110():
    call, outcome = answered("<Response><Say>no</Say><Dial>100</Dial><Sms>yes</Sms><Hangup/></Response>")
    assert (outcome, call.codes, call.heard) == (ReplyOutcome.DONE, [14110] * 3, [])
    assert [request.text for request in call.texts] == ["yes"]


def test_a_redirect_leads_to_another_document():
    call, _ = answered("<Response><Redirect>start</Redirect></Response>", "<Sms>two</Sms>")
    assert [request.text for request in call.texts] == ["two"]


def test_an_answer_in_plain_text_is_sent_back():
    call, _ = answered(Answer(b"Thank you", "text/plain"))
    assert [(request.text, request.to) for request in call.texts] == [("Thank you", None)]


def test_an_application_that_answers_for_ever_is_stopped():
    call, outcome = answered("<Redirect>start</Redirect>")
    assert (outcome, call.codes) == (ReplyOutcome.FAILED, [14106])


@pytest.mark.parametrize("body", ["<oops", Answer(b"x", "image/png")])
def test_a_document_that_cannot_be_read_is_notified(body):
    call, outcome = answered(body)
    assert (outcome, len(call.notifications)) == (ReplyOutcome.FAILED, 1)


def test_the_fallback_is_asked_when_the_document_cannot_be_fetched():
    failed = FetchFailed("refused", url=START, code=11205)
    call = ScriptedCall(
        ringing=False, application={START: failed, "http://app.test/other": "<Sms>sorry</Sms>"}
    )
    outcome = complete(Reply(call, fallback=Fetch(Url("http://app.test/other"))).run(Fetch(Url(START))))
    assert (outcome, call.codes, call.texts[0].text) == (ReplyOutcome.DONE, [11205], "sorry")
