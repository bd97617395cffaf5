"""S7: octets of a peer that are no text reach the database, and hold up nobody's rows."""

import pytest

from engine.store import CallRow, CallStatus, Store


@pytest.mark.hostile("S7", sent="octets that are no UTF-8, and NUL, in what is kept of a call")
async def test_s7_octets_that_are_no_text_are_stored_as_question_marks(store: Store, record_property):
    names = ["alice", "\udcff\udcfebob", "ca\0rol", "\ud800"]
    rows = [
        CallRow(
            sid=f"CA{number:032x}", account_sid="AC" + "0" * 32, instance_sid="ID1", from_=name, to="1",
            direction="inbound", status=CallStatus.COMPLETED,
        )
        for number, name in enumerate(names)
    ]  # fmt: skip
    await store.commit(*rows, within=2.0)
    kept = [row.from_ for row in await store.find(CallRow, order_by=[CallRow.sid])]
    assert kept == ["alice", "??bob", "carol", "?"]
    record_property("held", f"{len(kept)} of {len(names)} rows written, no row waits")
