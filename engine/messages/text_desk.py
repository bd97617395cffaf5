"""Sends texts for documents and the REST API, and keeps their records."""

from __future__ import annotations

import asyncio

from engine import ids
from engine.messages.origin import Origin
from engine.messages.reply_rate import MOST_REPLIES, REST, ReplyRate
from engine.messages.text import INTERNAL, Carried, Carrier, Text
from engine.reporting import log
from engine.reporting.metrics import Metrics
from engine.reporting.notifications import NotificationLog, Severity
from engine.requests.webhooks import WebhookOutbox
from engine.store import UNFINISHED, MessageRow, MessageStatus, Store, utc_now
from rcml.dialling import ClientTarget, NumberTarget, Recipient
from rcml.messaging import Delivery, Sent, TextRequest
from rcml.recipients import read_recipient
from rcml.values import NotAllowed

MOST_AT_ONCE = 200
"""Texts on their way at a time; the others wait."""

UNREADABLE_RECIPIENT = 14101
TOO_MANY_REPLIES = 14107
"""Twilio's code: two parties whose documents answer each other, most likely."""


class TextDesk:
    """Takes texts in, has them carried and tells what became of them.

    What was acknowledged survives the process: :meth:`resume` sends what an earlier one left unsent.
    """

    def __init__(
        self, store: Store, outbox: WebhookOutbox, notifications: NotificationLog, metrics: Metrics
    ) -> None:
        self._store = store
        self._outbox = outbox
        self._notifications = notifications
        self._metrics = metrics
        self._carrier: Carrier
        self._slots = asyncio.Semaphore(MOST_AT_ONCE)
        self._replies = ReplyRate()
        self._tasks: dict[str, asyncio.Task[None]] = {}
        """By the SID of the text that each sends."""
        self._stopped = False

    def attach(self, carrier: Carrier) -> None:
        """Say who carries texts."""
        self._carrier = carrier

    async def stop(self) -> None:
        """End what is under way; the store keeps it for the next start, and what is still asked for."""
        self._stopped = True
        tasks = tuple(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._carrier.stop()

    async def send(self, request: TextRequest, origin: Origin) -> Sent:
        """Send what a document asks for, and wait for the outcome as long as it wants."""
        try:
            target = request.to or read_recipient(origin.theirs)
        except NotAllowed:
            what = f"{origin.theirs!r} gets no text: write the recipient into `to`"
            self._notify(UNREADABLE_RECIPIENT, what, origin.account_sid, origin.call_sid)
            return Sent()
        row = self.row(request, origin, target)
        self._store.save(row)
        if origin.direction == "outbound-reply" and not self._may_reply(row):
            return Sent(Delivery.FAILED, row.sid)
        return await self.dispatch(row, within=request.within)

    def _may_reply(self, row: MessageRow) -> bool:
        """Tell whether an answer to a text may be sent; one too many of a row fails."""
        if self._replies.admits(row.from_, row.to, asyncio.get_running_loop().time()):
            return True
        reason = (
            f"more than {MOST_REPLIES} replies between the two, each within {REST:g} s of the one before: "
            "do their documents answer each other?"
        )
        self.close(row, Carried(MessageStatus.FAILED, TOO_MANY_REPLIES, reason))
        return False

    def row(self, request: TextRequest, origin: Origin, target: Recipient) -> MessageRow:
        """Return the record of a text to be sent."""
        callback = request.status_callback
        return MessageRow(
            sid=ids.new_sid(ids.MESSAGE),
            account_sid=origin.account_sid,
            from_=request.from_ or origin.ours,
            to=address_of(target),
            body=request.text,
            direction=origin.direction,
            call_sid=origin.call_sid,
            headers=[list(pair) for pair in (*target.headers, *origin.headers)],
            status_callback=callback.url if callback is not None else "",
            status_callback_method=callback.method.value if callback is not None else "POST",
        )

    async def dispatch(self, row: MessageRow, *, within: float = 0.0) -> Sent:
        """Send a text whose row is stored; after the stop the next process does."""
        if self._stopped:
            return Sent(Delivery.SENDING, row.sid)
        task = self._tasks.get(row.sid) or self._begin(row)
        if within:
            await asyncio.wait((task,), timeout=within)
        return Sent(_DELIVERY.get(MessageStatus(row.status), Delivery.SENDING), row.sid)

    def _begin(self, row: MessageRow) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(self._deliver(row), name=row.sid)
        self._tasks[row.sid] = task
        task.add_done_callback(lambda ended: self._tasks.pop(ended.get_name()))
        return task

    async def carry(self, row: MessageRow, text: Text) -> Carried:
        """Carry a text of somebody who waits for the outcome, and keep the record."""
        async with self._slots:
            self._reach(row, MessageStatus.SENDING)
            carried = await self._carrier.carry(read_recipient(row.to), text)
        self.close(row, carried)
        return carried

    async def resume(self) -> None:
        """Send what an earlier process acknowledged and did not send."""
        outbound = MessageRow.direction.startswith("outbound")
        rows = await self._store.find(
            MessageRow, MessageRow.status.in_(UNFINISHED), outbound, order_by=[MessageRow.date_created]
        )
        # Some have been asked for since we listen.
        for row in (row for row in rows if row.sid not in self._tasks):
            await self.dispatch(row)
        # Their senders got no answer, so they know.
        lost = await self._store.find(MessageRow, MessageRow.status == MessageStatus.SENDING, ~outbound)
        for row in lost:
            self.close(row, Carried(MessageStatus.FAILED, reason="the server was restarted"))

    async def _deliver(self, row: MessageRow) -> None:
        headers = tuple((name, value) for name, value in row.headers)
        try:
            await self.carry(row, Text(from_=row.from_, body=row.body.encode(), headers=headers))
        except Exception:
            # Ours to mend; the text counts as failed, and others go on.
            log.get("texts").exception("text.broken", message_sid=row.sid)
            self.close(
                row, Carried(MessageStatus.FAILED, INTERNAL, "an internal error; the log has its trace")
            )

    def _reach(self, row: MessageRow, status: MessageStatus) -> None:
        row.status = status
        row.date_updated = utc_now()
        self._store.save(row)

    def close(self, row: MessageRow, carried: Carried) -> None:
        """Keep and tell how a text ended."""
        self._metrics.messages.labels("text", carried.status.value).inc()
        failed = carried.status is MessageStatus.FAILED
        if failed:
            row.error_code, row.error_message = carried.code, carried.reason
            if row.direction.startswith("outbound") and carried.code is not None:
                what = f"the text {row.sid} to {row.to!r} was not sent: {carried.reason}"
                self._notify(carried.code, what, row.account_sid, row.call_sid)
        else:
            row.date_sent = utc_now()
        if carried.status is MessageStatus.DELIVERED:
            self._reach(row, MessageStatus.SENT)
            self._tell(row)
        self._reach(row, carried.status)
        self._tell(row)
        log.get("texts").info(
            "text.ended", message_sid=row.sid, status=row.status, to=row.to, reason=carried.reason or None
        )

    def _tell(self, row: MessageRow) -> None:
        if row.status_callback:
            self._outbox.post(
                row.status_callback,
                {**text_parameters(row), **_about_failure(row)},
                method=row.status_callback_method,
                account_sid=row.account_sid,
                # Told in order, as what happens in one call is.
                call_sid=row.call_sid or row.sid,
            )

    def _notify(self, code: int, message: str, account_sid: str, call_sid: str | None) -> None:
        self._notifications.add(
            code, message, account_sid=account_sid, call_sid=call_sid, severity=Severity.WARNING
        )


_DELIVERY = {
    MessageStatus.SENT: Delivery.SENT,
    MessageStatus.DELIVERED: Delivery.DELIVERED,
    MessageStatus.FAILED: Delivery.FAILED,
}


def address_of(target: Recipient) -> str:
    """Return a recipient as it is stored and told."""
    if isinstance(target, NumberTarget):
        return target.number
    return target.login if isinstance(target, ClientTarget) else target.uri


def text_parameters(row: MessageRow) -> dict[str, str]:
    """Return what an application is told of a text: the names of Restcomm, and those of Twilio."""
    about_call = {} if row.call_sid is None else {"CallSid": row.call_sid}
    return {
        "SmsSid": row.sid,
        "MessageSid": row.sid,
        "SmsMessageSid": row.sid,
        "AccountSid": row.account_sid,
        **about_call,
        "From": row.from_,
        "To": row.to,
        "Body": row.body,
        "SmsStatus": row.status,
        "MessageStatus": row.status,
        "NumMedia": "0",
        "ApiVersion": row.api_version,
    }


def _about_failure(row: MessageRow) -> dict[str, str]:
    if row.status != MessageStatus.FAILED:
        return {}
    return {"ErrorCode": str(row.error_code or ""), "ErrorMessage": row.error_message or ""}
