"""A conference on the stage: the others in the room are whatever the test says."""

from __future__ import annotations

from rcml.call import InputKind, Sound
from rcml.dialling import ConferenceRequest, Left, LeftBecause
from rcml.flow import Fetch
from rcml.testing.scene import Ear
from rcml.testing.staged_leg import StagedLeg
from rcml.testing.transcript import Kind
from rcml.waiting import WaitLoop


class Room:
    """A stay in a conference, which the test may start and end."""

    def __init__(self, call: StagedLeg, request: ConferenceRequest) -> None:
        self.request = request
        self.started = request.start_on_enter
        self._call = call
        self._left: LeftBecause | None = None

    def start(self) -> None:
        """Somebody enters who starts the room."""
        self.started = True

    def end(self) -> None:
        """Somebody leaves who ends the room."""
        self._left = self._left or LeftBecause.ROOM_ENDED

    def remove(self) -> None:
        """The caller is put out of the room by a request from outside."""
        self._left = self._left or LeftBecause.REMOVED

    async def stay(self) -> Left:
        """Be in the room until something ends that."""
        call, stage, request = self._call, self._call.scene.stage, self.request
        begun = stage.now
        call.write(Kind.JOINED, request.room, self)
        keys = frozenset({InputKind.DTMF}) if request.hangup_on_star else frozenset[InputKind]()
        waiting = None if self.started else stage.start(lambda: self._wait(request))
        with call.listening(Ear(kinds=keys, key=self._press)):
            if waiting is not None:
                await stage.wait(request.time_limit, lambda: self.started or self._over())
                waiting.stop()
            await stage.wait(request.time_limit - (stage.now - begun), self._over)
        lasted = stage.now - begun
        because = LeftBecause.CALLER if call.gone else self._left or LeftBecause.TIME_LIMIT
        call.write(Kind.PARTED, f"from {request.room} after {lasted:g} s ({because.value})")
        return Left(because, lasted)

    async def _wait(self, request: ConferenceRequest) -> None:
        match request.wait:
            case Fetch() as document:
                await WaitLoop(self._call).run(document)
            case Sound(url=url):
                self._call.write(Kind.PLAYED, url, request.wait)
            case _:
                pass

    def _press(self, key: str) -> None:
        if self.request.hangup_on_star and key == "*":
            self._left = self._left or LeftBecause.CALLER

    def _over(self) -> bool:
        return self._call.gone or self._left is not None
