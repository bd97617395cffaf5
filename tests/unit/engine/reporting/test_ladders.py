"""The messages of a leg, in memory while it lives and in the store afterwards."""

import asyncio
from typing import Any

from engine.config.traces_section import TracesSection
from engine.reporting.ladders import Ladders, Outline, new_trace
from engine.store import LadderRow
from sip.flow import Flow
from sip.transport.local import CALLED, CALLING
from tests.testkit.sip_messages import request, response
from tests.testkit.virtual_loop import run_virtual

FLOW = Flow("UDP", ("192.0.2.20", 5060), ("192.0.2.10", 5060))
CALL_ID, CALL_SID = "call-1@192.0.2.10", "CA" + "1" * 32


class FakeStore:
    def __init__(self) -> None:
        self.rows: dict[str, LadderRow] = {}

    def save(self, row: LadderRow) -> None:
        self.rows[row.sid] = row

    async def get(self, kind: type[LadderRow], sid: str) -> LadderRow | None:
        return self.rows.get(sid)


def ladders(**section: Any) -> Ladders:
    """A leg that rang, in the trace."""
    trace = new_trace()
    trace.received(request("INVITE"), FLOW, 1.0)
    ringing = response(180, headers={"X-RestComm-CallSid": CALL_SID})
    trace.sent(ringing, ringing.to_bytes(), FLOW, 1.5)
    store: Any = FakeStore()
    return Ladders(trace, store, lambda: TracesSection(**section))


def summaries(row: LadderRow | None) -> list[str]:
    assert row is not None
    return [step[3] for step in row.steps]


def test_what_passed_is_shown_while_the_leg_lives():
    assert summaries(run_virtual(ladders().find(CALL_SID))) == ["INVITE", "180 (INVITE)"]


def test_what_the_store_has_of_an_ended_leg_is_not_held_in_memory_too():
    async def end() -> LadderRow | None:
        kept = ladders()
        kept.ended(CALL_ID)
        kept._trace.received(request("BYE"), FLOW, 2.0)
        await asyncio.sleep(2.0)
        assert not list(kept._trace.call_ids())
        return await kept.find(CALL_SID)

    assert summaries(run_virtual(end())) == ["INVITE", "180 (INVITE)", "BYE"]


def test_a_leg_that_is_not_kept_is_shown_from_memory_until_others_push_it_out():
    async def end() -> LadderRow | None:
        kept = ladders(sip_hours=0)
        kept.ended(CALL_ID)
        await asyncio.sleep(2.0)
        return await kept.find(CALL_SID)

    assert summaries(run_virtual(end())) == ["INVITE", "180 (INVITE)"]


def test_a_call_to_ourselves_has_the_messages_of_either_side_under_its_own_call_sid():
    theirs = "CA" + "2" * 32
    kept = ladders()
    kept._trace.forget(CALL_ID)
    invite = request("INVITE", headers={"X-RestComm-CallSid": CALL_SID, "X-RestComm-AccountSid": "AC1"})
    ringing = response(180, headers={"X-RestComm-CallSid": theirs, "X-RestComm-AccountSid": "AC2"})
    kept._trace.sent(invite, invite.to_bytes(), CALLING, 1.0)
    kept._trace.received(invite, CALLED, 1.1)
    kept._trace.sent(ringing, ringing.to_bytes(), CALLED, 1.2)
    kept._trace.received(ringing, CALLING, 1.3)

    async def seen() -> list[tuple[str, list[list[str]]]]:
        found = [await kept.find(CALL_SID), await kept.find(theirs)]
        kept.ended(CALL_ID)
        await asyncio.sleep(2.0)
        found += [await kept.find(CALL_SID), await kept.find(theirs)]
        return [(row.account_sid, [step[:4] for step in row.steps]) for row in found if row is not None]

    ours_seen = (
        "AC1",
        [
            ["0.000", "->", "LOCAL localhost:2", "INVITE"],
            ["0.300", "<-", "LOCAL localhost:2", "180 (INVITE)"],
        ],
    )
    theirs_seen = (
        "AC2",
        [
            ["0.000", "<-", "LOCAL localhost:1", "INVITE"],
            ["0.100", "->", "LOCAL localhost:1", "180 (INVITE)"],
        ],
    )
    assert run_virtual(seen()) == [ours_seen, theirs_seen] * 2


def test_the_outline_of_a_leg_is_its_invite_and_its_last_answer():
    seen = run_virtual(ladders().outlines({CALL_SID, "CA" + "2" * 32}))
    assert seen == {CALL_SID: Outline(str(request("INVITE").uri), 180)}
    assert not run_virtual(ladders().outlines(set()))
