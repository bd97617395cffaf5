"""One live transcription: what each side of a call says, told as text while they talk."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from functools import partial

from engine import ids
from engine.journal.call_journal import CallJournal
from engine.recognition.library import Writer
from engine.reporting import log
from engine.transcriptions.track import TranscribedTrack, Understood
from media.errors import MediaError
from media.plane.leg import Leg
from media.speech.recognised import Recognised
from rcml.call import Level
from rcml.errors import TRANSCRIPTION_FAILED
from rcml.transcribing import INBOUND, TranscriptionEvent, TranscriptionRequest
from rcml.values import shortened

UNCERTAIN = "0.5"
"""The stability told of what is not final: recognisers do not tell theirs."""


class LiveTranscription:
    """Hears the tracks from :meth:`start` until :meth:`stop`; :meth:`finish` tells what was said last."""

    def __init__(self, request: TranscriptionRequest, journal: CallJournal) -> None:
        self.sid = ids.new_sid(ids.LIVE_TRANSCRIPTION)
        self.name = request.name or self.sid
        self._request = request
        self._journal = journal
        self._log = log.get("transcriptions").bind(transcription_sid=self.sid, call_sid=journal.row.sid)
        self._tracks: list[TranscribedTrack] = []
        self._told = 0
        self._noted = False

    def start(self, leg: Leg, writer: Writer) -> bool:
        """Begin to hear; False, and why is told, when the call's sound cannot be had."""
        try:
            taps = [(track, leg.tap("in" if track == INBOUND else "out")) for track in self._request.tracks]
        except MediaError as error:
            self.fail(f"the call's sound cannot be had: {error}")
            return False
        for track, tap in taps:
            understood = Understood(
                partial=partial(self._partial, track),
                final=partial(self._final, track),
                failed=partial(self._failed, writer.name),
            )
            self._tracks.append(TranscribedTrack(tap, writer.begin, understood))
        self._tell(TranscriptionEvent.STARTED, **self._request.described(), TranscriptionEngine=writer.name)
        self._log.info("transcription.started", recogniser=writer.name, tracks=self._request.tracks)
        return True

    def stop(self) -> None:
        """Hear no more."""
        for track in self._tracks:
            track.stop()

    async def finish(self, within: float) -> None:
        """Return when everything said has been told, or ``within`` seconds have passed."""
        self.stop()
        if self._tracks:
            finishing = [asyncio.ensure_future(track.finish()) for track in self._tracks]
            _, late = await asyncio.wait(finishing, timeout=within)
            for task in late:
                task.cancel()
            if late:
                await asyncio.wait(late)
        self._tell(TranscriptionEvent.STOPPED)
        self._log.info("transcription.stopped")

    def fail(self, why: str) -> None:
        """Tell what went wrong; a notification does so once."""
        self._tell(
            TranscriptionEvent.ERROR, TranscriptionErrorCode=str(TRANSCRIPTION_FAILED), TranscriptionError=why
        )
        if not self._noted:
            self._noted = True
            what = f"transcription {shortened(self.name)}: {why}"
            self._journal.notify(TRANSCRIPTION_FAILED, Level.ERROR, what)

    def _failed(self, recogniser: str, why: str) -> None:
        self.fail(f"the recogniser {recogniser} failed: {why}; see to [[recognisers]] {recogniser}")

    def _partial(self, track: str, words: str) -> None:
        if self._request.partial_results:
            self._content(track, {"transcript": words}, Final="false", Stability=UNCERTAIN)

    def _final(self, track: str, found: Recognised) -> None:
        data: dict[str, str | float] = {"transcript": found.words, "confidence": round(found.confidence, 4)}
        self._content(track, data, Final="true")

    def _content(self, track: str, data: dict[str, str | float], **more: str) -> None:
        text = json.dumps(data, ensure_ascii=False)
        language = self._request.language
        self._tell(
            TranscriptionEvent.CONTENT, LanguageCode=language, Track=track, TranscriptionData=text, **more
        )

    def _tell(self, event: TranscriptionEvent, **more: str) -> None:
        callback = self._request.status_callback
        if callback is None:
            return
        self._told += 1
        told = {
            "TranscriptionSid": self.sid,
            "TranscriptionName": self.name,
            "TranscriptionEvent": event.value,
            "SequenceId": str(self._told),
            "Timestamp": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        }
        self._journal.tell(callback, (told | more).items())
