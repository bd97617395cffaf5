import asyncio

import pytest

from engine.metrics import LAG_INTERVAL, Metrics
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


def test_of_a_call_that_ended_the_known_opinions_are_counted():
    metrics = Metrics()
    metrics.call_ended("inbound", "completed", {"mos_heard": 4.3, "mos_sent": None})
    metrics.call_ended("inbound", "canceled")
    assert value(metrics, "dialplane_mos_count", way="heard") == 1
    assert value(metrics, "dialplane_mos_sum", way="heard") == 4.3
    assert value(metrics, "dialplane_mos_count", way="sent") is None


def test_a_snapshot_is_taken_at_each_scrape():
    metrics = Metrics()
    figures = {"legs": 3.0, "ticks_late_total": 7.0}
    metrics.add_snapshot("media", lambda: figures)
    assert "dialplane_media_legs 3.0" in metrics.text().decode()
    figures["legs"] = 4.0
    text = metrics.text().decode()
    assert "dialplane_media_legs 4.0" in text
    assert "# TYPE dialplane_media_ticks_late_total counter" in text


def test_every_name_begins_with_the_product():
    names = [line.split()[2] for line in Metrics().text().decode().splitlines() if line.startswith("# TYPE")]
    assert names
    assert all(name.startswith("dialplane_") for name in names)


def test_two_daemons_in_one_process_do_not_share_figures():
    one, other = Metrics(), Metrics()
    one.call_started("inbound")
    assert value(other, "dialplane_calls_active", direction="inbound") is None


def test_a_task_that_holds_the_loop_shows_as_lag():
    metrics = Metrics()

    async def main() -> None:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, VirtualLoop)
        watch = asyncio.create_task(metrics.watch_loop(loop.time))
        await asyncio.sleep(LAG_INTERVAL * 1.5)
        loop._virtual_now += 0.3  # as a callback of that length would
        await asyncio.sleep(LAG_INTERVAL)
        watch.cancel()

    run_virtual(main())
    assert value(metrics, "dialplane_loop_lag_seconds_bucket", le="0.001") == 1
    assert value(metrics, "dialplane_loop_lag_seconds_sum") == pytest.approx(0.25, abs=0.01)
