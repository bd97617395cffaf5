"""What the application says, from text to the last sample heard: pieces in order, and how far they came.

Time is the number of samples that the leg has played. All counts are of 8 kHz from the beginning.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from media.sound import Banded, Samples
from rcml.prompts import Sound, Speech
from rcml.relaying import Input

RATE: Final = 8000
LEAD: Final = 4000
"""Samples that are handed on before their time, half a second: so long the event loop may stand still
before the caller hears it."""
SAMPLES_PER_CHARACTER: Final = 560
"""Of speech whose length is not known yet: 14 characters are said in a second."""


@dataclass(slots=True, eq=False)
class Piece:
    """A sentence, or a sound file, on its way to the caller."""

    prompt: Speech | Sound
    answer: int
    """The number of the answer that it belongs to."""
    interruptible: Input
    preemptible: bool
    loops: int = 1
    """How often it is heard; 0 is without end."""
    whole: bool = False
    """Whether all its sound is there."""
    dropped: bool = False
    begins: int | None = None
    """The sample with which it begins, once that was handed on."""
    handed: int = 0
    made: int = 0
    """Samples of the sound that is there."""
    sound: list[Samples | Banded] = field(default_factory=list)
    at: int = 0
    """Samples of this round that were handed on."""

    @property
    def text(self) -> str:
        """What is said; nothing for a sound."""
        return self.prompt.text if isinstance(self.prompt, Speech) else ""

    @property
    def exhausted(self) -> bool:
        """Whether everything there is of it was handed on."""
        return self.whole and self.at >= self.made and (self.loops == 1 or not self.made)

    def text_until(self, heard: int) -> str:
        """Return the whole words among the first ``heard`` samples."""
        expected = self.made if self.whole else max(self.made, len(self.text) * SAMPLES_PER_CHARACTER)
        if heard >= expected:
            return self.text
        end = len(self.text) * heard // expected
        return self.text[: self.text.rfind(" ", 0, end + 1)].rstrip() if " " in self.text[: end + 1] else ""


class Talk:
    """The pieces that were not heard to their end, in their order."""

    def __init__(self) -> None:
        self._pieces: deque[Piece] = deque()
        self._handed = 0
        self._cleared = 0
        """What was handed on before the last clear: it counts as played, though the leg may not know yet."""
        self.characters = 0
        """Of all texts that were not heard to their end."""

    def __len__(self) -> int:
        return len(self._pieces)

    def __iter__(self) -> Iterator[Piece]:
        return iter(self._pieces)

    @property
    def current(self) -> Piece | None:
        """The piece that is heard, or will be next."""
        return self._pieces[0] if self._pieces else None

    @property
    def sounding(self) -> bool:
        """Whether the current piece has begun."""
        return bool(self._pieces) and self._pieces[0].begins is not None

    @property
    def seconds_waiting(self) -> float:
        """Sound that is there and was not handed on."""
        return sum(piece.made - piece.at for piece in self._pieces) / RATE

    def add(self, piece: Piece) -> None:
        """Append a piece, whose sound is still to be made."""
        self._pieces.append(piece)
        self.characters += len(piece.text)

    def give(self, piece: Piece, sound: Samples | Banded) -> None:
        """Take the next sound of a piece."""
        if not piece.dropped:
            piece.sound.append(sound)
            piece.made += sound.shape[-1]

    def finish(self, piece: Piece) -> None:
        """Take note that there is no more sound of a piece."""
        piece.whole = True

    def next_sound(self, played: int, room: int) -> Samples | Banded | None:
        """Return what is to be handed on now: at most ``room``, and ``LEAD`` beyond what was played."""
        wanted = min(room, LEAD - (self._handed - max(played, self._cleared)))
        parts: list[Samples | Banded] = []
        for piece in self._pieces:
            while wanted > 0 and not piece.exhausted:
                part = _take(piece, wanted)
                if part is None:
                    break
                if piece.begins is None:
                    piece.begins = self._handed
                parts.append(part)
                taken = part.shape[-1]
                self._handed += taken
                wanted -= taken
            if wanted <= 0 or not piece.exhausted:
                break
        return np.concatenate(parts, axis=-1) if parts else None

    def over(self, played: int) -> list[Piece]:
        """Take out the pieces that were heard to their end, in order."""
        reached = max(played, self._cleared)
        found: list[Piece] = []
        while self._pieces and self._pieces[0].exhausted:
            piece = self._pieces[0]
            if piece.begins is not None and piece.begins + piece.handed > reached:
                break
            self.characters -= len(piece.text)
            found.append(self._pieces.popleft())
        return found

    def heard_of(self, piece: Piece, played: int) -> int:
        """Return how many samples of a piece were heard."""
        if piece.begins is None:
            return 0
        return min(max(played, self._cleared, piece.begins) - piece.begins, piece.handed)

    def clear(self) -> None:
        """Drop everything, also what was handed on and not played."""
        self.drop(lambda piece: True)
        self._cleared = self._handed

    def drop(self, which: Callable[[Piece], bool]) -> None:
        """Drop pieces of which nothing else than ``clear`` could take back what was handed on."""
        for piece in self._pieces:
            if which(piece):
                piece.dropped = True
                piece.sound.clear()
                self.characters -= len(piece.text)
        self._pieces = deque(piece for piece in self._pieces if not piece.dropped)

    def end_loops(self) -> None:
        """Let what is played without end be heard once more at most."""
        for piece in self._pieces:
            piece.loops = piece.loops or 1


def _take(piece: Piece, most: int) -> Samples | Banded | None:
    """Take the next sound of a piece, at most ``most`` samples; None when there is none yet."""
    if piece.at >= piece.made:
        if not piece.whole:
            return None
        piece.at = 0
        piece.loops -= piece.loops > 1
    passed = 0
    for part in piece.sound:
        length = part.shape[-1]
        if piece.at < passed + length:
            begin = piece.at - passed
            found = part[..., begin : begin + most]
            piece.at += found.shape[-1]
            piece.handed += found.shape[-1]
            return found
        passed += length
    return None
