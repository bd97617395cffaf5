"""What listens to one call, streams and transcriptions: seen, started and stopped through the REST API."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from engine.applications import absolute
from engine.calls.call_desk import CallDesk
from engine.config import Settings
from engine.errors import CallOver
from engine.http.call_operations import needed_desk, told_as_problems
from engine.http.dialect import Dialect
from engine.http.forms import Form
from engine.http.operations import Asked
from engine.http.parts import PartOperations
from engine.http.problems import Problem
from engine.http.resources import Place
from engine.http.resources.listener_forms import ListenerChange, StreamCreation, TranscriptionCreation
from engine.http.resources.listeners import ShownListener
from engine.store import CallRow, utc_now

F = TypeVar("F", bound=Form)


class Listener(Protocol):
    """A stream or a transcription."""

    sid: str
    name: str
    """Its sid when nobody gave it a name."""


class Listeners(Protocol):
    """The streams, or the transcriptions, of one party."""

    def running(self) -> Collection[Listener]:
        """Return those that have not ended."""
        ...

    def stop(self, name: str) -> Listener | None:
        """End the one of that name, or sid, and return it; None when there is none."""
        ...


@dataclass(frozen=True)
class Seen:
    """A listener as it is when it is looked at."""

    listener: Listener
    status: str = "in-progress"


class _ListenerOperations(PartOperations[CallRow, Seen, F, ListenerChange]):
    """What streams and transcriptions have in common; one is named by its sid or its name."""

    kind: str

    def __init__(self, desk: Callable[[], CallDesk | None], settings: Callable[[], Settings]) -> None:
        self._find_desk = desk
        self._settings = settings

    @property
    def _desk(self) -> CallDesk:
        return needed_desk(self._find_desk)

    @abstractmethod
    def _of(self, call: CallRow) -> Listeners:
        """Return what listens to a party; raises :class:`CallOver`."""

    @abstractmethod
    def _start(self, call: CallRow, form: F) -> Listener | None:
        """Begin one; None when it cannot, and a notification says why."""

    async def all_of(self, owner: CallRow, query: Mapping[str, str], spoken: Dialect) -> Sequence[Seen]:
        return [Seen(each) for each in self._running(owner)]

    async def find(self, owner: CallRow, name: str) -> Seen:
        for each in self._running(owner):
            if name in (each.sid, each.name):
                return Seen(each)
        raise Problem(404, f"There is no such resource among {self.kind} of the call, or it has ended.")

    def show(self, owner: CallRow, part: Seen, place: Place) -> ShownListener:
        sid, name = part.listener.sid, part.listener.name
        return ShownListener(
            sid=sid,
            account_sid=owner.account_sid,
            call_sid=owner.sid,
            name=name if name != sid else None,
            status=part.status,
            date_updated=utc_now(),
            uri=place.uri("Calls", owner.sid, self.kind, sid),
        )

    async def create(self, asked: Asked, owner: CallRow, form: F) -> Seen:
        with told_as_problems():
            listener = self._start(owner, form)
        if listener is None:
            message = "It cannot begin, perhaps because one of that Name runs; the notifications say why."
            raise Problem(409, message, twilio=(400, 21218))
        return Seen(listener)

    async def change(self, asked: Asked, owner: CallRow, part: Seen, form: ListenerChange) -> Seen:
        """Stop it, which is all that a form can ask for."""
        with told_as_problems():
            self._of(owner).stop(part.listener.sid)
        return Seen(part.listener, "stopped")

    def _running(self, owner: CallRow) -> Collection[Listener]:
        if self._find_desk() is None:
            return ()
        try:
            return self._of(owner).running()
        except CallOver:
            return ()


class StreamOperations(_ListenerOperations[StreamCreation]):
    """The streams of a call."""

    kind = "Streams"

    def _of(self, call: CallRow) -> Listeners:
        return self._desk.streams(call)

    def _start(self, call: CallRow, form: StreamCreation) -> Listener | None:
        callback_url = absolute(form.status_callback or "", self._settings())
        return self._desk.start_stream(call, form.request(callback_url))


class TranscriptionsOfCalls(_ListenerOperations[TranscriptionCreation]):
    """The live transcriptions of a call."""

    kind = "Transcriptions"

    def _of(self, call: CallRow) -> Listeners:
        return self._desk.transcriptions(call)

    def _start(self, call: CallRow, form: TranscriptionCreation) -> Listener | None:
        callback_url = absolute(form.status_callback, self._settings())
        return self._desk.start_transcription(call, form.request(callback_url))
