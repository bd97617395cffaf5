"""A leg of a real media plane with streams, and no SIP: what `CallStreams` needs of a call, as values."""

import asyncio
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, Self

from engine.accounts import AccountTree
from engine.config import Settings
from engine.reporting.metrics import Metrics
from engine.store import AccountRow
from engine.streams.call_streams import CallStreams
from engine.streams.dialing import StreamDialer
from media.plane.leg import Leg
from media.plane.plane import MediaPlane
from rcml.call import Callback, Level
from rcml.streaming import StreamRequest
from tests.testkit.media_agreement import connect
from tests.testkit.rtp_peer import RtpPeer

ACCOUNT_SID, CALL_SID = "AC" + "1" * 32, "CA" + "2" * 32
AUTH_TOKEN = "a-token"
TOLD = Callback(url="http://app.test/told")


@dataclass
class Journal:
    """Remembers what was noted down and told."""

    row: Any = field(default_factory=lambda: SimpleNamespace(sid=CALL_SID, account_sid=ACCOUNT_SID))
    notes: list[tuple[int, Level, str]] = field(default_factory=list)
    told: list[dict[str, str]] = field(default_factory=list)

    def notify(self, code: int, level: Level, message: str, *, url: str | None = None) -> None:
        self.notes.append((code, level, message))

    def tell(self, callback: Callback, parameters: Any) -> None:
        self.told.append(dict(parameters))

    @property
    def codes(self) -> list[int]:
        return [code for code, _, _ in self.notes]

    @property
    def events(self) -> list[str]:
        return [each["StreamEvent"] for each in self.told]


class StreamingLeg:
    """A leg, and the streams of its call."""

    def __init__(self, leg: Leg, dialer: StreamDialer | None = None) -> None:
        self.media = leg
        self.journal = Journal()
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.metrics = Metrics()
        self.dialer = dialer or StreamDialer(Settings.embedded())
        services: Any = SimpleNamespace(
            metrics=self.metrics,
            stream_dialer=self.dialer,
            accounts=AccountTree([AccountRow(sid=ACCOUNT_SID, auth_token=AUTH_TOKEN)]),
        )
        journal, leg_with_end = self._as_any()
        self.streams = CallStreams(journal, leg_with_end, services)
        leg.on_digit = self.streams.press

    def _as_any(self) -> tuple[Any, Any]:
        return self.journal, SimpleNamespace(media=self.media, ended=self.ended)

    def connect(self, url: str, **asked: Any) -> asyncio.Task[Any]:
        """Begin a stream in both directions."""
        request = StreamRequest(url=url, bidirectional=True, status_callback=TOLD, **asked)
        return asyncio.create_task(self.streams.connect(request))

    def start(self, url: str, **asked: Any) -> None:
        """Begin a stream that listens."""
        self.streams.start(StreamRequest(url=url, status_callback=TOLD, **asked))

    def hang_up(self) -> None:
        if not self.ended.done():
            self.ended.set_result(None)

    async def close(self) -> None:
        self.hang_up()
        await self.streams.finish()
        await self.dialer.close()
        self.media.close()
        await self.media.wait_closed()


class StreamingCall(StreamingLeg):
    """A party on an RTP port, and the streams of its call."""

    def __init__(self, leg: Leg, voice: RtpPeer) -> None:
        super().__init__(leg)
        self.voice = voice

    @classmethod
    async def open(cls, plane: MediaPlane) -> Self:
        leg, voice = plane.open_leg(), await RtpPeer.open()
        connect(leg, voice)
        return cls(leg, voice)

    async def close(self) -> None:
        self.voice.close()
        await super().close()
