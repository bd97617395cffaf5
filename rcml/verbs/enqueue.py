"""The verb Enqueue."""

from __future__ import annotations

from collections.abc import Iterator

from rcml.call import Call, Callback
from rcml.dialling import Waiting
from rcml.flow import AfterTalk, Fetch, Flow, Next, Parting
from rcml.queueing import LEAST_PRIORITY, USUAL_PRIORITY, Dequeued, EnqueueRequest, QueueEvent
from rcml.schema import Verb, attr, text, verb
from rcml.values import HttpMethod, Kind, NotAllowed, Place, Seconds, Url
from rcml.wait_url import WAIT_URL, heard


def _read_priority(written: str, place: Place) -> int:
    if not (written.isascii() and written.isdigit()) or len(written) > 3:
        raise NotAllowed
    return int(written)


@verb
class Enqueue(Verb):
    """Let the caller wait in a queue until somebody dials it.

    Who waits hears `waitUrl`: a sound when its path ends in `wav`, else a document of Say, Play, Pause,
    Gather, Redirect, Hangup and Leave, which starts again at its end. Each of its requests tells how long
    the queue is. Who dials the queue (`Queue` in Dial) takes the caller with the smallest `priority`, of
    several the one who waits longest, and talks to them.

    When that is over, whether somebody came or not, `action` is requested, also when the caller is gone, and
    its answer replaces this document. Without `action` the next verb runs. A caller who is given another
    document from outside leaves the queue; `action` is told `redirected`, and its answer does not count.

    Parameters:
        QueueResult: `bridged`, `hangup`, `leave`, `redirected`, `timeout`, `queue-full`, `error` or
            `system-error`.
        QueueSid: The queue.
        QueueTime: Seconds in the queue.

    Example:
        <Response>
          <Enqueue waitUrl="/wait" action="/served" maxWait="600">support</Enqueue>
        </Response>

    TwiML: `priority`, `maxWait` with the result `timeout`, and the status callback are ours. `workflowSid`
    is not read. Documents of `waitUrl` are also told EstimatedWaitTime.
    """

    action: Url | None = attr("Told how it went; the next verb runs when absent.", default=None)
    method: HttpMethod = attr("How `action` is requested.", default=HttpMethod.POST)
    wait_url: Url | Waiting = attr(
        "What is heard meanwhile; the server's music when absent.",
        default=Waiting.MUSIC,
        kind=WAIT_URL,
    )
    wait_url_method: HttpMethod = attr("How `waitUrl` is requested.", default=HttpMethod.POST)
    priority: int = attr(
        "Who has a smaller one is taken first.",
        default=USUAL_PRIORITY,
        kind=Kind(f"whole number from 0 to {LEAST_PRIORITY}", _read_priority),
    )
    max_wait: Seconds | None = attr("After which the caller waits no more.", default=None, minimum=1)
    max_queue_size: int | None = attr(
        "How many may wait; who finds as many there is not let in. The queue's own limit counts too.",
        default=None,
        minimum=1,
    )
    status_callback: Url | None = attr("Told how the caller fares in the queue.", default=None)
    status_callback_method: HttpMethod = attr("How it is told.", default=HttpMethod.POST)
    status_callback_event: tuple[QueueEvent, ...] = attr("What is told.", default=tuple(QueueEvent))
    queue: str = text("The queue's name.", default="")

    def remarks(self) -> Iterator[str]:
        if not self.queue:
            yield "<Enqueue> names no queue and is skipped"

    async def execute(self, call: Call) -> Next:
        if not self.queue:
            return Flow.NEXT_VERB
        request = EnqueueRequest(
            queue=self.queue,
            wait=heard(self.wait_url, self.wait_url_method),
            priority=self.priority,
            max_wait=self.max_wait,
            most_waiting=self.max_queue_size,
            if_redirected=Callback.at(self.action, self.method),
            status_callback=Callback.at(
                self.status_callback,
                self.status_callback_method,
                tuple(event.value for event in self.status_callback_event),
            ),
        )
        await call.answer()
        dequeued = await call.enqueue(request)
        return AfterTalk(self._step(dequeued), dequeued.talked, Parting.STAYS)

    def _step(self, dequeued: Dequeued) -> Fetch | Flow:
        if self.action is None:
            return Flow.NEXT_VERB
        return Fetch(self.action, self.method, dequeued.parameters())
