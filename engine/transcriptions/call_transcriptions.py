"""The live transcriptions of one call."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from typing import Protocol

from engine.journal.call_journal import CallJournal
from engine.legs.sip_leg import SipLeg
from engine.recognition.library import RecogniserLibrary
from engine.transcriptions.live import LiveTranscription
from rcml.call import Level
from rcml.errors import STREAM_NAME
from rcml.transcribing import TranscriptionRequest
from rcml.values import shortened

LAST_WORDS_WITHIN = 8.0
"""Seconds that the text of what was said last is waited for: a recogniser's greatest time limit and more."""


class TranscriptionServices(Protocol):
    """What live transcriptions need of the daemon."""

    recognisers: RecogniserLibrary


class CallTranscriptions:
    """Begins, finds and ends them; they hear no more when the leg ends."""

    def __init__(self, journal: CallJournal, leg: SipLeg, services: TranscriptionServices) -> None:
        self._journal = journal
        self._leg = leg
        self._services = services
        self._live: dict[str, LiveTranscription] = {}
        self._finishing: set[asyncio.Task[None]] = set()
        self._watches_leg = False

    def start(self, request: TranscriptionRequest) -> LiveTranscription | None:
        """Begin one beside the document; None when it cannot, and a notification says why."""
        transcription = LiveTranscription(request, self._journal)
        if transcription.name in self._live:
            name = shortened(request.name)
            what = f"transcription {name}: one of that name runs already; <Stop> it, or choose another name"
            self._journal.notify(STREAM_NAME, Level.ERROR, what)
            return None
        writer = self._services.recognisers.writer(request)
        if writer is None:
            transcription.fail(
                f"nobody can write down {request.language}: name a recogniser that understands free speech "
                "under [[recognisers]], or give the phrases that are said (in English) as hints"
            )
            return None
        if not transcription.start(self._leg.media, writer):
            return None
        self._live[transcription.name] = transcription
        if not self._watches_leg:
            self._watches_leg = True
            self._leg.ended.add_done_callback(lambda _: self._stop_all())
        return transcription

    def running(self) -> Collection[LiveTranscription]:
        """Return those that have not ended."""
        return self._live.values()

    def stop(self, name: str) -> LiveTranscription | None:
        """End the one of that name, or sid, and return it; None when there is none."""
        its = (each for each in self._live.values() if name in (each.name, each.sid))
        transcription = next(its, None)
        if transcription is None:
            return None
        del self._live[transcription.name]
        transcription.stop()
        task = asyncio.create_task(
            transcription.finish(LAST_WORDS_WITHIN), name=f"last words of {transcription.sid}"
        )
        self._finishing.add(task)
        task.add_done_callback(self._finishing.discard)
        return transcription

    async def finish(self) -> None:
        """End all and return when what was said last is told."""
        self._stop_all()
        if self._finishing:
            await asyncio.wait(self._finishing)

    def _stop_all(self) -> None:
        for name in tuple(self._live):
            self.stop(name)
