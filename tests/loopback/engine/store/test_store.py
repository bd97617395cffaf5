import asyncio
import os
import signal
import sys
import time
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection

from engine.errors import StoreError
from engine.http.dialect import RESTCOMM
from engine.http.filters import Contains
from engine.store import CallRow, CallStatus, NotificationRow, Row, Store, TrunkRow, utc_now
from engine.store.ordering import Order, newest_first

ACCOUNT = "AC" + "0" * 32


def call(number: int, **more) -> CallRow:
    fields = {
        "sid": f"CA{number:032x}", "account_sid": ACCOUNT, "instance_sid": "ID1", "from_": "alice",
        "to": "+1555", "direction": "inbound", "status": CallStatus.RINGING,
    }  # fmt: skip
    return CallRow(**{**fields, **more})


async def test_a_saved_row_is_read_back_as_it_was(store):
    saved = call(1, start_time=utc_now(), duration=3, forwarded_from="bob", reason="ünïcödé")
    store.save(saved)
    found = await store.get(CallRow, saved.sid)
    assert found is not saved
    assert found.values() == saved.values()


async def test_saving_again_changes_the_row(store):
    row = call(1)
    store.save(row)
    await store.flush()
    row.status = CallStatus.COMPLETED
    store.save(row)
    assert (await store.get(CallRow, row.sid)).status == "completed"
    assert await store.count(CallRow) == 1


async def test_a_text_that_a_database_cannot_hold_loses_a_sign_and_not_its_row(store):
    await store.commit(call(1, from_="a\0b", caller_name="\udcff\U0001f600"))
    row = await store.get(CallRow, call(1).sid)
    assert (row.from_, row.caller_name) == ("ab", "?\U0001f600")
    assert [each.sid for each in await store.find(CallRow, CallRow.from_ == "a\0b")] == [row.sid]


async def test_a_number_too_large_is_refused_or_kept_and_holds_up_no_other_row(store):
    with suppress(StoreError):
        await store.commit(call(1, duration=2**70))
    await store.commit(call(2))
    assert await store.get(CallRow, call(2).sid) is not None


async def test_parts_are_found_whatever_their_case(store):
    await store.commit(call(1, from_="sip:Alice@Example.com"))
    (condition,) = Contains("From", CallRow.from_).conditions({"From": "alice@"}, RESTCOMM)
    assert await store.count(CallRow, condition) == 1


async def test_a_second_daemon_is_kept_off_until_the_first_is_gone(store_url):
    first = await Store.open(store_url)
    with pytest.raises(StoreError, match="another dialplane uses this database"):
        await Store.open(store_url)
    await first.close()
    await (await Store.open(store_url)).close()


async def test_lists_survive_in_columns(store):
    trunk = TrunkRow(sid="TK1", account_sid=ACCOUNT, name="t", uri="sip:x", prefixes=["+", "00"])
    await store.commit(trunk)
    assert (await store.get(TrunkRow, "TK1")).prefixes == ["+", "00"]


async def test_rows_are_found_in_order_and_in_parts(store):
    store.save(*(call(number) for number in range(7)))
    part = await store.page(
        CallRow, CallRow.account_sid == ACCOUNT, order=Order((CallRow.sid,)), limit=2, offset=1
    )
    assert [int(row.sid[2:], 16) for row in part] == [5, 4]
    assert await store.count(CallRow, CallRow.sid > f"CA{4:032x}") == 2
    assert await store.count(CallRow, CallRow.sid > f"CA{1:032x}", at_most=3) == 3


@pytest.mark.parametrize("order", [newest_first(CallRow), Order((CallRow.to, CallRow.sid), descending=False)])
async def test_pages_beside_a_cursor_walk_a_whole_list_in_both_directions(store, order):
    # Many calls of one moment to one number: only the sid tells them apart.
    moment = utc_now()
    rows = [call(number, to=f"+{number // 4}", date_created=moment) for number in range(11)]
    await store.commit(*rows)
    pages = [await store.page(CallRow, order=order, limit=3)]
    while len(pages[-1]) == 3:
        cursor = order.cursor(pages[-1][-1])
        pages.append(await store.page(CallRow, order=order, limit=3, beside=cursor))
    walked = [row.sid for page in pages for row in page]
    assert walked == [row.sid for row in (reversed(rows) if order.descending else rows)]
    cursor = order.cursor(pages[2][0], backwards=True)
    back = await store.page(CallRow, order=order, limit=3, beside=cursor)
    assert [row.sid for row in back] == [row.sid for row in pages[1]]


async def test_empty_columns_come_last_when_the_largest_come_first(store):
    await store.commit(call(1, duration=5), call(2), call(3, duration=9))
    order = Order((CallRow.duration, CallRow.sid))
    assert not order.has_cursors
    assert [row.duration for row in await store.page(CallRow, order=order, limit=9)] == [9, 5, None]
    upwards = Order((CallRow.duration, CallRow.sid), descending=False)
    assert [row.duration for row in await store.page(CallRow, order=upwards, limit=9)] == [None, 5, 9]


async def test_deleted_rows_are_gone_and_nothing_is_deleted_by_oversight(store):
    store.save(call(1), call(2))
    assert await store.delete(CallRow, CallRow.sid == call(1).sid) == 1
    assert await store.count(CallRow) == 1
    with pytest.raises(ValueError, match="say which"):
        await store.delete(CallRow)


async def test_a_row_that_breaks_a_rule_is_refused_to_who_waits_for_it_alone(store):
    await store.commit(TrunkRow(sid="TK1", account_sid=ACCOUNT, name="same", uri="sip:x"))
    store.save(TrunkRow(sid="TK2", account_sid=ACCOUNT, name="same", uri="sip:x"))
    await store.commit(call(1))
    with pytest.raises(StoreError, match="refused a row"):
        await store.commit(TrunkRow(sid="TK3", account_sid=ACCOUNT, name="same", uri="sip:x"))
    assert await store.count(TrunkRow) == 1


async def test_a_local_time_is_refused_and_harms_no_other_row(store):
    with pytest.raises(StoreError, match="no time zone"):
        await store.commit(call(1, start_time=datetime(2024, 1, 1)))
    await store.commit(call(2))


async def test_the_instance_keeps_its_identifier_over_restarts(store_url):
    first = await Store.open(store_url)
    await first.close()
    second = await Store.open(store_url)
    await second.close()
    assert first.instance_sid == second.instance_sid
    assert first.instance_sid.startswith("ID")


async def test_the_migrations_make_what_the_classes_declare(store):
    def differences(connection: Connection) -> list[Any]:
        return list(compare_metadata(MigrationContext.configure(connection), Row.metadata))

    assert await store._database.read(differences) == []


async def test_saving_takes_microseconds_while_calls_are_up(store):
    rows = [call(number) for number in range(1000)]
    begun = time.thread_time()
    store.save(*rows)
    assert time.thread_time() - begun < 0.25
    assert store.waiting == 1000
    await store.flush()
    assert store.waiting == 0


_WRITER = """
import asyncio, sys
from engine.store import NotificationRow, Store

async def main():
    store = await Store.open(sys.argv[1])
    for number in range(1_000_000):
        sid = f"NO{number:032x}"
        await store.commit(NotificationRow(sid=sid, account_sid="AC", error_code=1, message_text=""))
        print(number, flush=True)

asyncio.run(main())
"""


async def test_what_was_acknowledged_survives_kill_9(store_url):
    writer = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _WRITER, store_url, stdout=asyncio.subprocess.PIPE, cwd=os.getcwd()
    )
    assert writer.stdout is not None
    acknowledged = -1
    while acknowledged < 50:
        acknowledged = int(await writer.stdout.readline())
    writer.send_signal(signal.SIGKILL)
    rest = (await writer.stdout.read()).split()
    await writer.wait()
    acknowledged = int(rest[-1]) if rest else acknowledged
    store = await Store.open(store_url)
    assert await store.count(NotificationRow) >= acknowledged + 1
    await store.close()


async def test_dates_keep_their_microseconds(store):
    moment = utc_now() - timedelta(microseconds=123)
    await store.commit(call(1, end_time=moment))
    assert (await store.get(CallRow, call(1).sid)).end_time == moment
