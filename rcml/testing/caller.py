"""The two ends of a call in a test: who called the application, and whom a Dial rings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import get_args

from rcml.api_version import API_VERSION, ApiVersion
from rcml.dialling import Target
from rcml.flow import Fetch
from rcml.interpreter import Interpreter, InterpreterOptions
from rcml.testing.application import Application, Documents
from rcml.testing.application import Document as Written
from rcml.testing.dialling import CalleeLeg
from rcml.testing.phone import PATIENCE, Phone
from rcml.testing.queue import QueuedPlace, TakenFromQueue
from rcml.testing.relays import StagedRelay
from rcml.testing.room import Room
from rcml.testing.scene import Scene
from rcml.testing.staged_call import StagedCall
from rcml.testing.streams import StagedStream
from rcml.testing.transcript import Kind
from rcml.values import HttpMethod, Url

__all__ = ["Callee", "CallerPhone", "dial"]


class CallerPhone(Phone):
    """The telephone that called the application."""

    def expect_rejected(self, status: int, *, within: float = PATIENCE) -> None:
        """Expect that the call is refused with this SIP status and never answered."""
        __tracebackhide__ = True
        line = self._expect(frozenset({Kind.ENDED}), lambda line: True, f"status {status}", within)
        if not line.text.startswith(str(status)):
            self._fail(f"expected status {status}; the call ended so: {line.text}")

    def expect_dialled(self, target: str, *, within: float = PATIENCE) -> Callee:
        """Expect that `client:alice`, a SIP address or a number is rung; returns their telephone."""
        __tracebackhide__ = True
        stage, end = self._scene.stage, self.now + within
        stage.settle()
        while True:
            for line in self._scene.transcript:
                leg = line.about
                found = line.kind is Kind.DIALLED and line.who in (target, f"client:{target}")
                if found and isinstance(leg, CalleeLeg) and not leg.taken:
                    leg.taken = True
                    return Callee(leg)
            if not stage.go_on(end):
                self._fail(f"expected {target} to be rung within {within:g} s")

    def expect_connected(self, *, within: float = PATIENCE) -> None:
        """Expect that the caller now talks to whoever answered."""
        __tracebackhide__ = True
        self._expect(frozenset({Kind.CONNECTED}), lambda line: True, "to be connected", within)

    def expect_conference(self, room: str, *, within: float = PATIENCE) -> Room:
        """Expect to come into a conference; returns the room, which the test may start or end."""
        __tracebackhide__ = True
        joined = self._joined(room, f"the conference {room!r}", within)
        assert isinstance(joined, Room)
        return joined

    def expect_enqueued(self, queue: str, *, within: float = PATIENCE) -> QueuedPlace:
        """Expect to wait in a queue; returns the place, in which the test connects and parts an agent."""
        __tracebackhide__ = True
        place = self._joined(queue, f"to wait in the queue {queue!r}", within)
        assert isinstance(place, QueuedPlace), "this caller takes from the queue"
        return place

    def expect_taking(self, queue: str, *, within: float = PATIENCE) -> TakenFromQueue:
        """Expect to take from a queue, as an agent; returns what connects and parts somebody who waited."""
        __tracebackhide__ = True
        taking = self._joined(queue, f"to take from the queue {queue!r}", within)
        assert isinstance(taking, TakenFromQueue), "this caller waits in the queue"
        return taking

    def _joined(self, name: str, what: str, within: float) -> object:
        __tracebackhide__ = True
        return self._expect(frozenset({Kind.JOINED}), lambda line: line.text == name, what, within).about

    def expect_stream(self, url: str, *, within: float = PATIENCE) -> StagedStream:
        """Expect a stream to this URL; returns it, and the test plays the application at its other end."""
        __tracebackhide__ = True
        opened = self._expect(
            frozenset({Kind.STREAMS}), lambda line: line.text == url, f"a stream to {url!r}", within
        ).about
        assert isinstance(opened, StagedStream)
        return opened

    def expect_relay(self, url: str, *, within: float = PATIENCE) -> StagedRelay:
        """Expect to talk to the agent at this URL; returns the conversation, and the test is the agent."""
        __tracebackhide__ = True
        opened = self._expect(
            frozenset({Kind.RELAYS}), lambda line: line.text == url, f"to talk to {url!r}", within
        ).about
        assert isinstance(opened, StagedRelay)
        return opened


class Callee(Phone):
    """The telephone of somebody whom a Dial rings."""

    def __init__(self, leg: CalleeLeg) -> None:
        super().__init__(leg.call)
        self._leg = leg

    @property
    def rings(self) -> bool:
        """Whether it has neither been answered nor given up."""
        return self._leg.ringing

    @property
    def target(self) -> Target:
        """Whom the document rings: number, client or address, with headers and digits."""
        return self._leg.target

    def answer(self) -> None:
        """Pick up."""
        self._decide(200)

    def turns_out(self, answered_by: str) -> None:
        """Be found to be a `human`, a `machine_start` or what else `AnsweredBy` tells, after answering.

        The noun must ask for it with `machineDetection`; its `amdStatusCallback` is told.
        """
        wanted = self._leg.target.detection
        if wanted is None:
            self._fail(f'nobody asks who {self._call.who} is: write machineDetection="Enable"')
        self._call.answered_by = answered_by
        if wanted.callback is not None:
            self._call.tell(wanted.callback, AnsweredBy=answered_by, MachineDetectionDuration="2000")
        self._scene.stage.settle()

    def busy(self) -> None:
        """Be busy (486)."""
        self._decide(486)

    def decline(self) -> None:
        """Refuse (603)."""
        self._decide(603)

    def fail(self, status: int) -> None:
        """Refuse with another SIP status, such as 404 or 503."""
        self._decide(status)

    def _decide(self, status: int) -> None:
        if not self._leg.ringing:
            self._fail(f"cannot give {status}: the telephone of {self._call.who} rings no more")
        self._leg.answer(status)
        self._scene.stage.settle()


def dial(
    application: Application | Mapping[str, Written | list[Written]] | str,
    *,
    url: str = "http://application.test/",
    method: str = "POST",
    to: str = "+15550199",
    from_: str = "+15550100",
    fallback: str | None = None,
    recognises_speech: bool = True,
    sounds: Mapping[str, float] | None = None,
    headers: Mapping[str, str] | None = None,
    options: InterpreterOptions | None = None,
    answered_by: str = "",
    api_version: ApiVersion = API_VERSION,
) -> CallerPhone:
    """Call an application: the text of a document, a table of documents by URL or path, or anything that
    answers requests. Returns the caller's telephone; nothing happens before it waits or expects something.

    ``url`` is requested first, with ``method``; ``fallback`` is the URL for documents that cannot be had.
    ``sounds`` gives lengths of sounds in seconds by URL, NaN for one that cannot be played. ``headers`` are
    those of the INVITE, such as `X-Tenant`.

    With ``answered_by`` it is the other way round: the call was made through the REST API with
    `MachineDetection`, and a `human` or a `machine_end_beep` has answered it.

    ``api_version`` says in whose words the application is told of the call, as that of a number does:
    "2012-04-24" in Restcomm's, "2010-04-01" in Twilio's.
    """
    if api_version not in get_args(ApiVersion):
        versions = " or ".join(get_args(ApiVersion))
        raise ValueError(f"api_version = {api_version!r}: write {versions}")
    served: Application
    if isinstance(application, str):
        served = Documents({url: application})
    elif isinstance(application, Mapping):
        served = Documents(application)
    else:
        served = application
    scene = Scene(
        application=served,
        recognises_speech=recognises_speech,
        sounds=sounds or {},
        api_version=api_version,
    )
    call = StagedCall(
        scene,
        who="caller",
        from_=from_,
        to=to,
        direction="outbound-api" if answered_by else "inbound",
        headers=tuple((headers or {}).items()),
    )
    interpreter = Interpreter(call, fallback=Fetch(Url(fallback)) if fallback else None, options=options)
    call.write(Kind.RINGING, f"{from_} calls {to}")
    if answered_by:
        call.answered_by = answered_by
        call.picked_up()
    scene.stage.start(lambda: interpreter.run(Fetch(Url(url), HttpMethod(method))))
    return CallerPhone(call)
