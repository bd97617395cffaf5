"""When spans are recorded, and what happens when they cannot be."""

from __future__ import annotations

import subprocess
import sys
from contextlib import AsyncExitStack

import pytest

from engine.config import Settings
from engine.errors import ConfigurationError
from engine.telemetry import spans
from engine.telemetry.start import start_telemetry

ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"


async def recorder(environ: dict[str, str], **telemetry: str) -> str:
    """Return which recorder there is after a start."""
    async with AsyncExitStack() as parts:
        start_telemetry(Settings.embedded(telemetry=telemetry), "ID1", parts, environ)
        return type(spans.recorder()).__name__


@pytest.mark.parametrize(
    ("environ", "telemetry", "name"),
    [
        ({}, {}, "Spans"),
        ({}, {"endpoint": "http://127.0.0.1:9"}, "RecordedSpans"),
        ({ENDPOINT: "http://127.0.0.1:9"}, {}, "RecordedSpans"),
        ({ENDPOINT: ""}, {}, "Spans"),
        ({"OTEL_SDK_DISABLED": "true"}, {"endpoint": "http://127.0.0.1:9"}, "Spans"),
    ],
)
async def test_spans_are_recorded_when_a_collector_is_named(environ, telemetry, name):
    assert await recorder(environ, **telemetry) == name
    assert type(spans.recorder()) is spans.Spans, "the stop ends it"


async def test_an_extra_that_is_missing_is_named_where_the_file_asks_for_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "engine.telemetry.exporting", None)
    with pytest.raises(ConfigurationError, match=r"pip install 'dialplane\[otel\]'"):
        await recorder({}, endpoint="http://127.0.0.1:9")


async def test_variables_of_the_cluster_stop_no_server_without_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "engine.telemetry.exporting", None)
    assert await recorder({ENDPOINT: "http://127.0.0.1:9"}) == "Spans"


def test_nothing_of_it_is_imported_while_it_is_off():
    modules = "engine.telemetry.start, engine.requests.webhooks, engine.http.trace_context"
    code = f"import sys, {modules}; sys.exit(any(name.startswith('opentelemetry') for name in sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(
    ("key", "value", "problem"),
    [
        ("endpoint", "/v1/traces", "write a whole URL"),
        ("headers", "no-value", "write name=value"),
        ("headers", "=value", "write name=value"),
        ("sample_ratio", "1.5", "less than or equal to 1"),
    ],
)
def test_a_key_that_cannot_be_used_says_so(key, value, problem):
    with pytest.raises(ValueError, match=problem):
        Settings.embedded(telemetry={key: value})


def test_headers_are_secret():
    assert "s3cret" not in repr(Settings.embedded(telemetry={"headers": "authorization=s3cret"}))
