"""An utterance that shows in the metrics how it ended."""

from __future__ import annotations

from engine.recognition.recogniser import Recognition
from engine.reporting.metrics import Metrics
from media.errors import RecognitionError
from media.sound import Samples
from media.speech.recognised import Recognised


class Counted:
    """Counts the outcome of another recognition: understood, empty, failed or given up."""

    def __init__(self, recognition: Recognition, name: str, metrics: Metrics) -> None:
        self._recognition = recognition
        self._count = metrics.utterances
        self._name = name

    def hear(self, samples: Samples) -> None:
        self._recognition.hear(samples)

    def pause(self) -> None:
        self._recognition.pause()

    async def result(self) -> Recognised:
        outcome = "given up"
        try:
            found = await self._recognition.result()
            outcome = "understood" if found else "empty"
            return found
        except RecognitionError:
            outcome = "failed"
            raise
        finally:
            self._count.labels(self._name, outcome).inc()

    async def close(self) -> None:
        await self._recognition.close()
