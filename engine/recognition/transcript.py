"""One utterance put together from what a recogniser says piece by piece."""

from __future__ import annotations

from engine.recognition.messages import Transcription
from media.speech.recognised import Recognised

LONGEST = 16_384
"""Characters kept of one utterance; a minute of speech has about a thousand."""


class Transcript:
    """Final pieces stay; what is not final replaces what was not."""

    def __init__(self, longest: int = LONGEST) -> None:
        self._longest = longest
        self._finals: list[Transcription] = []
        self._interim = Transcription("", 0.0, False)
        self.settled = False
        """Whether the last piece was final: what was heard may be all."""

    def add(self, piece: Transcription) -> None:
        """Take the next piece; a final one without words is the end of the one before."""
        self.settled = piece.is_final
        if not piece.is_final:
            self._interim = piece
            return
        self._interim = Transcription("", 0.0, False)
        if piece.words and len(self.words) + len(piece.words) <= self._longest:
            self._finals.append(piece)

    @property
    def words(self) -> str:
        """All that was heard so far."""
        pieces = (*self._finals, self._interim)
        return " ".join(piece.words for piece in pieces if piece.words)

    def result(self) -> Recognised:
        """Return the utterance; it is as sure as its least sure piece."""
        pieces = [piece for piece in (*self._finals, self._interim) if piece.words]
        return Recognised(self.words, min((piece.confidence for piece in pieces), default=0.0))
