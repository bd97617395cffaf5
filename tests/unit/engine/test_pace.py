import pytest

from engine.pace import AT_ONCE, Pace


def test_a_peer_in_use_never_waits_and_a_flood_gets_so_many_messages_a_second():
    now = 0.0
    pace = Pace(lambda: now, 1_000)
    for _ in range(10 * AT_ONCE):
        now += 0.1
        assert pace.rest() == 0.0
    begun = now
    for _ in range(10_000):
        now += pace.rest()
    assert now - begun == pytest.approx(10.0, abs=0.1)
