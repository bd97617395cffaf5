"""A restart takes up the day's minutes from the records, on both databases."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from engine.exchange.account_caps import AccountCaps
from engine.exchange.talk_meter import TalkMeter
from engine.store import CallRow, CallStatus, Store, utc_now
from engine.switchboard.used_minutes import take_up_minutes


def leg(store: Store, number: int, hours_ago: float, minutes: float, **more: Any) -> CallRow:
    """Make the record of an answered leg through the trunk."""
    begun = utc_now() - timedelta(hours=hours_ago)
    values: dict[str, Any] = {
        "account_sid": "AC1", "instance_sid": store.instance_sid, "trunk": "carrier", "payer": "alice",
        "start_time": begun, "date_created": begun, "duration": round(minutes * 60),
        "end_time": begun + timedelta(minutes=minutes),
    }  # fmt: skip
    return CallRow(
        sid=f"CA{number:032x}", from_="a", to="b", direction="outbound-dial", status=CallStatus.COMPLETED,
        **values | more,
    )  # fmt: skip


@pytest.mark.hostile("T13", sent="restarts between the calls of a stolen password")
async def test_t13_what_was_talked_today_is_known_after_a_restart(store, record_property):
    await store.commit(
        leg(store, 1, 2, 30),
        leg(store, 2, 1, 10),
        leg(store, 3, 25, 600),
        leg(store, 4, 1, 600, trunk=""),
        leg(store, 5, 1, 600, instance_sid="another server"),
        leg(store, 6, 1, 20, payer=""),
        leg(store, 7, 3, 5, account_sid="AC2", payer="bob"),
    )
    cut_off = leg(store, 8, 4, 7)
    clients, caps = TalkMeter(), AccountCaps()
    services: Any = SimpleNamespace(store=store, talk_meter=clients, account_caps=caps)
    await take_up_minutes(services, [cut_off])
    used = {}
    for meter, names in ((clients, ("alice", "bob", "carol", "")), (caps.minutes, ("AC1", "AC2"))):
        for name in names:
            most = 0.0
            for minutes in range(1, 100):
                meter.seconds_a_day = 60.0 * minutes
                if meter.used_up(name):
                    most = minutes
            used[name] = most
    assert used == {"alice": 47, "bob": 5, "carol": 0, "": 0, "AC1": 67, "AC2": 5}
    record_property("held", "47 of 47 minutes of the client, 67 of 67 of its account")
