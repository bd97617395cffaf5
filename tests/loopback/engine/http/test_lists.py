"""Lists as testcases.md N and O check them: pages, filters and order, in both dialects."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from engine.store import CallRow, NotificationRow, RecordingRow, Store, TraceRow
from tests.testkit.http_visitor import CHILD, ROOT, Visitor
from tests.testkit.postgresql import BOTH

CALLS = f"/2012-04-24/Accounts/{ROOT}/Calls.json"
TWILIO = f"/2010-04-01/Accounts/{ROOT}/Calls.json"
FIRST = datetime(2013, 8, 20, 12, tzinfo=UTC)
PARENT = "CA" + "f" * 32


def call(number: int, *, account: str = ROOT, **fields: Any) -> CallRow:
    """Make the call of a number; each is an hour after the one before."""
    values: dict[str, Any] = {
        "from_": f"302109{number:04}", "to": f"1512600{number:04}", "direction": "inbound",
        "status": "completed", "duration": number % 7, "date_created": FIRST + timedelta(hours=number),
    } | fields  # fmt: skip
    return CallRow(sid=f"CA{number:032x}", account_sid=account, instance_sid="ID", **values)


on_both_databases = pytest.mark.parametrize("store_url", BOTH, indirect=True)


@pytest.fixture
async def calls(visitor: Visitor, store: Store) -> Visitor:
    """448 calls: number 3 came in through another, 4 is live, and 5 more belong to a sub-account."""
    rows = [call(number) for number in range(448)]
    rows[3] = call(3, parent_call_sid=PARENT, direction="outbound-dial")
    rows[4] = call(4, status="in-progress", to="+131313", duration=None)
    await store.commit(*rows, *(call(1000 + number, account=CHILD) for number in range(5)))
    return visitor


async def test_n01_pages_of_fifty(calls: Visitor):
    first = await calls.json(CALLS)
    assert (len(first["calls"]), first["start"], first["end"], first["total"]) == (50, "0", "49", 448)
    third = await calls.json(f"{CALLS}?Page=2")
    assert (third["start"], third["end"]) == ("100", "149")
    last = await calls.json(f"{CALLS}?Page=8")
    assert (len(last["calls"]), last["start"], last["end"], last["num_pages"]) == (48, "400", "448", 8)


async def test_n02_pages_of_another_size(calls: Visitor):
    third = await calls.json(f"{CALLS}?PageSize=100&Page=2")
    assert (third["start"], third["end"], len(third["calls"])) == ("200", "299", 100)
    last = await calls.json(f"{CALLS}?PageSize=100&Page=4")
    assert (last["start"], last["end"]) == ("400", "448")
    assert (await calls.get(f"{CALLS}?PageSize=100&Page=5"))[0].status == 400


@on_both_databases
@pytest.mark.parametrize(
    ("query", "total"),
    [
        ("Status=in-progress", 1),  # N04
        ("Status=in-progress,ringing,queued", 1),
        ("From=3021090001", 1),  # N05
        ("From=30210900%25", 100),  # N05
        ("From=0001", 1),
        ("To=%2B131313", 1),
        ("To=+131313", 1),
        ("StartTime=2013-08-23", 388),  # N07
        ("StartTime=2013-08-23%2014:30:07.820000000", 373),  # N07
        ("StartTime=2013-08-23T14:30:07Z&EndTime=2013-08-23", 9),
        ("EndTime=2013-08-20", 12),
        (f"ParentCallSid={PARENT}", 1),
        (f"ParentCallSid=CA{'e' * 32}", 0),  # N08
        ("SubAccounts=true", 453),  # N10
        ("SubAccounts=true&Status=in-progress", 1),
    ],
)
async def test_n04_to_n10_filters(calls: Visitor, query: str, total: int):
    assert (await calls.json(f"{CALLS}?{query}"))["total"] == total


async def test_filters_stay_in_the_uris_of_other_pages(calls: Visitor):
    page = await calls.json(f"{CALLS}?From=30210900%25&PageSize=10")
    following = await calls.json(page["next_page_uri"])
    assert (following["page"], following["total"]) == (1, 100)


@on_both_databases
@pytest.mark.parametrize(
    ("query", "first", "last"),
    [
        ("DateCreated:asc", 0, 447),
        ("DateCreated", 0, 447),
        ("DateCreated:desc", 447, 0),
        ("From:desc", 447, 0),
        ("Direction:desc", 3, 0),
        ("Duration:desc", 447, 4),
    ],
)
async def test_sort_by_orders_the_whole_list(calls: Visitor, query: str, first: int, last: int):
    listed = (await calls.json(f"{CALLS}?SortBy={query}&PageSize=1000"))["calls"]
    found = {call["sid"]: call for call in listed}
    assert len(found) == 448
    key = {"Direction:desc": "direction", "Duration:desc": "duration"}.get(query)
    if key is None:
        assert (listed[0]["sid"], listed[-1]["sid"]) == (call(first).sid, call(last).sid)
    else:
        assert (listed[0][key], listed[-1][key]) == (found[call(first).sid][key], found[call(last).sid][key])


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("SortBy=Colour:asc", "Error parsing the SortBy parameter"),
        ("SortBy=From:up", "Error parsing the SortBy parameter"),
        ("StartTime=yesterday", "StartTime = 'yesterday': write a day as YYYY-MM-DD"),
    ],
)
async def test_what_cannot_be_read_is_400_in_words(calls: Visitor, query: str, text: str):
    response, body = await calls.get(f"{CALLS}?{query}")
    assert (response.status, text in body.decode()) == (400, True)


async def test_n11_recordings_of_a_call(calls: Visitor, store: Store):
    one, other = call(1), call(2)
    await store.commit(
        RecordingRow(
            sid="RE" + "1" * 32, account_sid=ROOT, call_sid=one.sid, instance_sid="ID", status="completed"
        )
    )
    base = f"/2012-04-24/Accounts/{ROOT}"
    assert len(await calls.json(f"{base}/Calls/{one.sid}/Recordings.json")) == 1
    assert await calls.json(f"{base}/Calls/{other.sid}/Recordings.json") == []
    assert (await calls.json(f"{base}/Recordings.json?CallSid={one.sid}"))["total"] == 1
    assert (await calls.json(f"{base}/Recordings.json?CallSid={other.sid}"))["total"] == 0
    twilio = await calls.json(f"/2010-04-01/Accounts/{ROOT}/Calls/{one.sid}/Recordings.json")
    assert [each["sid"] for each in twilio["recordings"]] == ["RE" + "1" * 32]


async def walk(visitor: Visitor, path: str) -> list[dict[str, Any]]:
    """Follow next_page_uri from a page to the end; return the pages."""
    pages = [await visitor.json(path)]
    while pages[-1]["next_page_uri"] not in (None, "null"):
        assert "PageToken=P" in pages[-1]["next_page_uri"]
        pages.append(await visitor.json(pages[-1]["next_page_uri"]))
    return pages


@on_both_databases
@pytest.mark.parametrize(
    "query", ["PageSize=100", "PageSize=64&SortBy=From:asc", "PageSize=30&From=30210900%25"]
)
@pytest.mark.parametrize("path", [CALLS, TWILIO])
async def test_next_page_uris_lead_through_the_whole_list_once(calls: Visitor, path: str, query: str):
    if path == TWILIO:
        query = query.replace("From=30210900%25", "Status=completed")
    pages = await walk(calls, f"{path}?{query}")
    walked = [call["sid"] for page in pages for call in page["calls"]]
    listed = (await calls.json(f"{path}?{query.partition('&')[2]}&PageSize=1000"))["calls"]
    assert walked == [call["sid"] for call in listed]
    assert [page["page"] for page in pages] == list(range(len(pages)))
    back = pages[-1]["previous_page_uri"]
    for page in reversed(pages[:-1]):
        previous = await calls.json(back)
        assert previous["calls"] == page["calls"]
        back = previous["previous_page_uri"]
    assert back in (None, "null")


async def test_calls_that_come_and_go_meanwhile_move_no_page(calls: Visitor, store: Store):
    first = await calls.json(f"{TWILIO}?PageSize=100")
    await store.commit(*(call(number) for number in range(500, 530)))
    await store.delete(CallRow, CallRow.sid == first["calls"][-1]["sid"])
    second = await calls.json(first["next_page_uri"])
    assert second["calls"][0]["sid"] == call(447 - 100).sid


@pytest.mark.parametrize(
    "token",
    ["PA", "x", "PAW10", "PAWzFd", "PAbnVsbA", "PAWzEsMl0", "PAWyJ5ZXN0ZXJkYXkiLCJDQSJd", "PA" + "W1" * 900],
)
async def test_a_token_of_another_list_is_refused(calls: Visitor, token: str):
    response, body = await calls.get(f"{TWILIO}?PageToken={token}")
    assert (response.status, b"PageToken is none of this list" in body) == (400, True)


async def test_a_list_ordered_by_what_may_be_empty_is_paged_by_number(calls: Visitor):
    first = await calls.json(f"{CALLS}?SortBy=Duration:asc&PageSize=300")
    assert "PageToken" not in first["next_page_uri"]
    second = await calls.json(first["next_page_uri"])
    assert len({each["sid"] for each in first["calls"] + second["calls"]}) == 448


async def test_twilios_pages_end_with_null_and_its_filters_are_exact(calls: Visitor):
    first = await calls.json(f"{TWILIO}?PageSize=300")
    assert (first["start"], first["end"], first["previous_page_uri"]) == (0, 299, None)
    second = await calls.json(first["next_page_uri"])
    assert (len(second["calls"]), second["next_page_uri"]) == (148, None)
    assert (await calls.json(f"{TWILIO}?Page=9&PageSize=300"))["calls"] == []
    assert (await calls.json(f"{TWILIO}?From=0001"))["calls"] == []
    assert len((await calls.json(f"{TWILIO}?From=3021090001"))["calls"]) == 1


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("StartTime=2013-08-21", 24),
        ("StartTime%3E=2013-08-21&StartTime%3C=2013-08-22", 48),
        ("StartTime%3C=2013-08-20", 12),
    ],
)
async def test_twilios_dates_have_their_side_in_the_name(calls: Visitor, query: str, count: int):
    assert len((await calls.json(f"{TWILIO}?{query}&PageSize=1000"))["calls"]) == count


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("DateCreated%3C=2013-08-20", {0, 1}),
        ("DateCreated%3E=2013-08-20T14:00:00Z", {1, 2, 3}),
        ("DateCreated=2013-08-21", {2, 3}),
    ],
)
async def test_old_recordings_are_listed_without_new_ones(
    visitor: Visitor, store: Store, query: str, numbers: set[int]
):
    whose = call(1)
    rows = [
        RecordingRow(
            sid=f"RE{number:032x}", account_sid=ROOT, call_sid=whose.sid, instance_sid="ID",
            status="completed", date_created=FIRST + timedelta(hours=number * 7),
        )
        for number in range(4)
    ]  # fmt: skip
    await store.commit(whose, *rows)
    whole = f"/2010-04-01/Accounts/{ROOT}/Recordings.json"
    for path in (whole, f"/2010-04-01/Accounts/{ROOT}/Calls/{whose.sid}/Recordings.json"):
        found = (await visitor.json(f"{path}?{query}"))["recordings"]
        assert {each["sid"] for each in found} == {rows[number].sid for number in numbers}
        assert all(each["start_time"] == each["date_created"] for each in found)


async def test_twilios_end_time_is_when_a_call_ended(visitor: Visitor, store: Store):
    late = FIRST + timedelta(days=2)
    await store.commit(call(1, end_time=FIRST), call(2, end_time=late), call(3, status="in-progress"))
    day = late.date().isoformat()
    for query, number in ((f"EndTime={day}", 2), (f"EndTime%3C={FIRST.date().isoformat()}", 1)):
        found = (await visitor.json(f"{TWILIO}?{query}"))["calls"]
        assert [each["sid"] for each in found] == [call(number).sid]


async def test_notifications_of_a_call_and_of_all_are_narrowed_to_errors(visitor: Visitor, store: Store):
    whose = call(1)
    noted = {
        level: NotificationRow(
            sid=f"NO{level:032x}",
            account_sid=ROOT,
            call_sid=whose.sid,
            log=level,
            error_code=11200,
            message_text="x",
        )
        for level in (0, 1)
    }
    await store.commit(whose, *noted.values())
    for path in ("Notifications.json", f"Calls/{whose.sid}/Notifications.json"):
        found = (await visitor.json(f"/2010-04-01/Accounts/{ROOT}/{path}?Log=0"))["notifications"]
        assert [each["sid"] for each in found] == [noted[0].sid]


async def test_twilios_form_of_a_call_and_of_an_error(calls: Visitor):
    shown = await calls.json(f"/2010-04-01/Accounts/{ROOT}/Calls/{call(5).sid}.json")
    assert (shown["api_version"], shown["duration"]) == ("2010-04-01", "5")
    assert shown["uri"] == f"/2010-04-01/Accounts/{ROOT}/Calls/{call(5).sid}.json"
    assert "InstanceId" not in shown
    response, body = await calls.get(f"/2010-04-01/Accounts/{ROOT}/Calls/CA{'9' * 32}.json")
    assert (response.status, b'"code": 20404' in body) == (404, True)
    assert json.loads(body)["more_info"] == "https://www.twilio.com/docs/errors/20404"
    response, body = await calls.get(f"/2010-04-01/Accounts/{ROOT}/Calls.json", token="wrong")
    assert (response.status, b'"code": 20003' in body) == (401, True)


async def test_while_the_server_starts_no_call_is_made(visitor: Visitor):
    form = {"From": "1", "To": "+1", "Twiml": "<Response/>"}
    response, body = await visitor.get(CALLS, method="POST", data=form)
    assert (response.status, response.headers["Retry-After"]) == (503, "5")
    assert b"the server is starting" in body


async def test_a_body_that_is_no_form_is_refused(visitor: Visitor):
    response, _ = await visitor.get(CALLS, method="POST", json={"From": "1"})
    assert response.status == 415


def exchange(number: int, session: str) -> TraceRow:
    """Make the trace of a number; each is a second after the one before."""
    return TraceRow(
        sid=f"TX{number:032x}", account_sid=ROOT, session_sid=session, direction="outbound", method="POST",
        url=f"http://127.0.0.1/{number}", request_headers=[], request_body="", latency_ms=1,
        date_created=FIRST + timedelta(seconds=number),
    )  # fmt: skip


@on_both_databases
async def test_what_belongs_to_one_call_is_paged_in_its_order(visitor: Visitor, store: Store):
    await store.commit(*(exchange(number, PARENT if number % 2 else "CA" + "e" * 32) for number in range(14)))
    path, seen = f"/2012-04-24/Accounts/{ROOT}/Traces.json", []
    following = f"{path}?SessionSid={PARENT}&SortBy=DateCreated:asc&PageSize=3"
    while following != "null":
        page = await visitor.json(following)
        seen += [each["request"]["path"] for each in page["traces"]]
        following = page["next_page_uri"]
    assert seen == [f"/{number}" for number in range(1, 14, 2)]
    newest = await visitor.json(f"{path}?SessionSid={PARENT}&PageSize=3")
    assert [each["request"]["path"] for each in newest["traces"]] == ["/13", "/11", "/9"]
