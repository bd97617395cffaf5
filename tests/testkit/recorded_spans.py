"""Spans that are kept in memory instead of sent, for tests of what is recorded."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import Sampler

from engine.telemetry.recorded import RecordedSpans
from engine.telemetry.spans import record_with


class KeptSpans:
    """What was recorded; a span is kept when it ends."""

    def __init__(self, sampler: Sampler | None = None) -> None:
        self._exporter = InMemorySpanExporter()
        self.recorder = RecordedSpans(SimpleSpanProcessor(self._exporter), sampler)

    @property
    def all(self) -> list[ReadableSpan]:
        return list(self._exporter.get_finished_spans())

    def __getitem__(self, name: str) -> ReadableSpan:
        """Return the one span of this name."""
        (found,) = (span for span in self.all if span.name == name)
        return found

    def tree(self) -> list[str]:
        """Return each span as `parent > name`, in the order in which they ended."""
        names = {span.context.span_id: span.name for span in self.all}
        return [
            f"{names.get(span.parent.span_id, '?') if span.parent else ''} > {span.name}".lstrip()
            for span in self.all
        ]


@contextmanager
def kept_spans(sampler: Sampler | None = None) -> Iterator[KeptSpans]:
    """Record what happens inside."""
    kept = KeptSpans(sampler)
    before = record_with(kept.recorder)
    try:
        yield kept
    finally:
        record_with(before)
