"""How a REFER of ours is told of (rcml.md 5.14), in virtual time."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from engine.legs.referral import refer, refer_to_value
from rcml.referring import Referred, ReferRequest, ReferStatus
from sip.errors import UsageError
from tests.testkit.virtual_loop import run_virtual

BOB = ReferRequest(uri="sip:bob@example.com")


class Leg:
    """A leg whose telephone tells of its transfer by a script: (seconds, changed fields)."""

    local_address = "<sip:1111@us.test>"

    def __init__(self, *script: tuple[float, dict[str, Any]], over: bool = False) -> None:
        self.loop = asyncio.get_running_loop()
        self.ended: asyncio.Future[None] = self.loop.create_future()
        self.on_refer_progress: Any = None
        self.sent: list[tuple[str, Any]] = []
        self._script, self._over = script, over

    @property
    def gone(self) -> bool:
        return self.ended.done()

    def refer(self, refer_to: str, headers: Any = ()) -> Any:
        if self._over:
            raise UsageError("refer while Terminated")
        self.sent.append((refer_to, list(headers)))
        asked = SimpleNamespace(answered=None, notified=None, over=False)

        def happen(fields: dict[str, Any]) -> None:
            if fields.pop("leaves", False):
                self.ended.set_result(None)
            vars(asked).update(fields)
            if self.on_refer_progress is not None:
                self.on_refer_progress()

        for at, fields in self._script:
            self.loop.call_later(at, happen, dict(fields))
        return asked


def referred(*script: tuple[float, dict[str, Any]], over: bool = False) -> tuple[Referred, float]:
    """Refer a leg, and return the outcome and how long it took."""

    async def main() -> tuple[Referred, float]:
        loop = asyncio.get_running_loop()
        begun = loop.time()
        leg: Any = Leg(*script, over=over)
        outcome = await refer(leg, BOB)
        assert leg.on_refer_progress is None
        return outcome, loop.time() - begun

    return run_virtual(main())


ACCEPTED = (1.0, {"answered": 202})


@pytest.mark.parametrize(
    ("notified", "status"),
    [
        (200, ReferStatus.IN_PROGRESS),
        (486, ReferStatus.BUSY),
        (600, ReferStatus.BUSY),
        (487, ReferStatus.NO_ANSWER),
        (404, ReferStatus.FAILED),
        (603, ReferStatus.FAILED),
    ],
)
def test_the_fragment_decides(notified, status):
    outcome, lasted = referred(
        ACCEPTED, (2.0, {"notified": 100}), (3.0, {"notified": notified, "over": True})
    )
    assert outcome == Referred(status=status, response=202, notified=notified)
    assert lasted == 3.0


def test_a_refusal_is_no_status():
    assert referred((1.0, {"answered": 603, "over": True})) == (Referred(response=603), 1.0)


def test_nothing_told_within_a_minute_is_no_status():
    assert referred(ACCEPTED) == (Referred(response=202), 60.0)


def test_a_beginning_without_an_end_is_a_failure():
    outcome, lasted = referred(ACCEPTED, (2.0, {"notified": 180}))
    assert (outcome.status, outcome.notified, lasted) == (ReferStatus.FAILED, 180, 60.0)


def test_a_caller_who_leaves_undecided_is_canceled():
    outcome, lasted = referred(ACCEPTED, (5.0, {"leaves": True}))
    assert (outcome.status, lasted) == (ReferStatus.CANCELED, 5.0)


def test_a_caller_who_leaves_after_success_is_in_progress():
    outcome, _ = referred(ACCEPTED, (2.0, {"notified": 200}), (2.0, {"leaves": True}))
    assert outcome.status is ReferStatus.IN_PROGRESS


def test_a_caller_who_is_gone_already_is_canceled():
    assert referred(over=True)[0] == Referred(status=ReferStatus.CANCELED)


def test_headers_of_the_address_are_written_so_that_none_ends_another():
    request = ReferRequest(
        uri="sip:bob@example.com;transport=tcp", headers=(("X-A", "1&B=2"), ("Subject", "é"))
    )
    assert refer_to_value(request) == "<sip:bob@example.com;transport=tcp?X-A=1%26B%3D2&Subject=%C3%A9>"
