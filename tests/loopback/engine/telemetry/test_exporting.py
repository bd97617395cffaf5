"""Spans on their way to a collector."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from engine.config import Settings
from engine.store import CallRow
from engine.telemetry import exporting, spans
from engine.telemetry.start import start_telemetry
from engine.version import version
from tests.testkit.otlp_collector import OtlpCollector
from tests.testkit.ports import free_port


@pytest.fixture
async def collector() -> AsyncIterator[OtlpCollector]:
    async with OtlpCollector() as collector:
        yield collector


def calls(number: int) -> None:
    for place in range(number):
        row = CallRow(
            sid=f"CA{place + 1:032x}", account_sid="AC" + "2" * 32, instance_sid="ID", from_="bob",
            to="1111", direction="inbound", status="completed",
        )  # fmt: skip
        with spans.recorder().call(row):
            pass


async def record(number: int, environ: dict[str, str] | None = None, **telemetry: str | float) -> None:
    """Record so many calls between a start and a stop."""
    async with AsyncExitStack() as parts:
        start_telemetry(Settings.embedded(telemetry=telemetry), "ID7", parts, environ or {})
        calls(number)


async def test_a_stop_sends_what_is_left_with_the_headers_of_the_configuration(collector):
    await record(700, endpoint=collector.url, headers="x-key=1,authorization=Bearer a=b")
    assert len(collector.spans) == 700
    assert (collector.headers["x-key"], collector.headers["Authorization"]) == ("1", "Bearer a=b")
    assert collector.resource["service.name"] == "dialplane"
    assert collector.resource["service.version"] == version()
    assert collector.resource["service.instance.id"] == "ID7"


async def test_a_share_of_the_calls_is_traced(collector):
    # By their sids, whose digits count from 1 here: all of the least are in any share.
    await record(50, endpoint=f"{collector.url}/v1/traces", sample_ratio=0.1)
    assert len(collector.spans) == 50
    collector.spans.clear()
    await record(50, endpoint=collector.url, sample_ratio=0)
    assert collector.spans == []


async def test_the_standard_variable_chooses_where_the_file_does_not(collector, monkeypatch):
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", "always_off")
    await record(5, {"OTEL_TRACES_SAMPLER": "always_off"}, endpoint=collector.url)
    assert collector.spans == []


async def test_a_collector_that_refuses_is_only_logged(collector, caplog):
    collector.status = 400
    await record(3, endpoint=collector.url)
    assert collector.spans == []
    assert "400" in caplog.text


async def test_a_collector_that_never_answers_holds_up_a_stop_for_no_longer_than_its_time(monkeypatch):
    monkeypatch.setattr(exporting.flush, "__defaults__", (0.1,))
    # Its own tries end soon after the test.
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "0.5")
    await record(3, endpoint=f"http://127.0.0.1:{free_port()}")
