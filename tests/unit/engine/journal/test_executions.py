"""Records of executed verbs: what is kept of each, and what never is."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from engine.journal.executions import CallExecutions
from engine.store import CallRow
from engine.store.execution_rows import ExecutionRow
from rcml.call import CallerGone, Collected, EndedBy, PlaybackFailed, Recorded
from rcml.parser import parse
from rcml.referring import Change, Changed, Referred, ReferStatus
from tests.testkit.virtual_loop import run_virtual

CALL = CallRow(
    sid="CA" + "1" * 32, account_sid="AC" + "2" * 32, instance_sid="ID", from_="bob", to="1111",
    direction="inbound", status="in-progress",
)  # fmt: skip


def executed(
    document: str, *answers: object, error: BaseException | None = None, seconds: float = 2.0
) -> ExecutionRow:
    """Return the record of the one verb of a document."""
    rows: list[ExecutionRow] = []

    async def main() -> None:
        store: Any = SimpleNamespace(save=rows.append)
        (verb,) = parse(f"<Response>{document}</Response>".encode(), "text/xml", "http://app/").verbs
        execution = CallExecutions(CALL, store)(verb)
        await asyncio.sleep(seconds)
        for answer in answers:
            execution.answered(answer)
        execution.ended(error)

    run_virtual(main())
    (row,) = rows
    assert (row.account_sid, row.call_sid) == (CALL.account_sid, CALL.sid)
    return row


def test_a_text_is_measured_and_not_kept():
    row = executed('<Say voice="woman" language="fr" loop="2">secret</Say>')
    assert (row.sid[:2], row.verb, row.status, row.duration) == ("SA", "Say", "completed", 2.0)
    assert row.details == {
        "character_count": 6, "provider": None, "language": "fr", "voice": "woman", "loop": 2,
    }  # fmt: skip
    assert "secret" not in str(row.values())


def test_keys_are_counted_and_not_kept():
    row = executed('<Gather numDigits="4" finishOnKey="*"/>', Collected(digits="9876"))
    assert (row.sid[:2], row.verb, row.status) == ("GA", "Gather Dtmf", "completed")
    assert (row.details["digits_count"], row.details["num_digits"], row.details["finish_on_key"]) == (
        4,
        4,
        "*",
    )
    assert "9876" not in str(row.details)


@pytest.mark.parametrize(
    ("attributes", "collected", "verb", "status"),
    [
        ('input="speech"', Collected(speech="yes"), "Gather Speech", "completed"),
        ('input="speech"', Collected(), "Gather Speech", "no-input"),
        ('input="dtmf speech"', Collected(digits="1"), "Gather Dtmf", "completed"),
        ("", Collected(), "Gather Dtmf", "no-input"),
    ],
)
def test_what_was_gathered_says_which_kind_it_was(attributes, collected, verb, status):
    row = executed(f'<Gather {attributes} preTimeout="7"/>', collected)
    assert (row.verb, row.status) == (verb, status)
    assert row.details.get("preTimeout", 7) == 7


@pytest.mark.parametrize(
    ("document", "answers", "prefix", "status", "details"),
    [
        ("<Hold/>", [Changed(Change.DONE, 200)], "HO", "held", {"sip_response_code": "200"}),
        ("<Resume/>", [Changed(Change.NO_ANSWER, 408)], "RM", "no-answer", {"sip_response_code": "408"}),
        ("<Resume/>", [None], "RM", "resumed", {"sip_response_code": None}),
        (
            "<Refer><Sip>sip:a@b</Sip></Refer>",
            [Referred(status=ReferStatus.BUSY, response=202, notified=486)],
            "RF",
            "completed",
            {
                "to": "sip:a@b", "from": "bob", "call_status": "busy", "refer_sip_response_code": "202",
                "notify_sip_response_code": "486",
            },
        ),
        (
            "<Record/>",
            [Recorded(ended_by=EndedBy.KEY, duration=3.5, url="http://x/RE.wav", key="#")],
            "RC",
            "completed",
            {"recording_url": "http://x/RE.wav", "recording_duration": 3.5, "ended_by": "key"},
        ),
        ("<Play>/a.wav</Play>", [], "PL", "completed", {"play_uri": "/a.wav", "loop": 1}),
        ("<Redirect>/b</Redirect>", [], "RD", "completed", {"url": "/b", "method": "POST"}),
        ("<Pause/>", [], "EX", "completed", {}),
    ],
)  # fmt: skip
def test_each_verb_is_remembered_for_what_it_did(document, answers, prefix, status, details):
    row = executed(document, *answers)
    assert (row.sid[:2], row.status, row.details) == (prefix, status, details)


@pytest.mark.parametrize(
    ("error", "status", "reason", "code"),
    [
        (CallerGone(), "canceled", "the caller hung up", None),
        (asyncio.CancelledError(), "canceled", "the call was given something else to do", None),
        (PlaybackFailed("no such file", url="http://x"), "failed", "no such file", 13233),
        (RuntimeError("x"), "failed", "an internal error; the log has its trace", None),
    ],
)
def test_a_verb_that_did_not_come_to_its_end_says_why(error, status, reason, code):
    row = executed("<Play>/a.wav</Play>", error=error)
    assert (row.status, row.reason, row.error_code) == (status, reason, code)
