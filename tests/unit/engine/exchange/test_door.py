import pytest

from engine.config.limits_section import LimitsSection
from engine.exchange.account_caps import AccountCaps
from engine.exchange.door import Door
from engine.exchange.talk_meter import TalkMeter


@pytest.mark.parametrize(
    ("wanted", "capacity", "allowed"),
    [(0, 60, 60), (10, 60, 10), (100, 60, 60)],
)
def test_no_more_calls_are_let_in_than_there_are_ports_and_files_for(wanted, capacity, allowed):
    assert (
        Door(
            LimitsSection(max_calls=wanted), capacity, TalkMeter(), AccountCaps(), lambda: True
        ).admission.max_calls
        == allowed
    )


def test_changed_limits_hold_at_once_and_keep_what_is_counted():
    door = Door(LimitsSection(), 60, TalkMeter(), AccountCaps(), lambda: True)
    door.clients.started("alice")
    assert door.clients.refusal("alice", 0.0) is None
    door.apply(LimitsSection(calls_per_client=1, requests_per_source=5, calls_per_second=7))
    assert door.clients.refusal("alice", 0.0) == "at_once"
    assert (door.sources.rate, door.admission.calls_per_second) == (5.0, 7)
