"""Sends mails for documents and the REST API by SMTP, off the way of every call, and keeps their records."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

import aiosmtplib

from engine import ids
from engine.config.email_section import TLS_PORT, EmailSection
from engine.messages.mail import compose, recipients, sender_of
from engine.messages.origin import Origin
from engine.reporting import log
from engine.reporting.metrics import Metrics
from engine.reporting.notifications import NotificationLog, Severity
from engine.requests.webhooks import WebhookOutbox
from engine.store import UNFINISHED, EmailRow, MessageStatus, Store, utc_now
from rcml.errors import FEATURE_MISSING
from rcml.messaging import Delivery, EmailRequest, Sent

GIVE_UP_AFTER = timedelta(hours=24)
FIRST_RETRY, LAST_RETRY = 10.0, 1800.0
"""Seconds between attempts, doubled each time."""
MOST_AT_ONCE = 4
"""Connections to the mail server."""
MOST_WAITING = 10_000
"""Mails not sent yet; more are refused."""

NOT_SENT = 14114
NO_SENDER = 14112


class MailRefused(Exception):
    """A mail that no repetition would send; the text says why and names the cure."""


class MailDesk:
    """Takes mails in, hands them to the mail server and tells what became of them.

    What was acknowledged survives the process: :meth:`resume` sends what an earlier one left unsent.
    """

    def __init__(
        self,
        settings: Callable[[], EmailSection],
        store: Store,
        outbox: WebhookOutbox,
        notifications: NotificationLog,
        metrics: Metrics,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._settings = settings
        self._store = store
        self._outbox = outbox
        self._notifications = notifications
        self._metrics = metrics
        self._clock = clock
        self._slots = asyncio.Semaphore(MOST_AT_ONCE)
        self._tasks: set[asyncio.Task[None]] = set()

    async def resume(self) -> None:
        """Send what an earlier process acknowledged and did not send."""
        waiting = EmailRow.status.in_(UNFINISHED)
        for row in await self._store.find(
            EmailRow, waiting, order_by=[EmailRow.date_created], limit=MOST_WAITING
        ):
            self._begin(row)

    async def stop(self) -> None:
        """End all attempts; what is not sent waits in the store for the next start."""
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def refusal(self, from_: str | None) -> tuple[int, str] | None:
        """Return the notification's code and text when no mail of this sender can be sent, else None."""
        settings = self._settings()
        if not settings.host:
            return FEATURE_MISSING, "no mail can be sent: set host in [email] to your mail server"
        if not (from_ or settings.from_):
            return NO_SENDER, "the mail names no sender: write from, or set from in [email]"
        if len(self._tasks) >= MOST_WAITING:
            return NOT_SENT, f"{MOST_WAITING} mails wait already: see why {settings.host} does not take them"
        return None

    async def send(self, request: EmailRequest, origin: Origin) -> Sent:
        """Send what a document asks for, and wait for the outcome as long as it wants."""
        refusal = self.refusal(request.from_)
        if refusal is not None:
            self._notify(*refusal, origin.account_sid, origin.call_sid)
            return Sent()
        row = self.row(request, origin)
        self._store.save(row)
        return await self.dispatch(row, within=request.within)

    def row(self, request: EmailRequest, origin: Origin) -> EmailRow:
        """Return the record of a mail to be sent."""
        callback, now = request.status_callback, self._clock()
        return EmailRow(
            sid=ids.new_sid(ids.EMAIL),
            account_sid=origin.account_sid,
            from_=request.from_ or self._settings().from_,
            to=", ".join(request.to),
            cc=", ".join(request.cc),
            bcc=", ".join(request.bcc),
            subject=request.subject,
            body=request.text,
            call_sid=origin.call_sid,
            status_callback=callback.url if callback is not None else "",
            status_callback_method=callback.method.value if callback is not None else "POST",
            next_attempt=now,
            date_created=now,
            date_updated=now,
        )

    async def dispatch(self, row: EmailRow, *, within: float = 0.0) -> Sent:
        """Send a mail whose row is stored."""
        task = self._begin(row)
        if within:
            await asyncio.wait((task,), timeout=within)
        return Sent(_DELIVERY.get(MessageStatus(row.status), Delivery.SENDING), row.sid)

    def _begin(self, row: EmailRow) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(self._deliver(row), name=f"mail {row.sid}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _deliver(self, row: EmailRow) -> None:
        try:
            while row.status in UNFINISHED:
                await asyncio.sleep((row.next_attempt - self._clock()).total_seconds())
                async with self._slots:
                    await self._attempt(row)
        except Exception:
            # Ours to mend; the mail counts as failed, and others go on.
            log.get("mails").exception("mail.broken", email_sid=row.sid)
            self._fail(row, "an internal error; the log has its trace")

    async def _attempt(self, row: EmailRow) -> None:
        row.attempts += 1
        settings = self._settings()
        try:
            with log.step("mail", email_sid=row.sid, host=settings.host, attempt=row.attempts):
                refused = await hand_over(row, settings)
        except MailRefused as error:
            self._fail(row, str(error))
        except (aiosmtplib.SMTPException, OSError) as error:
            self._postpone(row, str(error) or type(error).__name__)
        else:
            for address, reason in refused.items():
                what = f"the mail {row.sid} was sent to others and not to {address}: {reason}"
                self._notify(NOT_SENT, what, row.account_sid, row.call_sid)
            row.date_sent = self._clock()
            row.error_message = None
            self._end(row, MessageStatus.SENT)

    def _postpone(self, row: EmailRow, reason: str) -> None:
        delay = min(FIRST_RETRY * 2.0 ** (row.attempts - 1), LAST_RETRY)
        row.next_attempt = self._clock() + timedelta(seconds=delay)
        if row.next_attempt - row.date_created > GIVE_UP_AFTER:
            self._fail(row, f"{row.attempts} attempts failed, the last with: {reason}")
            return
        row.error_message = reason
        row.date_updated = self._clock()
        self._store.save(row)

    def _fail(self, row: EmailRow, reason: str) -> None:
        row.error_code, row.error_message = NOT_SENT, reason
        what = f"the mail {row.sid} to {row.to} was not sent: {reason}"
        self._notify(NOT_SENT, what, row.account_sid, row.call_sid)
        self._end(row, MessageStatus.FAILED)

    def _end(self, row: EmailRow, status: MessageStatus) -> None:
        row.status = status
        row.date_updated = self._clock()
        self._store.save(row)
        self._metrics.messages.labels("mail", status.value).inc()
        if row.status_callback:
            self._outbox.post(
                row.status_callback,
                mail_parameters(row),
                method=row.status_callback_method,
                account_sid=row.account_sid,
                call_sid=row.call_sid or row.sid,
            )

    def _notify(self, code: int, message: str, account_sid: str, call_sid: str | None) -> None:
        self._notifications.add(
            code, message, account_sid=account_sid, call_sid=call_sid, severity=Severity.WARNING
        )


_DELIVERY = {MessageStatus.SENT: Delivery.SENT, MessageStatus.FAILED: Delivery.FAILED}


# A server that does not offer STARTTLS or AUTH will not at the next attempt; the library has no class for it.
_NOT_OFFERED = (aiosmtplib.SMTPException, aiosmtplib.SMTPNotSupported)


async def hand_over(row: EmailRow, settings: EmailSection) -> dict[str, str]:
    """Give a mail to the mail server, and return which recipients it refused, if it took others.

    Raises :class:`MailRefused` when it never will be taken, else ``SMTPException`` or ``OSError``.
    """
    implicit = settings.port == TLS_PORT
    try:
        refused, _ = await aiosmtplib.send(
            compose(row),
            sender=sender_of(row),
            recipients=recipients(row),
            hostname=settings.host,
            port=settings.port,
            username=settings.username or None,
            password=settings.password.get_secret_value() or None,
            use_tls=implicit,
            start_tls=settings.starttls and not implicit,
            timeout=settings.timeout,
        )
    except aiosmtplib.SMTPAuthenticationError as error:
        raise MailRefused(f"{settings.host} refused username and password of [email]: {error}") from error
    except aiosmtplib.SMTPRecipientsRefused as error:
        if all(each.code >= 500 for each in error.recipients):
            raise MailRefused(_reasons(error)) from error
        raise
    except aiosmtplib.SMTPResponseException as error:
        if error.code >= 500:
            raise MailRefused(f"{settings.host} answered {error.code} {error.message}") from error
        raise
    except aiosmtplib.SMTPException as error:
        if type(error) in _NOT_OFFERED:
            raise MailRefused(f"{error} See starttls, username and password in [email].") from error
        raise
    return {address: f"{answer.code} {answer.message}" for address, answer in refused.items()}


def _reasons(error: aiosmtplib.SMTPRecipientsRefused) -> str:
    return "; ".join(f"{each.recipient}: {each.code} {each.message}" for each in error.recipients)


def mail_parameters(row: EmailRow) -> dict[str, str]:
    """Return what an application is told of a mail."""
    about_call = {} if row.call_sid is None else {"CallSid": row.call_sid}
    failed = {} if row.error_code is None else {"ErrorCode": str(row.error_code)}
    if failed:
        failed["ErrorMessage"] = row.error_message or ""
    return {
        "EmailSid": row.sid,
        "AccountSid": row.account_sid,
        **about_call,
        "From": row.from_,
        "To": row.to,
        "Subject": row.subject,
        "EmailStatus": row.status,
        "ApiVersion": row.api_version,
        **failed,
    }
