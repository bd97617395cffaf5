"""Sends spans to a collector over OTLP/HTTP, from a thread of the SDK's that no call ever waits for."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased

from engine.reporting import log
from engine.telemetry.recorded import RecordedSpans
from engine.version import version

FLUSH_WITHIN = 5.0
"""Seconds that a stop waits for the last spans to be taken."""


def exported(
    endpoint: str, headers: Mapping[str, str] | None, sample_ratio: float | None, instance: str
) -> RecordedSpans:
    """Return spans that a collector gets; what is None or empty the standard variables say."""
    exporter = OTLPSpanExporter(endpoint=endpoint or None, headers=headers)
    sampler = None if sample_ratio is None else ParentBased(TraceIdRatioBased(sample_ratio))
    # What OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES say counts more than what we are by ourselves.
    ours = {"service.name": "dialplane", "service.version": version(), "service.instance.id": instance}
    resource = Resource.create({**ours, **OTELResourceDetector().detect().attributes})
    return RecordedSpans(BatchSpanProcessor(exporter), sampler, resource)


async def flush(spans: RecordedSpans, within: float = FLUSH_WITHIN) -> None:
    """Send what is left; a collector that does not answer delays a stop by this many seconds at most."""
    loop, done = asyncio.get_running_loop(), asyncio.Event()

    def end() -> None:
        spans.provider.shutdown()
        if not loop.is_closed():
            loop.call_soon_threadsafe(done.set)

    # Neither of the pool, which would be waited for, nor in the way of the process's end.
    threading.Thread(target=end, name="telemetry: flush", daemon=True).start()
    try:
        await asyncio.wait_for(done.wait(), within)
    except TimeoutError:
        log.get("telemetry").warning("telemetry.not_flushed", within=within)
