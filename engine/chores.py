"""What the daemon does beside calls, now and then."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AsyncExitStack

from engine.config import Settings
from engine.recordings.removal import RecordingRemoval
from engine.retention import Retention
from engine.services import Services
from engine.store.analysis import Analysis
from engine.usage_triggers import UsageTriggers


def start_chores(
    services: Services, triggers: UsageTriggers, settings: Callable[[], Settings], parts: AsyncExitStack
) -> None:
    """Remove what is too old, have rows counted and look after usage triggers until the daemon stops."""
    analysis = Analysis(services.store)
    analysis.start()
    parts.push_async_callback(analysis.stop)
    removal = RecordingRemoval(services.store, lambda: services.recordings, lambda: services.uploads)
    retention = Retention(services.store, removal, services.metrics, settings)
    retention.start()
    parts.push_async_callback(retention.stop)
    triggers.start(services.outbox, lambda: settings().public_url)
    parts.push_async_callback(triggers.stop)
