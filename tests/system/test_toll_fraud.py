"""A stolen password: what it may talk through trunks in a day is bounded, and the account is told."""

from __future__ import annotations

import asyncio

import pytest

from engine.exchange.talk_meter import TALKED_OUT
from tests.testkit.callee import Callees
from tests.testkit.contacts import PASSWORD
from tests.testkit.daemon import Daemon
from tests.testkit.phone import Phones
from tests.testkit.ports import free_port

CARRIER = free_port()
SECONDS = 1.2

CLIENTS = [{"login": "maria", "password": PASSWORD}]

SETTINGS = {
    "sip": {"ping_interval": 0.0},
    "limits": {"minutes_per_client_per_day": SECONDS / 60},
    "trunks": [{"name": "carrier", "uri": f"sip:127.0.0.1:{CARRIER}", "prefixes": ["+1"]}],
}


@pytest.mark.hostile("T13", sent="a client's call to a carrier that goes on and on, then another call")
async def test_t13_a_client_that_has_talked_enough_today_is_cut_off_and_calls_nobody_more(
    phones: Phones, callees: Callees, daemon: Daemon, record_property
):
    premium = await callees.add(port=CARRIER)
    call = await phones.dial("+19005550123", login="maria", password=PASSWORD)
    await call.answered()
    begun = asyncio.get_running_loop().time()
    await premium.sip.reached("byed")
    talked = asyncio.get_running_loop().time() - begun
    await call.ended_by_server()
    again = await phones.dial("+19005550123", login="maria", password=PASSWORD)
    refusal = await again.refused()
    assert refusal.status == 480
    noted = [line for line in daemon.log_lines() if line.get("event") == "client.talked_out"]
    assert [line["login"] for line in noted] == ["maria"]
    for arrived in [line for line in daemon.log_lines() if line.get("event") == "call.arrived"]:
        assert [note["error_code"] for note in daemon.notifications(arrived["call_sid"])] == [TALKED_OUT]
    record_property("held", f"BYE after {talked:.1f} s of {SECONDS} s allowed, 480 to the next, 11013")
