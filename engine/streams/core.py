"""A stream without sockets and clock: sound, keys and messages in, messages and orders out.

Time is counted in frames of 20 ms and in samples played. Every input returns what its owner must do,
in order.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass

from engine.streams.messages import (
    Clear,
    Mark,
    Media,
    Message,
    MessageRefused,
    MessageWriter,
    Opening,
    Resume,
    read_message,
)
from engine.streams.playout import MOST_MARKS, MOST_SECONDS, Playout
from engine.streams.wire_sound import FILE_HEADS, Inlet, Outlet
from media.sound import Samples
from media.voice_activity import VoiceActivityDetector
from rcml.errors import STREAM_MESSAGE, STREAM_OVERFLOW, STREAM_UNREADABLE
from rcml.streaming import StreamEncoding, StreamRequest, StreamTrack

FRAME_MS = 20
REST_FRAMES = 5
"""Frames without a message of sound, a tenth of a second, after which the next one begins anew."""

INBOUND, OUTBOUND = "inbound", "outbound"
_TRACKS = {
    StreamTrack.INBOUND: (INBOUND,),
    StreamTrack.OUTBOUND: (OUTBOUND,),
    StreamTrack.BOTH: (INBOUND, OUTBOUND),
}


@dataclass(frozen=True, slots=True)
class Send:
    """A message for the application."""

    frame: str | bytes
    is_sound: bool = False
    """Whether it may be left out when the application does not read."""


class Order(enum.Enum):
    """What to do with the sound that was handed on and not played yet."""

    FORGET = "forget"
    HOLD = "hold"
    GO_ON = "go on"


@dataclass(frozen=True, slots=True)
class Remark:
    """Something the application's author should know; each number is said once."""

    code: int
    message: str


Effect = Send | Order | Remark


class StreamCore:
    """Decides everything about one stream."""

    def __init__(self, request: StreamRequest, *, stream_sid: str, account_sid: str, call_sid: str) -> None:
        self.tracks = _TRACKS[request.track]
        self._request = request
        self._sid = stream_sid
        self._outlet = Outlet(request.encoding, request.rate, len(self.tracks))
        self._writer = MessageWriter(
            Opening(
                stream_sid=stream_sid,
                account_sid=account_sid,
                call_sid=call_sid,
                tracks=self.tracks,
                media_format=_media_format(request, len(self.tracks)),
                parameters=dict(request.parameters),
            )
        )
        self._inlet = Inlet(request.encoding, request.rate)
        self._playout = Playout(self._inlet)
        self._voice = VoiceActivityDetector() if request.barge_in else None
        self._frames = 0
        self._silent_frames = 0
        self._played = 0
        self._held = False
        self._remarked: set[int] = set()
        self._sound_came = False

    def open(self) -> list[Effect]:
        """Begin."""
        return [Send(self._writer.connected()), Send(self._writer.start())]

    def close(self) -> list[Effect]:
        """End: the last message."""
        return [Send(self._writer.stop())]

    def hear(self, frames: Sequence[Samples]) -> list[Effect]:
        """Take the next 20 ms of every track, 160 samples each."""
        effects = self._sound(frames)
        self._frames += 1
        self._silent_frames += 1
        if self._silent_frames == REST_FRAMES:
            self._playout.rest()
        if self._voice is not None:
            effects += self._listen(self._voice, frames[0])
        return effects

    def press(self, key: str) -> list[Effect]:
        """Take a key that the caller pressed."""
        return [Send(self._writer.dtmf(key))] if self._request.bidirectional else []

    def played(self, samples: int) -> list[Effect]:
        """Take note that so many samples have been played since the beginning, dropped ones included."""
        if samples == self._played:
            return []
        self._played = samples
        return self._answer(self._playout.reached(samples))

    def next_sound(self, room: int) -> Samples:
        """Return what is to be played next; at most about ``room`` samples."""
        return self._playout.next_sound(self._played, room)

    def receive(self, frame: str | bytes) -> list[Effect]:
        """Take a text or a binary message."""
        try:
            if not self._request.bidirectional:
                why = "a message on a stream of <Start>, which only listens; use <Connect> to be heard"
                raise MessageRefused(STREAM_MESSAGE, why)
            message = Media(self._binary(frame)) if isinstance(frame, bytes) else self._read(frame)
            return self._obey(message)
        except MessageRefused as refused:
            return self._remark(refused.code, str(refused))

    def _read(self, text: str) -> Message:
        return read_message(text, self._sid)

    def _binary(self, frame: bytes) -> bytes:
        if not self._outlet.binary:
            why = 'a binary message: this stream is mulaw, in text messages; binary needs encoding="l16"'
            raise MessageRefused(STREAM_UNREADABLE, why)
        return frame

    def _obey(self, message: Message) -> list[Effect]:
        match message:
            case Media(payload):
                return self._queue(payload)
            case Mark(name):
                if not self._playout.mark(name):
                    return self._remark(STREAM_OVERFLOW, f"{MOST_MARKS} marks wait: one more was dropped")
                return self._answer(self._playout.reached(self._played))
            case Clear():
                effects: list[Effect] = [Order.FORGET, *self._go_on()]
                return effects + self._answer(self._playout.clear())
            case Resume():
                return self._go_on()

    def _queue(self, payload: bytes) -> list[Effect]:
        if len(payload) % self._inlet.octets:
            why = f"{len(payload)} octets of sound are no whole 16-bit samples; the message was dropped"
            raise MessageRefused(STREAM_MESSAGE, why)
        effects: list[Effect] = []
        if not self._sound_came and payload.startswith(FILE_HEADS):
            what = "the sound begins like a file: send the samples alone, without a header"
            effects += self._remark(STREAM_MESSAGE, what)
        self._sound_came = True
        self._silent_frames = 0
        if not self._playout.queue(payload):
            what = f"more than {MOST_SECONDS:g} s of sound wait to be played: what came last was dropped"
            effects += self._remark(STREAM_OVERFLOW, what)
        return effects

    def _sound(self, frames: Sequence[Samples]) -> list[Effect]:
        if self._outlet.binary:
            return [Send(self._outlet.interleave(frames), is_sound=True)]
        at = self._frames * FRAME_MS
        write, encode = self._writer.media, self._outlet.encode
        return [
            Send(write(track, at, encode(frame)), is_sound=True)
            for track, frame in zip(self.tracks, frames, strict=True)
        ]

    def _listen(self, voice: VoiceActivityDetector, frame: Samples) -> list[Effect]:
        """Pause what is played when the caller begins to speak, and tell of it."""
        before = voice.active
        voice.receive(frame)
        if voice.active == before:
            return []
        effects: list[Effect] = []
        if voice.active and not self._held and self._playout.plays(self._played):
            self._held = True
            effects.append(Order.HOLD)
        told = self._writer.speech(
            started=voice.active,
            timestamp_ms=self._frames * FRAME_MS,
            paused=self._held,
            marks=self._playout.waiting_marks,
        )
        return [*effects, Send(told)]

    def _go_on(self) -> list[Effect]:
        if not self._held:
            return []
        self._held = False
        return [Order.GO_ON]

    def _answer(self, names: list[str]) -> list[Effect]:
        return [Send(self._writer.mark(name)) for name in names]

    def _remark(self, code: int, message: str) -> list[Effect]:
        if code in self._remarked:
            return []
        self._remarked.add(code)
        return [Remark(code, message)]


def _media_format(request: StreamRequest, tracks: int) -> dict[str, str | int]:
    return {
        "encoding": f"audio/x-{request.encoding.value}",
        "sampleRate": request.rate,
        # Text messages carry one track each; binary ones all of them.
        "channels": tracks if request.encoding is StreamEncoding.L16 else 1,
    }
