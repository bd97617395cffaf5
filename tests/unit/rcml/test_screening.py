"""Screening: rows of rcml.md 5.6.6."""

import gc
import weakref
from typing import Any

import pytest

from rcml.errors import FETCH_HTTP_STATUS, FetchFailed, PlaybackFailed
from rcml.flow import Fetch
from rcml.interpreter import InterpreterOptions
from rcml.parser import parse_xml
from rcml.screening import Screening, ScreeningOutcome
from rcml.values import HttpMethod, Url
from tests.testkit.scripted_call import START, ScriptedCall, complete
from tests.testkit.scripted_caller import Reply

ASK = '<Gather action="/decide" numDigits="1" timeout="3"><Say>Press one.</Say></Gather>'


def screen(document: Reply, **script: Any) -> tuple[ScreeningOutcome, ScriptedCall]:
    callee = ScriptedCall(ringing=False, **script)
    callee.application[START] = document
    return complete(Screening(callee).run(Fetch(Url(START), HttpMethod.GET))), callee


@pytest.mark.parametrize("document", ["", "<Response></Response>", "<Response/>"])
def test_an_empty_document_connects_the_callee(document: str):
    outcome, callee = screen(document)
    assert (outcome, callee.gone) == (ScreeningOutcome.ACCEPTED, False)
    assert callee.asked == [f"GET {START}"]


def test_the_end_of_a_document_connects_the_callee_after_what_it_says():
    document = "<Response><Say>A call.</Say><Play>a.wav</Play><Pause length='2'/></Response>"
    outcome, callee = screen(document)
    assert (outcome, callee.heard) == (
        ScreeningOutcome.ACCEPTED,
        ["said A call.", "played http://app.test/a.wav"],
    )
    assert (callee.now, callee.gone) == (5.0, False)


def test_a_hangup_declines():
    outcome, callee = screen("<Response><Say>No.</Say><Hangup/></Response>")
    assert (outcome, callee.ended) == (ScreeningOutcome.DECLINED, "BYE")


def test_a_reject_of_a_callee_who_answered_declines():
    outcome, callee = screen("<Reject/>")
    assert (outcome, callee.ended) == (ScreeningOutcome.DECLINED, "BYE")


@pytest.mark.parametrize(
    ("presses", "outcome"),
    [([(1.5, "1")], ScreeningOutcome.ACCEPTED), ([], ScreeningOutcome.DECLINED)],
)
def test_a_callee_decides_by_a_key(presses: list[tuple[float, str]], outcome: ScreeningOutcome):
    document = f"<Response>{ASK}<Hangup/></Response>"
    assert screen(document, presses=presses)[0] is outcome


def test_a_redirect_leads_to_another_screening_document():
    outcome, callee = screen(
        "<Redirect>/other</Redirect>", application={"http://app.test/other": "<Hangup/>"}
    )
    assert (outcome, len(callee.requests)) == (ScreeningOutcome.DECLINED, 2)


def test_a_recording_of_the_callee_goes_on_with_its_action():
    outcome, callee = screen('<Record action="/named" maxLength="2"/>')
    assert (outcome, callee.asked[1]) == (ScreeningOutcome.ACCEPTED, "POST http://app.test/named")


def test_a_dial_fails():
    outcome, callee = screen("<Response><Say>a</Say>\n<Dial>100</Dial></Response>")
    assert (outcome, callee.heard, callee.dialled_with) == (ScreeningOutcome.FAILED, ["said a"], [])
    assert [(note.code, note.line, note.url) for note in callee.notifications] == [(12200, 2, START)]
    assert callee.ended == "BYE (Dial in a screening document)"


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        (FetchFailed("status 500", url=START, code=FETCH_HTTP_STATUS, status=500), 11206),
        ("<oops", 12100),
        ("<Redirect>http://</Redirect>", 11100),
        ("<Redirect>start</Redirect>", 14106),
    ],
)
def test_an_application_at_fault_ends_the_leg_without_an_apology(reply: Reply, code: int):
    outcome, callee = screen(reply)
    assert (outcome, callee.codes, callee.heard) == (ScreeningOutcome.FAILED, [code], [])
    assert callee.ended is not None
    assert callee.ended.startswith("BYE (")


def test_a_sound_that_cannot_be_played_fails():
    missing = "http://app.test/a.wav"
    outcome, callee = screen("<Play>a.wav</Play>", application={missing: PlaybackFailed("404", url=missing)})
    assert (outcome, callee.codes, callee.gone) == (ScreeningOutcome.FAILED, [13233], True)


@pytest.mark.parametrize("hangs_up_at", [0.0, 0.5, 1.5])
def test_a_callee_who_hangs_up_is_gone(hangs_up_at: float):
    document = "<Response><Say>a</Say><Say>b</Say></Response>"
    assert screen(document, hangs_up_at=hangs_up_at)[0] is ScreeningOutcome.CALLEE_GONE


def test_a_callee_who_hangs_up_as_the_document_ends_is_gone():
    outcome, _ = screen('<Record action="/named"/>', hangs_up_at=1.0)
    assert outcome is ScreeningOutcome.CALLEE_GONE


def test_options_are_those_of_the_server():
    callee = ScriptedCall(ringing=False)
    screening = Screening(callee, options=InterpreterOptions(max_documents=3))
    callee.application[START] = "<Redirect>start</Redirect>"
    assert complete(screening.run(Fetch(Url(START)))) is ScreeningOutcome.FAILED
    assert len(callee.requests) == 3


def test_a_document_at_hand_is_run_without_a_request():
    callee = ScriptedCall(ringing=False)
    document = parse_xml("<Say>a</Say>", START)
    assert complete(Screening(callee).run(document)) is ScreeningOutcome.ACCEPTED
    assert (callee.requests, callee.heard) == ([], ["said a"])


def test_a_screening_that_is_over_is_gone_without_a_search_for_garbage():
    callee = ScriptedCall(ringing=False)
    callee.application[START] = "<Response><Say>A call.</Say></Response>"
    gc.collect()
    gc.disable()
    try:
        screening = Screening(callee)
        complete(screening.run(Fetch(Url(START), HttpMethod.GET)))
        gone = weakref.ref(screening)
        del screening
        assert gone() is None
    finally:
        gc.enable()
