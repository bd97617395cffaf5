"""The noun Queue."""

from __future__ import annotations

from collections.abc import Iterator

from rcml.flow import Fetch
from rcml.schema import Element, attr, noun, text
from rcml.values import HttpMethod, Url


@noun()
class Queue(Element):
    """A queue, from which the caller takes the one whose turn it is.

    When nobody waits, the caller waits for somebody as long as `timeout` of Dial says. `url` is a document
    for the one who waited, before they are connected: how long they will be heard, or who it is. One that
    cannot be had or run is left out, and a notification says why.

    Parameters of `url`:
        QueueSid: The queue.
        CallSid: The call of the one who waited.
        QueueTime: Seconds they waited.
        DequeingCallSid: The call of the one who takes them; spelt so by TwiML.

    Example:
        <Dial timeout="60" action="/next"><Queue url="/about-to-connect">support</Queue></Dial>

    TwiML: `reservationSid` and `postWorkActivitySid` are not read.
    """

    url: Url | None = attr("The document for the one who waited.", default=None)
    method: HttpMethod = attr("How `url` is requested.", default=HttpMethod.POST)
    queue: str = text("The queue's name.", default="")

    def remarks(self) -> Iterator[str]:
        if not self.queue:
            yield "<Queue> names no queue and is skipped"

    def whisper(self) -> Fetch | None:
        """Return the request for the document; raises ``InvalidUrl``."""
        return None if self.url is None else Fetch(Url(self.url.absolute()), self.method)
