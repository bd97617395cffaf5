"""What ``/metrics`` shows. Names start with ``dialplane_``; no identifier, number or URL is a label.

One :class:`Metrics` belongs to one daemon, with a registry of its own, so that tests can make many.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.metrics import MetricWrapperBase
from prometheus_client.registry import Collector

from engine.reporting.call_counts import CallCounts

# The time at which each series began would double their number and tells nothing here.
disable_created_metrics()  # type: ignore[no-untyped-call]

FigureT = TypeVar("FigureT", bound=MetricWrapperBase)

Snapshot = Callable[[], Mapping[str, float]]
"""Returns the present value of each figure; names ending in ``_total`` are counters, others gauges."""

Distribution = Callable[[], Iterable[tuple[float, int]]]
"""Returns upper bounds, rising, and how many values lie below each and above the one before it."""

A_TURN = 0.001
"""Seconds of a turn of the event loop that figures are written in: all of them take four."""

LAG_INTERVAL = 0.02
"""Seconds between two looks at the loop: a percentile of two seconds has a hundred of them."""

_LAG_BUCKETS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 1.0)
_MOS_BUCKETS = (2.0, 2.5, 3.0, 3.4, 3.6, 3.8, 4.0, 4.2, 4.5)
_SETUP_BUCKETS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 60.0)
_CALL_BUCKETS = (1.0, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0, 7200.0, 14400.0)
_ATTEMPT_BUCKETS = (1.0, 2.0, 3.0, 5.0, 10.0, 20.0, 50.0, 100.0)
_LOSS_BUCKETS = (0.0, 0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25)
_JITTER_BUCKETS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25)
_LATENCY_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 15.0)


@dataclass(frozen=True, slots=True)
class Declared:
    """One figure as ``/metrics`` shows it."""

    name: str
    kind: str
    """``counter``, ``gauge`` or ``histogram``."""
    meaning: str
    labels: tuple[str, ...]


class Metrics:
    """The figures of one daemon."""

    def __init__(self) -> None:
        self.registry, self.counts = CollectorRegistry(), CallCounts()
        self._series: dict[tuple[MetricWrapperBase, tuple[str, ...]], Any] = {}
        self.declared: list[Declared] = []
        self._declare_calls()
        self.calls_stuck = self._gauge(
            "calls_stuck",
            "Calls whose parties are gone for a minute and which have not ended: a fault of ours.",
        )
        self.recordings_running = self._gauge("recordings_running", "Recordings that are being made.")
        self.recordings = self._counter("recordings", "Recordings that ended.", "status")
        self.rtp_loss = self._histogram(
            "rtp_loss_ratio", "Share of a leg's packets that did not reach us.", _LOSS_BUCKETS
        )
        self.rtp_jitter = self._histogram(
            "rtp_jitter_seconds", "Interarrival jitter of a leg at its end (RFC 3550).", _JITTER_BUCKETS
        )
        self.media_lost = self._counter("media_lost", "Legs ended because their RTP stopped.")
        self.mos = self._histogram("mos", "Estimated opinion of a leg's sound.", _MOS_BUCKETS, "way")
        self.calls_refused = self._counter("calls_refused", "Calls refused at the door.", "reason")
        self.conferences = self._gauge("conferences", "Conferences that have not ended.")
        self.participants = self._gauge("conference_participants", "Calls that are in a conference.")
        self.queue_members = self._gauge("queue_members", "Calls that wait in a queue.")
        self.queue_agents = self._gauge("queue_agents", "Calls that wait to take somebody from a queue.")
        self.fetches = self._counter("fetches", "Documents and sounds asked for.", "kind", "outcome")
        self.fetch_seconds = self._histogram(
            "fetch_seconds", "Time until an application's answer was there.", _LATENCY_BUCKETS, "kind"
        )
        self._declare_streams()
        self.texts_said = self._counter("texts_said", "Texts that a voice was asked for.", "voice", "outcome")
        self.utterances = self._counter(
            "utterances", "Utterances that a recogniser was asked for.", "recogniser", "outcome"
        )
        self.answerers = self._counter("answerers", "Who was found to have answered.", "answered_by")
        self.webhooks = self._counter("webhooks", "Attempts to deliver an event, and their end.", "outcome")
        self._begin_at_zero(self.webhooks, "delivered", "failed", "given-up")
        self.webhook_seconds = self._histogram(
            "webhook_seconds", "Time until a receiver's answer to an event was there.", _LATENCY_BUCKETS
        )
        self.webhook_attempts = self._histogram(
            "webhook_attempts",
            "Attempts that an event took until it was delivered or given up.",
            _ATTEMPT_BUCKETS,
        )
        self.webhooks_waiting = self._gauge("webhooks_waiting", "Events not yet delivered.")
        self.notifications = self._counter("notifications", "Notifications by code.", "level", "code")
        self.messages = self._counter("messages", "Texts and mails, and how they ended.", "kind", "outcome")
        self.messages_refused = self._counter("messages_refused", "Texts refused at the door.", "reason")
        self.store_waiting = self._gauge("store_rows_waiting", "Rows not yet in the database.")
        self.store_failures = self._counter("store_failures", "Writes to the database that failed.", "kind")
        self._begin_at_zero(self.store_failures, "retry", "refused", "lost")
        self._declare_records()
        self.trunk_up = self._gauge("trunk_up", "Whether a trunk answers OPTIONS.", "trunk")
        self.trunk_registered = self._gauge("trunk_registered", "Whether a trunk has our contact.", "trunk")
        self.http_requests = self._counter("http_requests", "Requests answered.", "method", "status")
        self._declare_lateness()

    def _declare_calls(self) -> None:
        self.calls_active = self._gauge("calls_active", "Calls that have not ended.", "direction")
        self.calls = self._counter("calls", "Calls that ended.", "direction", "status")
        self.invites = self._counter(
            "invites",
            "INVITEs by what came of them; the reason is a SIP status or a call's status.",
            *("direction", "outcome", "reason"),
        )
        self.setup_seconds = self._histogram(
            "call_setup_seconds", "Time from the INVITE to its answer.", _SETUP_BUCKETS, "direction"
        )
        self.call_seconds = self._histogram(
            "call_seconds", "Time from the answer to the end.", _CALL_BUCKETS, "direction"
        )

    def _declare_streams(self) -> None:
        self.streams_active = self._gauge("streams_active", "Streams that have not ended.")
        self.streams = self._counter("streams", "Streams that ended.", "outcome")
        self.relays_active = self._gauge(
            "conversation_relays_active", "Conversations relayed as text that have not ended."
        )
        self.relays = self._counter(
            "conversation_relays", "Conversations relayed as text that ended.", "outcome"
        )
        self.relay_first_sound = self._histogram(
            "conversation_relay_first_sound_seconds",
            "Time from an answer's first whole sentence until its sound goes out.",
            _LATENCY_BUCKETS,
        )

    def _declare_lateness(self) -> None:
        self.loop_lag = self._histogram(
            "loop_lag_seconds", "How late the event loop woke a task.", _LAG_BUCKETS
        )
        self.loop_own_lag = self._histogram(
            "loop_own_lag_seconds",
            "Of that, what the loop's own work may have caused: at most the processor time that it took "
            "meanwhile; the rest is a machine without one for us.",
            _LAG_BUCKETS,
        )
        self.tick_lateness = self._distribution(
            "media_tick_lateness_seconds",
            "How late the passes of the media threads began; the sum is estimated by the buckets.",
        )

    def _declare_records(self) -> None:
        self.uploads = self._counter("recording_uploads", "Attempts to upload a recording.", "outcome")
        self.uploads_waiting = self._gauge("recording_uploads_waiting", "Recordings not yet uploaded.")
        self.rows_removed = self._counter(
            "store_rows_removed", "Rows removed because they were kept long enough.", "table"
        )

    def series(self, figure: FigureT, *labels: str) -> FigureT:
        """Return what counts for these labels, found at once: for figures that each call changes.

        ``figure.labels`` reads each of them anew and takes a lock, which is more work than to count.
        """
        found: FigureT | None = self._series.get((figure, labels))
        if found is None:
            found = self._series[figure, labels] = figure.labels(*labels)
        return found

    def call_started(self, direction: str) -> None:
        """Count one more live call."""
        self.series(self.calls_active, direction).inc()
        self.counts.started(direction)

    def call_answered(self, direction: str, waited: float) -> None:
        """Count an INVITE that was answered, so many seconds after it came or was sent."""
        self.series(self.invites, direction, "answered", "200").inc()
        self.series(self.setup_seconds, direction).observe(waited)

    def call_ended(
        self,
        direction: str,
        status: str,
        talked: float | None = None,
        quality: Mapping[str, Any] | None = None,
    ) -> None:
        """Count one live call less, how it ended and how it sounded; ``talked``: None when not answered."""
        self.series(self.calls_active, direction).dec()
        self.counts.ended(direction, talked, time.monotonic())
        self.series(self.calls, direction, status).inc()
        if talked is None:
            self.series(self.invites, direction, "unanswered", status).inc()
        else:
            self.series(self.call_seconds, direction).observe(talked)
        if quality is not None:
            self._sounded(quality)

    def call_refused(self, status: int) -> None:
        """Count an INVITE that was refused at the door."""
        self.calls_refused.labels(str(status)).inc()
        self.invites.labels("inbound", "refused", str(status)).inc()

    def add_snapshot(self, prefix: str, take: Snapshot) -> None:
        """Show what ``take()`` returns as ``dialplane_<prefix>_<name>``, asked at each scrape.

        This is how the media plane and the SIP stack show their own counters.
        """
        self.registry.register(_SnapshotCollector(f"dialplane_{prefix}_", take))

    def text(self) -> bytes:
        """Return all figures in the Prometheus text format."""
        return generate_latest(self.registry)

    async def text_in_turns(self, a_turn: Callable[[], Awaitable[None]]) -> bytes:
        """Return the same, a millisecond of it in each turn of the event loop that ``a_turn`` waits for."""
        written, began = [], time.perf_counter()
        for metric in self.registry.collect():
            written.append(generate_latest(_Only(metric)))
            if time.perf_counter() - began > A_TURN:
                await a_turn()
                began = time.perf_counter()
        return b"".join(written)

    async def watch_loop(
        self, clock: Callable[[], float] = time.monotonic, worked: Callable[[], float] = time.thread_time
    ) -> None:
        """Measure the lag of the running event loop until cancelled.

        Not by the loop's own clock: uvloop's counts whole milliseconds. ``worked`` is the processor time of
        the loop's thread.
        """
        while True:
            due, before = clock() + LAG_INTERVAL, worked()
            await asyncio.sleep(LAG_INTERVAL)
            lag = max(0.0, clock() - due)
            self.loop_lag.observe(lag)
            self.loop_own_lag.observe(min(lag, worked() - before))

    def _sounded(self, quality: Mapping[str, Any]) -> None:
        """Take how a leg sounded; one that heard nothing says nothing of the network."""
        for way in ("heard", "sent"):
            if (score := quality.get(f"mos_{way}")) is not None:
                self.series(self.mos, way).observe(score)
        if received := quality.get("packets_received"):
            lost = quality["packets_lost"]
            self.rtp_loss.observe(lost / (received + lost))
            self.rtp_jitter.observe((quality["jitter_ms"] or 0.0) / 1000)

    def _counter(self, name: str, meaning: str, *labels: str) -> Counter:
        self._declare(f"{name}_total", "counter", meaning, labels)
        return Counter(f"dialplane_{name}", meaning, labels, registry=self.registry)

    def _begin_at_zero(self, counter: Counter, *values: str) -> None:
        """Show what alerts wait for from the start: a series that begins with 1 has no increase."""
        for value in values:
            counter.labels(value)

    def _gauge(self, name: str, meaning: str, *labels: str) -> Gauge:
        self._declare(name, "gauge", meaning, labels)
        return Gauge(f"dialplane_{name}", meaning, labels, registry=self.registry)

    def _histogram(self, name: str, meaning: str, buckets: tuple[float, ...], *labels: str) -> Histogram:
        self._declare(name, "histogram", meaning, labels)
        return Histogram(f"dialplane_{name}", meaning, labels, buckets=buckets, registry=self.registry)

    def _distribution(self, name: str, meaning: str) -> "CountedElsewhere":
        self._declare(name, "histogram", meaning, ())
        shown = CountedElsewhere(f"dialplane_{name}", meaning)
        self.registry.register(shown)
        return shown

    def _declare(self, name: str, kind: str, meaning: str, labels: tuple[str, ...]) -> None:
        self.declared.append(Declared(f"dialplane_{name}", kind, meaning, labels))


class _Only(Collector):
    """One metric, to be written by itself."""

    def __init__(self, metric: Metric) -> None:
        self._metric = metric

    def collect(self) -> Iterable[Metric]:
        return (self._metric,)


class CountedElsewhere(Collector):
    """A histogram that another part counts; ``take`` is asked at each scrape."""

    def __init__(self, name: str, meaning: str) -> None:
        self._name = name
        self._meaning = meaning
        self.take: Distribution = tuple

    def describe(self) -> Iterable[Metric]:
        return ()

    def collect(self) -> Iterable[Metric]:
        total, below, estimated, buckets = 0, 0.0, 0.0, []
        for bound, times in self.take():
            total += times
            # What lies between two bounds is taken to lie midway.
            estimated += times * (below + bound) / 2
            below = bound
            buckets.append((str(bound), float(total)))
        buckets.append(("+Inf", float(total)))
        yield HistogramMetricFamily(self._name, self._meaning, buckets=buckets, sum_value=estimated)


class _SnapshotCollector(Collector):
    def __init__(self, prefix: str, take: Snapshot) -> None:
        self._prefix = prefix
        self._take = take

    def describe(self) -> Iterable[Metric]:
        return ()

    def collect(self) -> Iterable[Metric]:
        for name, value in self._take().items():
            shown = name.replace("_", " ").capitalize() + "."
            if name.endswith("_total"):
                yield CounterMetricFamily(self._prefix + name.removesuffix("_total"), shown, value)
            else:
                yield GaugeMetricFamily(self._prefix + name, shown, value)
