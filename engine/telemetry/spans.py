"""What the engine says of a call while it runs, for who records spans: its legs, verbs and requests.

Like the log there is one recorder in a process, and nobody passes it on. The one from the start does nothing
and imports nothing; :mod:`engine.telemetry.start` puts another in its place.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.requests.http_request import Ended, Request, Wire
    from engine.store import CallRow
    from rcml.witness import Witness


class Exchange:
    """One HTTP request of ours that nobody follows."""

    def ended(self, ended: Ended) -> None:
        """The request is over."""


class CallSpan(AbstractContextManager[None]):
    """One call that nobody follows; as a context it lasts until the block ends."""

    def current(self) -> AbstractContextManager[None]:
        """Do what is inside as a part of the call, which goes on after it."""
        return nullcontext()

    def __exit__(self, *_: object) -> None:
        return None


class Spans:
    """Records nothing."""

    def call(self, row: CallRow) -> CallSpan:
        """Begin a call, or go on with the one that a REST request began for this record."""
        return _UNSEEN_CALL

    def leg(self, row: CallRow, event: str) -> None:
        """A leg reached ``initiated``, ``ringing``, ``answered``, or ``completed``, which ends it."""

    def verbs(self, row: CallRow, witness: Witness) -> Witness:
        """Return a witness that follows the verbs of a call too."""
        return witness

    def exchange(self, request: Request, wire: Wire) -> Exchange:
        """Begin an HTTP request of ours; the wire gets the headers that continue the trace."""
        return _UNSEEN_EXCHANGE

    def carried(self, call_sid: str | None) -> str:
        """Return a ``traceparent`` for what is done for a call later, when its span is over; or nothing."""
        return ""

    def continued(self, traceparent: str, call_sid: str | None) -> AbstractContextManager[None]:
        """Do what is inside as a part of the trace that was carried here."""
        return nullcontext()

    def asked(self, headers: Mapping[str, str]) -> AbstractContextManager[None]:
        """Do what a request with these headers asks for: calls that it makes continue its trace."""
        return nullcontext()


_UNSEEN_CALL, _UNSEEN_EXCHANGE = CallSpan(), Exchange()
_recorder = Spans()


def recorder() -> Spans:
    """Return who records."""
    return _recorder


def record_with(spans: Spans) -> Spans:
    """Let another one record from now on; return the one that did."""
    global _recorder
    before, _recorder = _recorder, spans
    return before
