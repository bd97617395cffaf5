"""Makes the daemon's recognisers."""

from __future__ import annotations

import os
from contextlib import AsyncExitStack

from engine.config import Settings
from engine.recognition.library import RecogniserLibrary
from engine.reporting.metrics import Metrics
from engine.streams.dialing import StreamDialer
from media.speech.sphinx import SphinxRecogniser


def start_recognisers(
    settings: Settings, dialer: StreamDialer, metrics: Metrics, parts: AsyncExitStack
) -> RecogniserLibrary:
    """Return the recognisers; ``parts`` ends their processes, which start when they are needed."""
    sphinx = SphinxRecogniser(settings.speech.recognition_processes or max(1, (os.cpu_count() or 1) // 2))
    parts.push_async_callback(sphinx.close)
    return RecogniserLibrary(settings, sphinx, dialer, metrics)
