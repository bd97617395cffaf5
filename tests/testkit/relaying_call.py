"""A leg of a real media plane with a relayed conversation: its voice is a tone, its ear knows the words."""

import asyncio
import weakref
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, Self

from engine.accounts import AccountTree
from engine.config import Settings
from engine.conversation_relay.live_relay import LiveRelay
from engine.recognition.library import Choice
from engine.recognition.recogniser import Told
from engine.reporting.metrics import Metrics
from engine.store import AccountRow
from engine.streams.dialing import StreamDialer
from media.errors import SpeechError
from media.plane.leg import Leg
from media.plane.plane import MediaPlane
from media.prompts import RATE, Prompt
from media.sound import Samples
from media.speech.recognised import Recognised
from rcml.call import CollectRequest, PlaybackFailed
from rcml.prompts import Sound, Speech
from rcml.relaying import RelayEnd, RelayRequest
from tests.testkit.media_agreement import connect
from tests.testkit.outside_sound import tone
from tests.testkit.rtp_peer import RtpPeer
from tests.testkit.streaming_call import ACCOUNT_SID, AUTH_TOKEN, CALL_SID, Journal

PER_CHARACTER = 0.02
"""Seconds of tone for each character of a text."""
SPOKEN, PLAYED = 600, 850
"""Hertz of texts, and of sound files."""


@dataclass
class ToneVoices:
    """Voices that say every text as a tone; a text with `broken` in it cannot be said."""

    said: list[Speech] = field(default_factory=list)
    holds: bool = False
    """Whether the sound of a text never comes."""

    def named(self, wanted: str) -> str | None:
        return "studio" if wanted.lower() == "studio" else None

    async def stream(
        self, speech: Speech, tell: Callable[[str], None], *, wide: bool = False
    ) -> AsyncIterator[Samples]:
        self.said.append(speech)
        if "broken" in speech.text:
            raise SpeechError("the voice has lost its tongue")
        if self.holds:
            await asyncio.Event().wait()
        yield tone(SPOKEN, len(speech.text) * PER_CHARACTER)


@dataclass
class WordyRecognisers:
    """Recognisers that understand the same words in everything; None know no language."""

    words: str | None = "opening hours"
    asked: list[CollectRequest] = field(default_factory=list)

    def named(self, wanted: str) -> str | None:
        return "ears" if wanted.lower() == "ears" else None

    def choose(self, request: CollectRequest, told: Told) -> Choice | None:
        self.asked.append(request)
        if self.words is None:
            told.problem(f"nobody knows {request.language}")
            return None
        words = self.words
        return Choice(begin=lambda: KnownWords(words, told))


class KnownWords:
    """A recognition that knows beforehand what it will have heard."""

    def __init__(self, words: str, told: Told) -> None:
        self._words = words
        self._told = told

    def hear(self, samples: Samples) -> None:
        """Listen."""

    def pause(self) -> None:
        self._told.partial(self._words.partition(" ")[0])

    async def result(self) -> Recognised:
        return Recognised(self._words, 0.9)

    async def close(self) -> None:
        """Nothing is held."""


class ToneSounds:
    """A sound library that has `bell.wav` alone."""

    async def sound(self, sound: Sound, *, wide: bool = False) -> Prompt:
        if not sound.url.endswith("bell.wav"):
            raise PlaybackFailed("there is none", url=sound.url)
        return Prompt(tone(PLAYED, 0.2), RATE, "bell", "bell")


class RelayingCall:
    """A party on an RTP port, and what a relayed conversation needs of its call."""

    def __init__(self, leg: Leg, voice: RtpPeer) -> None:
        self.media = leg
        self.voice = voice
        call = SimpleNamespace(
            sid=CALL_SID, account_sid=ACCOUNT_SID, parent_call_sid=None, from_="+15551", to="1111",
            forwarded_from=None, caller_name=None, direction="inbound", status="in-progress",
        )  # fmt: skip
        self.journal = Journal(row=call)
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.metrics = Metrics()
        self.voices = ToneVoices()
        self.recognisers = WordyRecognisers()
        self._dialer = StreamDialer(Settings.embedded())
        self._talk: asyncio.Task[RelayEnd] | None = None

    @classmethod
    async def open(cls, plane: MediaPlane) -> Self:
        leg, voice = plane.open_leg(), await RtpPeer.open()
        connect(leg, voice)
        return cls(leg, voice)

    def connect(self, url: str, **asked: Any) -> asyncio.Task[RelayEnd]:
        """Begin a conversation."""
        services: Any = SimpleNamespace(
            metrics=self.metrics,
            stream_dialer=self._dialer,
            accounts=AccountTree([AccountRow(sid=ACCOUNT_SID, auth_token=AUTH_TOKEN)]),
            voices=self.voices,
            recognisers=self.recognisers,
            sounds=ToneSounds(),
        )
        journal: Any = self.journal
        leg: Any = SimpleNamespace(media=self.media, ended=self.ended)
        relay = LiveRelay(RelayRequest(url=url, **asked), journal, leg, services)
        self.relay = weakref.ref(relay)
        self.media.on_digit = relay.press
        self._talk = asyncio.create_task(relay.run())
        return self._talk

    def forget(self) -> None:
        """Let go of a conversation that is over."""
        self._talk = self.media.on_digit = None

    def hang_up(self) -> None:
        if not self.ended.done():
            self.ended.set_result(None)

    async def close(self) -> None:
        self.hang_up()
        if self._talk is not None:
            await asyncio.wait((self._talk,))
        self.voice.close()
        await self._dialer.close()
        self.media.close()
        await self.media.wait_closed()
