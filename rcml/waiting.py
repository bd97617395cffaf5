"""Running a document for those who only listen: `waitUrl` (rcml.md 5.10), hold music, announcements."""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import replace

from rcml.call import Level
from rcml.document import Document
from rcml.errors import UNKNOWN_NAME, CallerGone
from rcml.fetching import FetchingCall
from rcml.flow import Fetch
from rcml.schema import Verb
from rcml.verbs.gather import Gather
from rcml.verbs.hangup import Hangup
from rcml.verbs.leave import Leave
from rcml.verbs.pause import Pause
from rcml.verbs.play import Play
from rcml.verbs.redirect import Redirect
from rcml.verbs.say import Say
from rcml.walk import Broken, Ending, InterpreterOptions, Walk

GAP = 1.0
"""Seconds of silence between two rounds, so that sounds of no length do not become a storm of requests."""

NOT_ALLOWED = "Problem with waitUrl"

ROOM_VERBS: tuple[type[Verb], ...] = (Say, Play, Pause, Redirect)
QUEUE_VERBS: tuple[type[Verb], ...] = (*ROOM_VERBS, Gather, Hangup, Leave)
"""A caller in a queue has a say: they may choose to leave, or be told goodbye."""


class _Left(Exception):
    """The document said Leave."""


class WaitOutcome(enum.Enum):
    """Why it ended by itself."""

    HEARD = "heard"
    """An announcement was heard to its end."""

    SILENT = "silent"
    """A round held nothing to be heard, so that there will be silence."""
    LEFT = "left"
    """The document said Leave."""
    GONE = "gone"
    """Nobody waits any more."""
    FAILED = "failed"
    """The application is at fault; the notifications say why."""


class WaitLoop:
    """Plays what an application says to those who wait, again and again.

    ``call`` is the waiting room, or one who waits in it. An answer that is a sound is played without end; a
    document of ``verbs`` is requested again at its end. Cancelling the task that awaits ``run``, when the
    wait is over, stops the sound. A failure ends the call, unless it ``outlives_failure``: who waits in a
    queue goes on with what comes after it.
    """

    def __init__(
        self,
        call: FetchingCall,
        *,
        options: InterpreterOptions | None = None,
        verbs: tuple[type[Verb], ...] = ROOM_VERBS,
        outlives_failure: bool = False,
    ) -> None:
        self._call = call
        self._options = options or InterpreterOptions()
        self._verbs = verbs
        self._outlives_failure = outlives_failure
        self._audible = False

    async def run(self, start: Fetch | Callable[[], Fetch]) -> WaitOutcome:
        """Run until it is cancelled, or there is nothing to go on with.

        A function is asked anew for each round, when the parameters change with time.
        """
        ask = start if callable(start) else lambda: start
        try:
            while await self._round(ask()):
                await self._call.pause(GAP)
        except _Left:
            return WaitOutcome.LEFT
        except CallerGone:
            return WaitOutcome.GONE
        except Broken as broken:
            if not self._outlives_failure:
                await self._call.hang_up(broken.reason)
            return WaitOutcome.FAILED
        return WaitOutcome.SILENT

    async def announce(self, start: Fetch) -> WaitOutcome:
        """Run the documents once, to their end."""
        try:
            heard = await self._round(start, endless=False)
        except CallerGone:
            return WaitOutcome.GONE
        except Broken as broken:
            await self._call.hang_up(broken.reason)
            return WaitOutcome.FAILED
        return WaitOutcome.HEARD if heard else WaitOutcome.SILENT

    async def _round(self, start: Fetch, *, endless: bool = True) -> bool:
        """Run the documents once, and return whether there was something to be heard."""
        # A walk for each round: its guard against endless loops is for those that make no sound.
        walk = Walk(self._call, options=self._options, admit=self._admit)
        self._audible = False
        document = await walk.document(start)
        ending = await walk.run(_endless(document) if endless else document)
        if ending is Ending.VERB:
            raise CallerGone
        return self._audible

    def _admit(self, verb: Verb, document: Document) -> None:
        if not isinstance(verb, self._verbs):
            *others, last = (kind.schema.name for kind in self._verbs)
            what = f"<{verb.schema.name}> is not allowed here: only {', '.join(others)} and {last} are"
            self._call.notify(UNKNOWN_NAME, Level.ERROR, what, url=document.url, line=verb.line)
            raise Broken(NOT_ALLOWED)
        match verb:
            case Leave():
                raise _Left
            case Say(words="") | Play(sound=None):
                pass
            case Say() | Play() | Pause() | Gather():
                self._audible = True
            case _:
                pass


def _endless(document: Document) -> Document:
    """Return the document that an answer in sound became with its sound repeated without end."""
    match document.verbs:
        case (Play(sound=sound) as play,) if sound is not None and sound.text == document.url:
            return replace(document, verbs=(replace(play, loop=0),))
    return document
