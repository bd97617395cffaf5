"""Conversations relayed as text, on the stage: the application at the other end is whatever the test says."""

from __future__ import annotations

from rcml.call import InputKind
from rcml.errors import RELAY_BROKEN
from rcml.relaying import RelayEnd, RelayRequest, RelayStatus
from rcml.testing.scene import Ear
from rcml.testing.staged_leg import StagedLeg
from rcml.testing.transcript import Kind

DROPPED = "the application closed without an end message"


class StagedRelay:
    """A conversation whose application the test plays. No messages travel here."""

    def __init__(self, request: RelayRequest, call: StagedLeg) -> None:
        self.request = request
        self.sid = call.scene.sid("VX")
        self.prompts: list[str] = []
        """What the application was told that the caller said."""
        self.keys = ""
        """The keys that it was told of, with `dtmfDetection`."""
        self.handoff: str | None = None
        self.status: RelayStatus | None = None
        """How it ended; None while it lasts."""
        self.error = ""
        self._call = call

    def say(self, text: str) -> None:
        """The application has a text spoken."""
        self._call.write(Kind.SAID, repr(text), self.request.spoken.speech(text))

    def end(self, handoff: str | None = None) -> None:
        """The application ends the conversation, and hands data to the `action`."""
        self.status, self.handoff = RelayStatus.ENDED, handoff

    def drop(self, error: str = DROPPED) -> None:
        """The connection breaks, or could not be made."""
        self.status, self.error = RelayStatus.FAILED, error

    def take_key(self, key: str) -> None:
        """The caller pressed a key."""
        if self.request.keys:
            self.keys += key

    async def last(self) -> RelayEnd:
        """Go on until the test ends the conversation or the call is over."""
        call, stage = self._call, self._call.scene.stage
        url, begun = self.request.url, stage.now
        call.write(Kind.RELAYS, url, self)
        if self.request.greeting:
            self.say(self.request.greeting)
        kinds = frozenset({InputKind.DTMF, InputKind.SPEECH})
        with call.listening(Ear(kinds=kinds, key=self.take_key, words=self.prompts.append)):
            await stage.wait(fulfilled=lambda: call.gone or self.status is not None)
        self.status = self.status or RelayStatus.COMPLETED
        lasted = stage.now - begun
        how = f": {self.error}" if self.error else ""
        call.write(Kind.PARTED, f"from {url} after {lasted:g} s{how}")
        code = RELAY_BROKEN if self.status is RelayStatus.FAILED else None
        return RelayEnd(
            sid=self.sid,
            status=self.status,
            duration=lasted,
            handoff=self.handoff,
            code=code,
            error=self.error,
        )
