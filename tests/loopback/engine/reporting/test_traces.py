"""What is kept of exchanges with applications."""

from collections.abc import AsyncIterator

import pytest

from engine.config import Settings
from engine.config.traces_section import TracesSection
from engine.errors import FetchError
from engine.reporting.traces import TraceLog
from engine.requests.behalf import acting_for
from engine.requests.fetcher import Fetcher
from engine.store import Store, TraceRow
from tests.testkit.application import FakeApplication, Reply

ACCOUNT, CALL = "AC" + "a" * 32, "CA" + "a" * 32


@pytest.fixture
async def application() -> AsyncIterator[FakeApplication]:
    async with FakeApplication() as opened:
        yield opened


@pytest.fixture
async def fetcher(store: Store) -> AsyncIterator[Fetcher]:
    traces = TraceLog(store, TracesSection)
    made = Fetcher(Settings.embedded(), lambda sid: f"key of {sid}", None, traces.sent)
    yield made
    await made.close()


async def test_every_hop_of_a_fetch_is_kept_with_what_was_sent_and_answered(
    store: Store, fetcher: Fetcher, application: FakeApplication
):
    application.answer("/moved", Reply("", 302, headers=(("Location", "/x"),)))
    application.answer("/x", "<Response/>")
    application.answer("/gone", Reply("nothing here", 404))
    with acting_for(ACCOUNT, CALL):
        await fetcher.document(application.url("/moved"), "POST", {"CallSid": CALL, "Password": "hidden"})
        with pytest.raises(FetchError):
            await fetcher.document(application.url("/gone"))
    moved, answered, gone = await store.find(TraceRow, order_by=[TraceRow.date_created])
    assert {(row.account_sid, row.session_sid, row.direction) for row in (moved, answered, gone)} == {
        (ACCOUNT, CALL, "outbound")
    }
    assert (moved.status, moved.response_headers) == (302, [["Location", application.url("/x")]])
    assert (answered.status, answered.response_body, answered.problem) == (200, "<Response/>", "")
    assert f"CallSid={CALL}&Password=***" in answered.request_body
    assert (gone.status, gone.response_body) == (404, "nothing here")
    assert "404" in gone.problem


async def test_what_nobody_answers_is_kept_too_and_what_is_nobodys_is_not(store: Store, fetcher: Fetcher):
    url = "http://127.0.0.1:9/x"
    with pytest.raises(FetchError):
        await fetcher.document(url)
    assert await store.find(TraceRow) == []
    with acting_for(ACCOUNT, None), pytest.raises(FetchError):
        await fetcher.document(url)
    for row in await store.find(TraceRow):
        assert (row.status, row.session_sid, "no connection" in row.problem) == (None, None, True)
    assert await store.count(TraceRow) >= 1


async def test_turned_off_nothing_is_kept(store: Store):
    row = TraceRow(
        sid="TX" + "1" * 32, account_sid=ACCOUNT, session_sid=None, direction="outbound", method="GET",
        url="http://a/", request_headers=[], request_body="", latency_ms=1,
    )  # fmt: skip
    TraceLog(store, lambda: TracesSection(http_hours=0)).keep(row)
    assert await store.find(TraceRow) == []
