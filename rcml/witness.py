"""Following what verbs do, without a line in any of them.

Whoever keeps records of executed verbs gives a :data:`Witness` to the interpreter. It is asked once for each
verb, told what the call answered to the questions whose answers say how the verb fared, and told its end.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Protocol, cast

from rcml.call import Call
from rcml.flow import Next
from rcml.schema import Verb

_ANSWERED = frozenset({"collect", "record", "hold", "resume", "refer"})
"""What a call is asked whose answer a witness is told."""


class Execution(Protocol):
    """One verb that runs, for who follows it."""

    def answered(self, answer: object) -> None:
        """The call answered the verb: ``Collected``, ``Recorded``, ``Changed``, ``Referred`` or None."""
        ...

    def ended(self, error: BaseException | None) -> None:
        """The verb is over; with an error it did not come to its end."""
        ...


Witness = Callable[[Verb], Execution]
"""Told that a verb begins."""


async def followed(verb: Verb, call: Call, witness: Witness) -> Next:
    """Execute a verb, and let the witness know how it goes."""
    execution = witness(verb)
    try:
        step = await verb.execute(cast(Call, _Overheard(call, execution.answered)))
    except BaseException as error:
        execution.ended(error)
        raise
    execution.ended(None)
    return step


class _Overheard:
    """A call, whose answers somebody listens to."""

    def __init__(self, call: Call, tell: Callable[[object], None]) -> None:
        self._call = call
        self._tell = tell

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._call, name)
        return self._told(found) if name in _ANSWERED else found

    def _told(self, ask: Callable[..., Awaitable[object]]) -> Callable[..., Awaitable[object]]:
        async def asked(*arguments: object) -> object:
            answer = await ask(*arguments)
            self._tell(answer)
            return answer

        return asked
