"""Takes texts: SIP MESSAGE requests (RFC 3428), and our own to a number that is hosted here."""

from __future__ import annotations

import asyncio
import codecs
from collections.abc import Callable, Coroutine
from typing import Any

from engine import ids
from engine.errors import StoreError
from engine.exchange.authentication import Challenged, Denied
from engine.exchange.routing import (
    NO_APPLICATION,
    Application,
    ClientCaller,
    Decision,
    ProveIdentity,
    Refuse,
    RingClient,
    Router,
    RunApplication,
    UseTrunk,
)
from engine.journal.call_parameters import custom_headers
from engine.messages.text import INTERNAL, NOT_REACHED, Carried, Text
from engine.peers.callers import CallerIdentification
from engine.peers.sip_requests import SipRequests
from engine.reporting import log
from engine.services import Services
from engine.store import MessageRow, MessageStatus, utc_now
from engine.switchboard.caller_details import CallerDetails, user_of
from engine.switchboard.correspondence import Correspondence
from engine.switchboard.source_rate import SourceRate
from engine.switchboard.text_call import TextCall
from engine.switchboard.text_routing import route_text
from rcml.flow import Fetch
from rcml.reply import Reply
from rcml.values import HttpMethod, Url
from rcml.walk import InterpreterOptions
from sip.errors import PeerError
from sip.events import IncomingRequest
from sip.message import Request
from sip.transport import local

LONGEST_BODY = 40_000
"""Bytes: the longest text of a document in any script."""

ANSWER_WITHIN = 20.0
"""Seconds within which a sender is answered; Timer F ends its own transaction after 32."""

MOST_AT_ONCE = 500
"""Texts whose senders or applications are being dealt with."""

RETRY_AFTER = (("Retry-After", "5"),)


class _Refused(Exception):
    """A text that is not taken."""

    def __init__(self, status: int, reason: str, fields: tuple[tuple[str, str], ...] = ()) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason
        self.fields = fields


class TextInbox:
    """Answers each MESSAGE: 200 when the recipient has it, 202 when a number's application will be asked.

    Texts between two parties of our own reach a number by :meth:`arrive`, along no network.
    """

    def __init__(
        self,
        services: Services,
        requests: SipRequests,
        callers: CallerIdentification,
        router: Callable[[], Router],
    ) -> None:
        self._services = services
        self._requests = requests
        self._callers = callers
        self._router = router
        self._correspondence = Correspondence()
        self._rate = SourceRate(lambda: services.settings.limits.messages_per_second)
        self._tasks: dict[str, asyncio.Task[None]] = {}
        """By the SID of the text that each is about."""

    async def stop(self) -> None:
        """End what is under way; texts that were taken wait in the store for the next start."""
        tasks = tuple(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def resume(self) -> None:
        """Ask the applications about texts that an earlier process took and did not get to."""
        rows = await self._services.store.find(MessageRow, MessageRow.status == MessageStatus.RECEIVING)
        # Some have come in since we listen.
        for row in (row for row in rows if row.sid not in self._tasks):
            application = self._router().application_of(row.to) or self._router().default
            if application is None or not application.sms_url:
                self._received(row)
            else:
                self._begin(row, self._ask(application, row))

    def receive(self, event: IncomingRequest) -> None:
        """Take one MESSAGE."""
        try:
            self._take(event)
        except _Refused as refused:
            self._refuse(event, refused)
        except PeerError as error:
            self._refuse(event, _Refused(error.status, str(error)))

    def _take(self, event: IncomingRequest) -> None:
        now, request = self._requests.stack.now(), event.request
        if not self._rate.admits(event.flow.remote[0], now):
            raise _Refused(503, "messages_per_second", RETRY_AFTER)
        if len(self._tasks) >= MOST_AT_ONCE or not self._services.store.healthy:
            raise _Refused(503, "too many texts at once, or the store takes no rows", RETRY_AFTER)
        words = _words(request)
        to, is_client = user_of(request.uri), self._callers.clients.enabled
        found = self._callers.decide(
            request, event.flow, now, lambda who: route_text(self._router(), to, who, is_client)
        )
        if isinstance(found, Challenged):
            raise _Refused(407, "asked for credentials", found.fields)
        if isinstance(found, Denied):
            raise _Refused(403, found.reason)
        who, decision = found
        application = decision.application if isinstance(decision, RunApplication) else NO_APPLICATION
        of_sender = who.account_sid if isinstance(who, ClientCaller) else ""
        owner = self._services.accounts.owner(application.account_sid, of_sender)
        self._carry_out(event, CallerDetails(request, who), decision, words, owner)

    def _carry_out(
        self, event: IncomingRequest, sender: CallerDetails, decision: Decision, words: str, owner: str
    ) -> None:
        assert not isinstance(decision, ProveIdentity), "a sender who was asked has proved who it is"
        if isinstance(decision, Refuse):
            raise _Refused(decision.status, decision.reason)
        row = MessageRow(
            sid=ids.new_sid(ids.MESSAGE),
            account_sid=owner or self._services.store.account.sid,
            from_=sender.from_,
            to=sender.dialled,
            body=words,
            direction="inbound",
            status=MessageStatus.RECEIVING if isinstance(decision, RunApplication) else MessageStatus.QUEUED,
            headers=[list(pair) for pair in sender.passed_on],
            # Who wrote has sent it; what we pass on has its own time, when the next one took it.
            date_sent=utc_now() if isinstance(decision, RunApplication) else None,
        )
        log.get("texts").info(
            "text.arrived", message_sid=row.sid, from_=row.from_, to=row.to, source=str(event.flow)
        )
        if isinstance(decision, RunApplication):
            self._begin(
                row, self._keep_and_ask(decision.application, row, lambda error: self._kept(event, error))
            )
        else:
            self._begin(row, self._pass_on(event, decision, row))

    def _kept(self, event: IncomingRequest, error: StoreError | None) -> None:
        if error is None:
            self._reply(event, 202)
        else:
            self._refuse(event, _Refused(500, str(error), RETRY_AFTER))

    async def arrive(self, application: Application, to: str, text: Text) -> Carried:
        """Take a text of our own to a number that is hosted here, and return once it is stored."""
        while len(self._tasks) >= MOST_AT_ONCE:
            await asyncio.wait(self._tasks.values(), return_when=asyncio.FIRST_COMPLETED)
        row = MessageRow(
            sid=ids.new_sid(ids.MESSAGE),
            account_sid=self._services.accounts.owner(application.account_sid, "")
            or self._services.store.account.sid,
            from_=text.from_,
            to=to,
            body=text.body.decode(errors="replace"),
            direction="inbound",
            status=MessageStatus.RECEIVING,
            headers=[list(pair) for pair in custom_headers(text.headers)],
            date_sent=utc_now(),
        )
        log.get("texts").info("text.arrived", message_sid=row.sid, from_=row.from_, to=to, source=local.HOST)
        kept: asyncio.Future[StoreError | None] = asyncio.get_running_loop().create_future()

        def told(error: StoreError | None) -> None:
            if not kept.done():
                kept.set_result(error)

        self._begin(row, self._keep_and_ask(application, row, told))
        error = await kept
        if error is not None:
            return Carried(MessageStatus.FAILED, INTERNAL, str(error))
        return Carried(MessageStatus.DELIVERED, sip_status=202)

    async def _keep_and_ask(
        self, application: Application, row: MessageRow, told: Callable[[StoreError | None], object]
    ) -> None:
        """Tell the sender once the text is stored: what we have acknowledged survives a ``kill -9``."""
        try:
            await self._services.store.commit(row)
        except StoreError as error:
            told(error)
            return
        told(None)
        await self._ask(application, row)

    async def _ask(self, application: Application, row: MessageRow) -> None:
        start = Fetch(Url(application.sms_url), HttpMethod(application.sms_method))
        fallback = None
        if application.sms_fallback_url:
            fallback = Fetch(Url(application.sms_fallback_url), HttpMethod(application.sms_fallback_method))
        options = InterpreterOptions(max_documents=self._services.settings.rcml.max_documents)
        with log.bound(message_sid=row.sid):
            cookies = self._correspondence.cookies(row, asyncio.get_running_loop().time())
            call = TextCall(row, self._services, cookies)
            outcome = await Reply(call, fallback=fallback, options=options).run(start)
            log.get("texts").info("text.answered", outcome=outcome.value)
        self._received(row)

    def _received(self, row: MessageRow) -> None:
        row.status = MessageStatus.RECEIVED
        row.date_updated = utc_now()
        self._services.metrics.messages.labels("text", row.status).inc()
        self._services.store.save(row)

    async def _pass_on(
        self, event: IncomingRequest, decision: RingClient | UseTrunk, row: MessageRow
    ) -> None:
        request = event.request
        text = Text(
            from_=row.from_,
            body=request.body,
            content_type=request.headers.get("Content-Type") or "",
            headers=custom_headers((name, value) for name, value in row.headers),
        )
        try:
            async with asyncio.timeout(ANSWER_WITHIN):
                carried = await self._services.texts.carry(row, text)
        except TimeoutError:
            carried = Carried(MessageStatus.FAILED, NOT_REACHED, f"no answer within {ANSWER_WITHIN:g} s")
            self._services.texts.close(row, carried)
        if carried.status is MessageStatus.FAILED:
            self._refuse(event, _Refused(_status(carried), carried.reason))
        else:
            self._reply(event, carried.sip_status)

    def _refuse(self, event: IncomingRequest, refused: _Refused) -> None:
        log.get("texts").info(
            "text.refused",
            status=refused.status,
            reason=refused.reason,
            source=str(event.flow),
            to=event.request.uri_text,
        )
        self._services.metrics.messages_refused.labels(str(refused.status)).inc()
        self._reply(event, refused.status, refused.fields)

    def _reply(self, event: IncomingRequest, status: int, fields: tuple[tuple[str, str], ...] = ()) -> None:
        stack = self._requests.stack
        self._requests.endpoint.reply(stack.now(), event.transaction, status, headers=fields)
        stack.settle()

    def _begin(self, row: MessageRow, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work, name=row.sid)
        self._tasks[row.sid] = task
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        del self._tasks[task.get_name()]
        if not task.cancelled() and task.exception() is not None:
            log.get("texts").error("text.lost", exc_info=task.exception())


def _words(request: Request) -> str:
    """Return the text of a MESSAGE; raises :class:`_Refused` for one we cannot take."""
    content_type = request.content_type
    if content_type is None or content_type.essence != "text/plain" or request.content_encodings:
        raise _Refused(415, "the body is no text/plain", (("Accept", "text/plain"),))
    if not request.body:
        raise _Refused(400, "the MESSAGE has no text")
    if len(request.body) > LONGEST_BODY:
        raise _Refused(413, f"the text has {len(request.body)} bytes, at most {LONGEST_BODY} are taken")
    charset = content_type.parameters.get("charset") or "utf-8"
    try:
        known = codecs.lookup(charset).name in _CHARACTER_SETS
    except LookupError:
        known = False
    if not known:
        raise _Refused(415, f"the character set {charset!r} is not known", (("Accept", "text/plain"),))
    return request.body.decode(charset, "replace")


_CHARACTER_SETS = frozenset({"utf-8", "ascii", "iso8859-1", "iso8859-15", "cp1252", "utf-16"})


def _status(carried: Carried) -> int:
    """Return what a sender is answered: the recipient's own refusal, else 480 for one who is not there.

    A challenge is for us, and 408 and 5xx would say that we are at fault (RFC 4320 section 4.2).
    """
    status = carried.sip_status
    return status if (400 <= status < 500 and status not in (401, 407, 408)) or status >= 600 else 480
