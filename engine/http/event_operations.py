"""Delivering events again through the REST API."""

from __future__ import annotations

from collections.abc import Callable

from engine.errors import WrongState
from engine.http.forms import Form
from engine.http.operations import Asked, Operations
from engine.http.problems import Problem
from engine.http.resources.events import EventChange
from engine.requests.webhooks import WebhookOutbox
from engine.store import EventRow, Store


class EventOperations(Operations[EventRow, Form, EventChange]):
    """Hands events back to the outbox."""

    def __init__(self, store: Store, find_outbox: Callable[[], WebhookOutbox | None]) -> None:
        self._store = store
        self._find_outbox = find_outbox

    async def change(self, asked: Asked, row: EventRow, form: EventChange) -> EventRow:
        outbox = self._find_outbox()
        if outbox is None:
            raise Problem(503, "The server is starting. Try again in a moment.", {"Retry-After": "1"})
        try:
            outbox.replay(row)
        except WrongState as error:
            raise Problem(409, str(error), twilio=(409, 20409)) from None
        # What we say will be delivered survives us.
        await self._store.flush()
        return row
