"""Makes the daemon's voices, and has them ready before the first caller."""

from __future__ import annotations

import asyncio
import os
from contextlib import AsyncExitStack

from engine.config import Settings
from engine.config.speech_section import EMBEDDED
from engine.reporting import log
from engine.reporting.metrics import Metrics
from engine.voices.library import VoiceLibrary
from media.errors import SpeechError
from media.speech.espeak import EspeakEngine
from rcml.call import Speech


def start_voices(settings: Settings, metrics: Metrics, parts: AsyncExitStack) -> VoiceLibrary:
    """Return the voices; ``parts`` closes them."""
    espeak = EspeakEngine(settings.speech.processes or max(1, (os.cpu_count() or 1) // 2))
    voices = VoiceLibrary(settings, espeak, metrics)
    parts.push_async_callback(voices.close)
    voices.warming = asyncio.create_task(_warm_up(espeak, voices), name="voices warm up")
    parts.callback(voices.warming.cancel)
    return voices


async def _warm_up(espeak: EspeakEngine, voices: VoiceLibrary) -> None:
    """Start the processes and say a word; should that fail, the first text tries again."""
    logger = log.get("voice")
    try:
        await espeak.warm_up()
        # What is computed at its first use costs the event loop some 50 ms.
        await voices.whole(Speech(text="Ready.", provider=EMBEDDED), logger.warning)
    except SpeechError as error:
        logger.error("voice.not_ready", error=str(error))
