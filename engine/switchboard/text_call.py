"""A text that came in, as the documents see it that answer it."""

from __future__ import annotations

from collections.abc import Mapping

from engine.conversations.no_voice import NoVoice
from engine.errors import FetchError
from engine.messages.origin import of_text
from engine.messages.text_desk import text_parameters
from engine.reporting import log
from engine.reporting.notifications import Severity
from engine.requests import documents
from engine.requests.behalf import acting_for
from engine.requests.cookies import Cookies
from engine.services import Services
from engine.store import MessageRow
from rcml.call import Level
from rcml.document import Document
from rcml.messaging import EmailRequest, Sent, TextRequest
from rcml.values import HttpMethod


class TextCall(NoVoice):
    """Stands for a text while :class:`rcml.reply.Reply` runs; its other party is the sender."""

    gone = False
    now = 0.0

    def __init__(self, row: MessageRow, services: Services, cookies: Cookies | None = None) -> None:
        """``cookies`` are those of the application for this sender."""
        self._row = row
        self._cookies = cookies
        self._services = services
        self._refused: FetchError | None = None

    async def fail(self, reason: str, *, status: int = 500) -> None:
        log.get("texts").warning("reply.failed", message_sid=self._row.sid, reason=reason)

    async def send_text(self, request: TextRequest) -> Sent:
        return await self._services.texts.send(request, of_text(self._row))

    async def send_email(self, request: EmailRequest) -> Sent:
        return await self._services.mails.send(request, of_text(self._row))

    async def fetch(self, url: str, method: HttpMethod, parameters: Mapping[str, str]) -> Document:
        headers = {f"SipHeader_{name}": value for name, value in self._row.headers}
        # The text has come in, as the application sees it; our work on it is not its business.
        state = {"SmsStatus": "received", "MessageStatus": "received"}
        sent = {**text_parameters(self._row), **state, **headers, **parameters}
        try:
            with acting_for(self._row.account_sid, self._row.call_sid):
                answer = await self._services.fetcher.document(url, method.value, sent, cookies=self._cookies)
        except FetchError as error:
            self._refused = error
            raise documents.failure(error) from error
        return await documents.parsed(answer, answer.moved_to or url)

    def notify(
        self, code: int, level: Level, message: str, *, url: str | None = None, line: int | None = None
    ) -> None:
        where = f"line {line}: " if line is not None else ""
        refused = self._refused
        self._services.notifications.add(
            code,
            f"text {self._row.sid}: {where}{message}",
            account_sid=self._row.account_sid,
            severity=Severity(level.value),
            url=url or "",
            refused=refused if refused is not None and refused.url == url else None,
        )
