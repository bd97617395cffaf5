"""Whole calls over a network that loses packets: they come about, and nothing of them stays."""

import random
from collections.abc import Collection, Iterator

import pytest

from sip.events import Acknowledged, Answered, SessionEnded
from tests.testkit.sip_scripts import answering
from tests.testkit.wire import two_phones

TALK = 20.0
"""Seconds until the caller hangs up."""
ALL_GIVEN_UP = 120.0
"""Seconds after which every transaction has ended (64·T1 and what lingers)."""


class Losses(Collection[int]):
    """Numbers of packets that are lost, each by the same chance."""

    def __init__(self, share: float, seed: int) -> None:
        self._share = share
        self._random = random.Random(seed)

    def __contains__(self, number: object) -> bool:
        return self._random.random() < self._share

    def __iter__(self) -> Iterator[int]:
        return iter(())

    def __len__(self) -> int:
        return 0


def call_succeeds(share: float, seed: int) -> bool:
    """Make a call, talk, hang up; whether both sides knew of it. What it took must be given back."""
    alice, bob, wire = two_phones(callee=answering(), lose=Losses(share, seed))
    session = alice.call()
    wire.run(TALK)
    came_about = bool(alice.all(Answered)) and bool(bob.all(Acknowledged))
    session.hang_up(wire.now)
    wire.run(TALK + ALL_GIVEN_UP)
    for phone in (alice, bob):
        left = phone.endpoint.statistics()
        assert (left.sessions, left.dialogs, left.client_transactions, left.server_transactions) == (
            0,
            0,
            0,
            0,
        )
    assert len(alice.all(SessionEnded)) == 1
    return came_about


@pytest.mark.hostile("T5", sent="150 calls at 5 % and 150 at 20 % loss of signalling")
@pytest.mark.parametrize(("share", "calls", "most_failed"), [(0.05, 150, 0), (0.2, 150, 1)])
def test_t5_calls_come_about_on_a_lossy_network(share: float, calls: int, most_failed: int, record_property):
    failed = [seed for seed in range(calls) if not call_succeeds(share, seed)]
    assert len(failed) <= most_failed, failed
    record_property(
        "held", f"{calls - len(failed)} of {calls} came about at {share:.0%}, nothing of them left"
    )
