"""The gate of the daemon: when it is closed to whom, and what it writes down of those it turns away."""

from typing import Any

import pytest
from structlog.testing import capture_logs

from engine.exchange.admission import Admission
from engine.exchange.full_house import LINES, FullHouse
from engine.reporting.metrics import Metrics
from tests.testkit.sip_messages import request
from tests.testkit.virtual_stack import PHONE


class House:
    """A gate with nobody behind it."""

    def __init__(self, **limits: Any) -> None:
        self.healthy = True
        self.admission = Admission(**limits, store_healthy=lambda: self.healthy)
        self.metrics = Metrics()
        self.gate = FullHouse(self.admission, self.metrics)

    def refused(self) -> float:
        return float(self.metrics.calls_refused.labels("503")._value.get())


def test_while_there_is_room_the_gate_is_open():
    house = House(max_calls=2)
    assert not any(house.gate.closed(method, 0.0) for method in ("INVITE", "REGISTER", "OPTIONS"))


@pytest.mark.parametrize("why", ["max_calls", "calls_per_second", "store", "draining"])
def test_calls_are_turned_away_for_the_reason_that_is_logged(why):
    house = House(max_calls=2, calls_per_second=1)
    if why == "max_calls":
        house.admission.live = 2
    elif why == "calls_per_second":
        assert house.admission.refusal(0.0) is None
    elif why == "store":
        house.healthy = False
    else:
        house.admission.draining = True
    assert house.gate.closed("INVITE", 0.5)
    with capture_logs() as lines:
        house.gate.turned_away(request(), PHONE, 0.5)
    (line,) = lines
    assert (line["event"], line["reason"], line["status"]) == ("call.refused", why, 503)
    assert (line["source"], line["to"]) == (str(PHONE), "sip:bob@example.org")
    assert house.refused() == 1


def test_only_a_server_that_stops_turns_away_what_is_no_call():
    house = House(max_calls=2)
    house.admission.live, house.healthy = 2, False
    assert not house.gate.closed("REGISTER", 0.0)
    house.admission.draining = True
    assert house.gate.closed("REGISTER", 0.0)
    with capture_logs() as lines:
        house.gate.turned_away(request("REGISTER"), PHONE, 0.0)
    assert (lines, house.refused()) == ([], 0)


def test_asking_at_the_gate_takes_no_place_in_the_second():
    house = House(calls_per_second=1)
    assert not any(house.gate.closed("INVITE", 0.0) for _ in range(5))
    assert house.admission.refusal(0.0) is None
    assert house.gate.closed("INVITE", 0.5)
    assert not house.gate.closed("INVITE", 1.01)


def test_a_flood_of_refused_calls_gets_few_lines_which_tell_its_size():
    house = House()
    house.admission.draining = True
    with capture_logs() as lines:
        for number in range(500):
            house.gate.turned_away(request(), PHONE, 7.0 + number / 1000)
        house.gate.turned_away(request(), PHONE, 8.0)
    assert len(lines) == LINES + 1
    assert [line.get("untold_before") for line in lines] == [None] * LINES + [500 - LINES]
    assert house.refused() == 501
