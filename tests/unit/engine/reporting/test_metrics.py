import asyncio

import pytest

from engine.reporting.metrics import LAG_INTERVAL, Metrics
from tests.testkit.virtual_loop import VirtualLoop, run_virtual


def value(metrics: Metrics, name: str, **labels: str) -> float | None:
    return metrics.registry.get_sample_value(name, labels)


def test_a_call_is_active_until_it_ends_and_then_counted_by_status():
    metrics = Metrics()
    metrics.call_started("inbound")
    metrics.call_started("inbound")
    metrics.call_ended("inbound", "completed")
    assert value(metrics, "dialplane_calls_active", direction="inbound") == 1
    assert value(metrics, "dialplane_calls_total", direction="inbound", status="completed") == 1


def test_the_figures_are_the_same_when_they_are_written_over_many_turns(monkeypatch):
    monkeypatch.setattr("engine.reporting.metrics.A_TURN", 0.0)
    metrics, pauses = Metrics(), []
    metrics.call_started("inbound")
    metrics.add_snapshot("media", lambda: {"legs": 3})

    async def a_turn() -> None:
        pauses.append(metrics)
        await asyncio.sleep(0)

    assert run_virtual(metrics.text_in_turns(a_turn)) == metrics.text()
    assert len(pauses) > 30


def test_of_a_call_that_ended_the_known_opinions_are_counted():
    metrics = Metrics()
    metrics.call_ended("inbound", "completed", 5.0, {"mos_heard": 4.3, "mos_sent": None})
    metrics.call_ended("inbound", "canceled")
    assert value(metrics, "dialplane_mos_count", way="heard") == 1
    assert value(metrics, "dialplane_mos_sum", way="heard") == 4.3
    assert value(metrics, "dialplane_mos_count", way="sent") is None


def test_an_answered_call_is_timed_and_an_unanswered_one_counted():
    metrics = Metrics()
    metrics.call_answered("inbound", 0.2)
    metrics.call_ended("inbound", "completed", 63.0)
    metrics.call_ended("inbound", "busy")
    metrics.call_refused(503)
    invites = "dialplane_invites_total"
    assert value(metrics, invites, direction="inbound", outcome="answered", reason="200") == 1
    assert value(metrics, invites, direction="inbound", outcome="unanswered", reason="busy") == 1
    assert value(metrics, invites, direction="inbound", outcome="refused", reason="503") == 1
    assert value(metrics, "dialplane_call_setup_seconds_sum", direction="inbound") == 0.2
    assert value(metrics, "dialplane_call_seconds_sum", direction="inbound") == 63.0
    assert value(metrics, "dialplane_call_seconds_count", direction="inbound") == 1


def test_a_leg_that_heard_something_tells_of_loss_and_jitter():
    metrics = Metrics()
    metrics.call_ended("inbound", "completed", 5.0, {"packets_received": 0, "packets_lost": 0})
    metrics.call_ended(
        "inbound", "completed", 5.0, {"packets_received": 99, "packets_lost": 1, "jitter_ms": 4.0}
    )
    assert value(metrics, "dialplane_rtp_loss_ratio_count") == 1
    assert value(metrics, "dialplane_rtp_loss_ratio_sum") == 0.01
    assert value(metrics, "dialplane_rtp_jitter_seconds_sum") == 0.004


def test_no_label_names_an_identifier():
    labels = {label for each in Metrics().declared for label in each.labels}
    assert not {label for label in labels if "sid" in label or label in ("url", "number", "from", "to")}


def test_a_snapshot_is_taken_at_each_scrape():
    metrics = Metrics()
    figures = {"legs": 3.0, "ticks_late_total": 7.0}
    metrics.add_snapshot("media", lambda: figures)
    assert "dialplane_media_legs 3.0" in metrics.text().decode()
    figures["legs"] = 4.0
    text = metrics.text().decode()
    assert "dialplane_media_legs 4.0" in text
    assert "# TYPE dialplane_media_ticks_late_total counter" in text


def test_a_histogram_that_another_part_counts_adds_up_its_buckets():
    metrics = Metrics()
    metrics.tick_lateness.take = lambda: [(0.001, 5), (0.002, 0), (0.004, 2)]
    name = "dialplane_media_tick_lateness_seconds"
    buckets = [value(metrics, f"{name}_bucket", le=bound) for bound in ("0.001", "0.002", "0.004", "+Inf")]
    assert buckets == [5, 5, 7, 7]
    assert value(metrics, f"{name}_count") == 7
    assert value(metrics, f"{name}_sum") == pytest.approx(5 * 0.0005 + 2 * 0.003)


def test_every_name_begins_with_the_product():
    names = [line.split()[2] for line in Metrics().text().decode().splitlines() if line.startswith("# TYPE")]
    assert names
    assert all(name.startswith("dialplane_") for name in names)


def test_two_daemons_in_one_process_do_not_share_figures():
    one, other = Metrics(), Metrics()
    one.call_started("inbound")
    assert value(other, "dialplane_calls_active", direction="inbound") is None


@pytest.mark.parametrize(("takes", "own"), [(0.3, 0.29), (0.003, 0.003)])
def test_a_task_that_holds_the_loop_shows_as_lag_and_what_the_machine_did_apart(takes: float, own: float):
    metrics, worked = Metrics(), 0.0

    async def main() -> None:
        nonlocal worked
        loop = asyncio.get_running_loop()
        assert isinstance(loop, VirtualLoop)
        watch = asyncio.create_task(metrics.watch_loop(loop.time, lambda: worked))
        await asyncio.sleep(LAG_INTERVAL * 1.5)
        loop._virtual_now += 0.3  # as a callback of that length would
        worked += takes
        await asyncio.sleep(LAG_INTERVAL)
        watch.cancel()

    run_virtual(main())
    assert value(metrics, "dialplane_loop_lag_seconds_bucket", le="0.001") == 1
    assert value(metrics, "dialplane_loop_lag_seconds_sum") == pytest.approx(0.29, abs=0.001)
    assert value(metrics, "dialplane_loop_own_lag_seconds_sum") == pytest.approx(own, abs=0.001)
