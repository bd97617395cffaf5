"""Running an application against a caller's call.

The rules are few: the first document comes from a number, a client or a request; a verb may lead to another
document, which replaces the one that runs; at the end of a document the call is hung up. What goes wrong
is put into the call's notifications, and the caller is told.
"""

from __future__ import annotations

import enum

from rcml.document import Document
from rcml.errors import CallerGone
from rcml.fetching import FetchingCall
from rcml.flow import Fetch
from rcml.walk import Broken, Ending, InterpreterOptions, Walk
from rcml.witness import Witness

__all__ = ["Interpreter", "InterpreterOptions", "Outcome"]


class Outcome(enum.Enum):
    """How a run ended."""

    DOCUMENT_ENDED = "document ended"
    """The last verb was done, and the call was hung up for that."""
    ENDED_BY_VERB = "ended by verb"
    CALLER_GONE = "caller gone"
    FAILED = "failed"
    """The application is at fault; the notifications say why."""


class Interpreter:
    """Runs an application against one call.

    ``fallback`` is requested once for each document that cannot be fetched or parsed. Cancelling the task
    that awaits ``run`` stops the verb that runs and touches the call no more. ``witness`` follows each verb.
    """

    def __init__(
        self,
        call: FetchingCall,
        *,
        fallback: Fetch | None = None,
        options: InterpreterOptions | None = None,
        witness: Witness | None = None,
    ) -> None:
        self._call = call
        chosen = options or InterpreterOptions()
        self._walk = Walk(call, options=chosen, fallback=fallback, witness=witness)

    async def run(self, start: Fetch | Document) -> Outcome:
        """Run until a document ends, a verb ends the call, or the caller is gone. The call is over then."""
        try:
            ending = await self._walk.run(start)
        except CallerGone:
            return Outcome.CALLER_GONE
        except Broken as broken:
            if broken.apology:
                await self._call.fail(broken.reason, status=broken.status)
            else:
                await self._call.hang_up(broken.reason)
            return Outcome.FAILED
        if self._call.gone and ending is Ending.LAST_VERB:
            return Outcome.CALLER_GONE
        await self._call.hang_up()
        return Outcome.ENDED_BY_VERB if ending is Ending.VERB else Outcome.DOCUMENT_ENDED
