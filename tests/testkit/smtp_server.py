"""A mail server on loopback: aiosmtpd, in the event loop of the test."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from types import TracebackType
from typing import Any, Self, cast

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from aiosmtpd.smtp import SMTP as Protocol

from tests.testkit.waiting import eventually


@dataclass(frozen=True)
class ReceivedMail:
    """A mail that was taken: its envelope, and what stands in it."""

    sender: str
    recipients: tuple[str, ...]
    mail: EmailMessage

    @property
    def text(self) -> str:
        return str(self.mail.get_content())


class SmtpServer:
    """Takes mail. Use as `async with`. `replies` are given to the next DATA instead, one for each."""

    def __init__(self, *replies: str, port: int = 0, login: tuple[str, str] | None = None) -> None:
        self.mails: list[ReceivedMail] = []
        self.attempts = 0
        self.refused_recipients: set[str] = set()
        self._replies = list(replies)
        self._port = port
        self._login = login
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._protocol, "127.0.0.1", self._port)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server
        self._server.close()

    @property
    def port(self) -> int:
        assert self._server
        return int(self._server.sockets[0].getsockname()[1])

    async def mail(self, number: int = 1, within: float = 10.0) -> ReceivedMail:
        """Wait for the `number`-th mail and return it."""
        await eventually(lambda: len(self.mails) >= number, within, f"mail {number} arrives")
        return self.mails[number - 1]

    def _protocol(self) -> Protocol:
        return SMTP(
            self,
            hostname="mail.test",
            authenticator=self._authenticate,
            auth_require_tls=False,
        )

    def _authenticate(
        self, server: Any, session: Any, envelope: Any, mechanism: str, data: Any
    ) -> AuthResult:
        given = cast(LoginPassword, data)
        known = (given.login.decode(), given.password.decode()) == self._login
        return AuthResult(success=known)

    async def handle_RCPT(
        self, server: Any, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self._login is not None and not session.authenticated:
            return "530 5.7.0 who are you"
        if address in self.refused_recipients:
            return "550 5.1.1 nobody of that name"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Session, envelope: Envelope) -> str:
        self.attempts += 1
        if self._replies:
            return self._replies.pop(0)
        content = envelope.content
        assert isinstance(content, bytes)
        mail = message_from_bytes(content, policy=policy.default)
        self.mails.append(ReceivedMail(str(envelope.mail_from), tuple(envelope.rcpt_tos), mail))
        return "250 OK"
