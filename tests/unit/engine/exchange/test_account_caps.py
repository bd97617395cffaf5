from types import SimpleNamespace
from typing import Any

import pytest

from engine.exchange.account_caps import CAPPED, AccountCaps
from tests.testkit.virtual_loop import run_virtual

ONE, OTHER = "AC" + "1" * 32, "AC" + "2" * 32


def test_each_account_has_a_count_of_its_own():
    caps = AccountCaps()
    caps.calls.at_once = 1
    caps.calls.started(ONE)
    words = caps.refusal(ONE, 0.0)
    assert words == (
        f"account {ONE} has as many calls up as it may have (1); wait, see who calls, "
        "or raise [limits] calls_per_account"
    )
    assert caps.refusal(OTHER, 0.0) is None


@pytest.mark.hostile("T13", sent="1,000 calls of one account in 10 s")
def test_no_more_calls_in_any_second_than_allowed(record_property):
    caps = AccountCaps()
    caps.calls.in_a_while = 5
    let_in = sum(caps.refusal(ONE, number / 100) is None for number in range(1000))
    assert let_in == 50
    record_property("held", f"{let_in} begun at 5 a second, each other refused")


def test_without_minutes_left_only_trunks_are_closed():
    async def main() -> None:
        caps = AccountCaps()
        caps.minutes.seconds_a_day = 60.0
        caps.minutes.resume(ONE, begun_ago=100, used=60)
        assert caps.refusal(ONE, 0.0) is None
        assert caps.refusal(OTHER, 0.0, through_trunk=True) is None
        assert str(caps.refusal(ONE, 0.0, through_trunk=True)).startswith(
            f"account {ONE} has talked through trunks for the 1 minutes"
        )

    run_virtual(main())


def test_an_account_is_told_of_each_limit_once_a_minute():
    caps = AccountCaps()
    told: list[tuple[int, str]] = []
    log: Any = SimpleNamespace(add=lambda code, words, **of: told.append((code, of["account_sid"])))
    for now in range(100):
        caps.tell(ONE, "raise [limits] calls_per_account", float(now), log)
    caps.tell(OTHER, "raise [limits] calls_per_account", 100.0, log)
    caps.tell(ONE, "raise [limits] minutes_per_account_per_day", 100.0, log)
    assert told == [(CAPPED, ONE), (CAPPED, ONE), (CAPPED, OTHER), (CAPPED, ONE)]
