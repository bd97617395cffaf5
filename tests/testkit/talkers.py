"""Outside parties that all speak at once, each a tone of its own, and who of them hears whom."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

import numpy as np

from media.plane.leg import Leg
from media.plane.plane import MediaPlane
from tests.testkit.media_agreement import connect
from tests.testkit.outside_sound import FRAME, RATE, Samples, tone
from tests.testkit.rtp_peer import PCMU, RtpPeer
from tests.testkit.waiting import eventually

AMPLITUDE = 3000
TOLERANCE_DB = 0.7
"""What G.711 may change of a level when five tones share a frame."""
ABSENT_DBFS = -50.0
WINDOW = 10 * FRAME


def dbfs(amplitude: float) -> float:
    return float(20 * np.log10(max(amplitude, 1e-3) / 32768))


def levels_of(sound: Samples, frequency: float, window: int = FRAME) -> np.ndarray:
    """Return the peak level in dBFS at a multiple of 50 Hz, one for each whole window."""
    frames = sound[: len(sound) // window * window].reshape(-1, window).astype(np.float64)
    probe = np.exp(-2j * np.pi * frequency / RATE * np.arange(window))
    amplitudes = 2 * np.abs(frames @ probe) / window
    return np.asarray(20 * np.log10(np.maximum(amplitudes, 1e-3) / 32768))


class Talker:
    """One party: a telephone, its leg, and the tone that it makes all the time."""

    def __init__(self, leg: Leg, peer: RtpPeer, frequency: float) -> None:
        self.leg = leg
        self.peer = peer
        self.frequency = frequency

    def talk(self, seconds: float = 8.0) -> None:
        self.peer.say_nowait(tone(self.frequency, seconds, AMPLITUDE))

    def level_of(self, frequency: float) -> float:
        """Return how loud a tone is in the last fifth of a second of what this party hears."""
        found = levels_of(self.peer.heard()[-WINDOW:], frequency, WINDOW)
        return float(found[0]) if len(found) else dbfs(0)

    def loudest_of(self, frequency: float) -> float:
        """Return how loud a tone ever was in 0.1 s of what this party heard."""
        return float(np.max(levels_of(self.peer.heard(), frequency, 5 * FRAME), initial=dbfs(0)))


class Talkers(list[Talker]):
    """Parties by number; their tones are 350 Hz and every 250 Hz above."""

    def who_hears_whom(self) -> dict[int, set[int | None]]:
        """Return for each party whom it hears at the level at which that one speaks.

        None among them: a tone that is there at another level.
        """
        return {number: self._heard_by(talker) for number, talker in enumerate(self)}

    def _heard_by(self, listener: Talker) -> set[int | None]:
        heard: set[int | None] = set()
        for number, talker in enumerate(self):
            level = listener.level_of(talker.frequency)
            if abs(level - dbfs(AMPLITUDE)) < TOLERANCE_DB:
                heard.add(number)
            elif level > ABSENT_DBFS:
                heard.add(None)
        return heard

    async def hear(self, expected: dict[int, Iterable[int]], within: float = 4.0) -> None:
        """Wait until everybody in ``expected`` hears exactly those that it says."""
        wanted = {number: set(whom) for number, whom in expected.items()}

        def as_wanted() -> bool:
            found = self.who_hears_whom()
            return all(found[number] == whom for number, whom in wanted.items())

        await eventually(
            as_wanted, within, f"who hears whom is {wanted}", context=lambda: str(self.who_hears_whom())
        )

    async def hear_all_others(self) -> None:
        everybody = set(range(len(self)))
        await self.hear({number: everybody - {number} for number in everybody})


@asynccontextmanager
async def talkers(
    plane: MediaPlane, count: int, payload_types: tuple[int, ...] = (PCMU,)
) -> AsyncIterator[Talkers]:
    """Open ``count`` connected parties that speak already; codecs by turns."""
    made = Talkers()
    try:
        for number in range(count):
            peer = await RtpPeer.open(payload_types[number % len(payload_types)])
            talker = Talker(plane.open_leg(), peer, 350 + 250 * number)
            made.append(talker)
            connect(talker.leg, peer)
            talker.talk()
        yield made
    finally:
        for talker in made:
            talker.peer.close()
            talker.leg.close()
        await asyncio.gather(*(talker.leg.wait_closed() for talker in made))
