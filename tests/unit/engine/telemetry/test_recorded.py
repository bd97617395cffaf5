"""Which spans a call leaves behind, and what they tell."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ParentBased
from opentelemetry.trace import SpanKind, StatusCode
from yarl import URL

from engine.errors import Cause, RequestRefused
from engine.journal.executions import CallExecutions
from engine.requests.http_request import Answer, Ended, Request, on_wire
from engine.store import CallRow
from engine.telemetry import spans
from rcml.call import CallerGone, PlaybackFailed
from rcml.parser import parse
from tests.testkit.recorded_spans import KeptSpans, kept_spans
from tests.testkit.virtual_loop import run_virtual

DIGITS = "0123456789abcdef" * 2
TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
REMOTE = {"Traceparent": f"00-{TRACE}-{SPAN}-01"}


@pytest.fixture
def kept() -> Iterator[KeptSpans]:
    with kept_spans() as kept:
        yield kept


def row(direction: str = "inbound", digits: str = DIGITS, **more: Any) -> CallRow:
    return CallRow(
        sid=f"CA{digits}", account_sid="AC" + "2" * 32, instance_sid="ID" + "3" * 32,
        from_="+15551230001", to="+15551230002", direction=direction, status="completed", **more,
    )  # fmt: skip


def dialled(parent: CallRow) -> CallRow:
    return row("outbound-dial", "9" * 32, parent_call_sid=parent.sid)


def ask(url: str, ended: Ended | None = None, **request: Any) -> dict[str, str]:
    """Send a request on paper and return its headers."""
    asked = Request(url=url, **request)
    wire = on_wire(asked, URL(url), 0.0, None)
    spans.recorder().exchange(asked, wire).ended(ended or Ended(answer=Answer(200, None, b"", url)))
    return wire.headers


def trace_ids(kept: KeptSpans) -> set[str]:
    return {f"{span.context.trace_id:032x}" for span in kept.all}


def execute(document: str, error: BaseException | None = None) -> None:
    """Follow the one verb of a document to its end; it asks its application once."""

    async def main() -> None:
        store: Any = SimpleNamespace(save=lambda row: None)
        (verb,) = parse(f"<Response>{document}</Response>".encode(), "text/xml", "http://app/").verbs
        execution = spans.recorder().verbs(row(), CallExecutions(row(), store))(verb)
        ask("http://app.test/")
        execution.answered(None)
        execution.ended(error)

    run_virtual(main())


def test_a_call_is_the_trace_whose_digits_its_sid_has(kept):
    with spans.recorder().call(row()):
        spans.recorder().leg(row(), "ringing")
        ask("http://app.test/")
        execute("<Pause/>")
        spans.recorder().leg(row(), "completed")
    assert kept.tree() == ["call > GET", "Pause > GET", "call > Pause", "call > leg", "> call"]
    assert trace_ids(kept) == {DIGITS}
    assert kept["call"].kind is SpanKind.SERVER


def test_a_leg_is_below_the_verb_that_dials_and_may_outlive_it(kept):
    child = dialled(row())
    with spans.recorder().call(row()):
        spans.recorder().leg(child, "initiated")
    spans.recorder().leg(child, "answered")
    spans.recorder().leg(child, "completed")
    assert kept.tree() == ["> call", "call > leg"]
    leg = kept["leg"]
    assert [event.name for event in leg.events] == ["initiated", "answered"]
    assert leg.kind is SpanKind.CLIENT
    assert leg.attributes["dialplane.call.parent_sid"] == row().sid


def test_a_call_that_the_api_makes_is_one_from_its_first_ring(kept):
    made = row("outbound-api")
    call = spans.recorder().call(made)
    with call.current():
        spans.recorder().leg(made, "initiated")
    with call:
        # The one who answered runs documents: it is the same call.
        with spans.recorder().call(made):
            ask("http://app.test/")
        spans.recorder().leg(made, "completed")
    assert kept.tree() == ["call > GET", "call > leg", "> call"]


def test_the_leg_of_a_dial_that_becomes_a_call_stays_in_its_trace(kept):
    child = dialled(row())
    with spans.recorder().call(row()):
        spans.recorder().leg(child, "initiated")
    with spans.recorder().asked(REMOTE), spans.recorder().call(child):
        ask("http://app.test/")
    spans.recorder().leg(child, "completed")
    assert trace_ids(kept) == {DIGITS}
    assert kept.tree()[1:] == ["call > GET", "leg > call", "call > leg"]


def test_a_call_continues_the_trace_of_the_request_that_makes_it(kept):
    with spans.recorder().asked(REMOTE):
        made = spans.recorder().call(row("outbound-api"))
    with made:
        pass
    assert trace_ids(kept) == {TRACE}
    assert f"{kept['call'].parent.span_id:016x}" == SPAN


@pytest.mark.parametrize("traceparent", ["", "00-zz", f"00-{'0' * 32}-{SPAN}-01", f"ff-{TRACE}-{SPAN}-01"])
def test_a_traceparent_that_is_none_begins_a_trace_of_its_own(kept, traceparent):
    with spans.recorder().asked({"traceparent": traceparent}), spans.recorder().call(row("outbound-api")):
        pass
    assert trace_ids(kept) == {DIGITS}


def test_a_call_that_comes_in_is_no_part_of_what_opened_its_connection(kept):
    with (
        spans.recorder().call(row("inbound", "7" * 32)),
        spans.recorder().asked(REMOTE),
        spans.recorder().call(row()),
    ):
        pass
    assert kept.all[0].context.trace_id == int(DIGITS, 16)
    assert kept.all[0].parent is None


def test_an_event_is_in_the_trace_of_its_call_long_after_it(kept):
    with spans.recorder().call(row()):
        carried = spans.recorder().carried(row().sid)
    with spans.recorder().continued(carried, row().sid):
        headers = ask("http://app.test/status", call_sid=row().sid)
    assert kept.tree() == ["> call", "call > GET"]
    assert headers["traceparent"].split("-")[1:3] == [DIGITS, f"{kept['GET'].context.span_id:016x}"]


def test_an_event_of_a_call_that_died_with_the_process_is_in_its_trace(kept):
    with spans.recorder().continued("", row().sid):
        ask("http://app.test/status", call_sid=row().sid)
    assert trace_ids(kept) == {DIGITS}


def test_an_event_that_no_call_told_is_in_the_trace_of_its_live_leg(kept):
    with spans.recorder().call(row("inbound", "7" * 32)):
        pass
    with spans.recorder().call(row()):
        spans.recorder().leg(row(), "ringing")
    assert spans.recorder().carried(row().sid).split("-")[1] == DIGITS
    spans.recorder().leg(row(), "completed")
    assert spans.recorder().carried(row().sid) == ""


def test_what_is_asked_for_no_call_is_not_recorded(kept):
    assert "traceparent" not in ask("http://app.test/")
    assert kept.all == []


def test_a_request_is_described_as_the_conventions_for_http_have_it(kept):
    ask("http://app.test:8080/a", call_sid=row().sid, event_id="EV1", attempt=3, method="POST")
    span = kept["POST"]
    assert span.kind is SpanKind.CLIENT
    assert dict(span.attributes) == {
        "http.request.method": "POST",
        "url.full": "http://app.test:8080/a",
        "server.address": "app.test",
        "server.port": 8080,
        "http.response.status_code": 200,
        "http.request.resend_count": 2,
        "dialplane.call.sid": row().sid,
        "dialplane.event.id": "EV1",
    }


def test_what_callers_say_and_secrets_are_not_in_a_url(kept):
    url = "http://us:er@app.test/a?page=2&auth_token=abc"
    ask(url, call_sid=row().sid, parameters=(("Digits", "xyzzy"), ("From", "+15551230001")))
    assert kept["GET"].attributes["url.full"] == "http://app.test/a?page=2&auth_token=***"
    assert "xyzzy" not in kept.all[0].to_json()
    assert "+1555" not in kept.all[0].to_json()


@pytest.mark.parametrize(
    ("cause", "status", "kind"),
    [(Cause.STATUS, 503, "503"), (Cause.CONNECT, None, "connect"), (Cause.READ, None, "read")],
)
def test_a_request_that_failed_says_how(kept, cause, status, kind):
    refused = RequestRefused(cause, "it failed", "http://app.test/", status)
    ask(
        "http://app.test/",
        Ended(problem="it failed", status=status, refused=refused),
        call_sid=row().sid,
    )
    span = kept["GET"]
    assert span.attributes["error.type"] == kind
    assert span.attributes.get("http.response.status_code") == status
    assert (span.status.status_code, span.status.description) == (StatusCode.ERROR, "it failed")


def test_a_request_that_the_caller_did_not_wait_for_was_cancelled(kept):
    ask("http://app.test/", Ended(problem="given up before there was an answer"), call_sid=row().sid)
    assert kept["GET"].attributes["error.type"] == "cancelled"


@pytest.mark.parametrize(
    ("error", "status", "failed"),
    [
        (None, "completed", False),
        (CallerGone(), "canceled", False),
        (asyncio.CancelledError(), "canceled", False),
        (PlaybackFailed("it is no sound file", url="http://app/x.wav"), "failed", True),
    ],
)
def test_a_verb_says_how_it_ended(kept, error, status, failed):
    execute("<Play>http://app/x.wav</Play>", error)
    span = kept["Play"]
    assert span.attributes["dialplane.verb.status"] == status
    assert (span.status.status_code is StatusCode.ERROR) == failed


def test_a_leg_says_how_it_sounded_and_a_failed_call_why(kept):
    failed = row(quality={"mos_heard": 4.1, "jitter_ms": None}, reason="no answer to our BYE")
    failed.status = "failed"
    with spans.recorder().call(failed):
        spans.recorder().leg(failed, "ringing")
        spans.recorder().leg(failed, "completed")
    assert kept["leg"].attributes["dialplane.leg.mos_heard"] == 4.1
    assert "dialplane.leg.jitter_ms" not in kept["leg"].attributes
    assert kept["call"].status.description == "no answer to our BYE"
    assert "+1555" not in kept["call"].to_json()


def test_a_call_that_is_not_sampled_tells_applications_so():
    with kept_spans(ParentBased(ALWAYS_OFF)) as kept, spans.recorder().call(row()):
        headers = ask("http://app.test/")
        execute("<Pause/>")
    assert int(headers["traceparent"].rpartition("-")[2], 16) & 1 == 0
    assert kept.all == []
