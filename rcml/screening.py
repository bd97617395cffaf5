"""Running a document against a callee who has answered and is not connected yet (rcml.md 5.6.6)."""

from __future__ import annotations

import enum
from functools import partial

from rcml.call import Level
from rcml.document import Document
from rcml.errors import UNKNOWN_NAME, CallerGone
from rcml.fetching import FetchingCall
from rcml.flow import Fetch
from rcml.schema import Verb
from rcml.verbs.dial import Dial
from rcml.verbs.enqueue import Enqueue
from rcml.walk import Broken, Ending, InterpreterOptions, Walk


class ScreeningOutcome(enum.Enum):
    """What screening decided."""

    ACCEPTED = "accepted"
    """The document ended: connect the callee, whose leg is up."""
    DECLINED = "declined"
    """A verb ended the leg."""
    CALLEE_GONE = "callee gone"
    FAILED = "failed"
    """The application is at fault; the notifications say why. The leg is over, unless it outlives that."""


class Screening:
    """Decides by an application whether a callee is connected.

    ``call`` is the callee's leg: every verb acts on it, and its ``fetch`` adds the leg's parameters. All
    verbs may run but Dial and Enqueue. How long it may take is the owner's business: cancelling the task that
    awaits ``run`` stops the verb that runs and leaves the leg as it is. A failure ends the leg, unless it
    ``outlives_failure``: who has waited in a queue does not pay for what an agent wants them to hear.
    """

    def __init__(
        self, call: FetchingCall, *, options: InterpreterOptions | None = None, outlives_failure: bool = False
    ) -> None:
        self._call = call
        self._outlives_failure = outlives_failure
        # Made with a function that knows the call alone, so that the two are in no circle afterwards.
        self._walk = Walk(call, options=options or InterpreterOptions(), admit=partial(_admit, call))

    async def run(self, start: Fetch | Document) -> ScreeningOutcome:
        """Run until the callee is accepted or their leg is over."""
        try:
            ending = await self._walk.run(start)
        except CallerGone:
            return ScreeningOutcome.CALLEE_GONE
        except Broken as broken:
            if not self._outlives_failure:
                await self._call.hang_up(broken.reason)
            return ScreeningOutcome.FAILED
        if ending is Ending.VERB:
            return ScreeningOutcome.DECLINED
        return ScreeningOutcome.CALLEE_GONE if self._call.gone else ScreeningOutcome.ACCEPTED


def _admit(call: FetchingCall, verb: Verb, document: Document) -> None:
    if isinstance(verb, Dial | Enqueue):
        name = verb.schema.name
        what = f"<{name}> is not allowed in a screening document: end it to connect the callee"
        call.notify(UNKNOWN_NAME, Level.ERROR, what, url=document.url, line=verb.line)
        raise Broken(f"{name} in a screening document")
