"""SIPp peers that write and receive SIP MESSAGE requests."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.testkit.sip_registration import UNREGISTER, RegistrationScenario, SippPhone
from tests.testkit.sip_text import SipMessage
from tests.testkit.sip_xml import CAPTURE, Headers, label, ok, report, request, send, take_response
from tests.testkit.sipp import SippCallee, SippPeer

_CHALLENGE = '<recv response="{status}" auth="true">{capture}</recv>'
_ANSWERS = (200, 202, 400, 403, 404, 405, 413, 415, 480, 486, 500, 503)


@dataclass(frozen=True)
class WritingScenario:
    """Sends one MESSAGE, with credentials when a password is given; its step is `answered`."""

    to: str
    text: str
    login: str = "bob"
    password: str = ""
    headers: Headers = ()
    content_type: str = "text/plain;charset=UTF-8"

    def __str__(self) -> str:
        parts = ['<?xml version="1.0" encoding="UTF-8"?>', '<scenario name="writer">']
        parts.append(send(self._message(), retransmit=True))
        if self.password:
            parts.append(_CHALLENGE.format(status=407, capture=CAPTURE))
            proof = ("[authentication", f"username={self.login}", f"password={self.password}]")
            line = " ".join(proof)
            parts.append(send(self._message().replace("Content-Type:", f"{line}\nContent-Type:", 1)))
        parts += [take_response(status, "answered") for status in _ANSWERS]
        last = f'<recv response="407">{CAPTURE}</recv>'
        return "\n".join([*parts, last, label("answered"), report("answered", "[$message]"), "</scenario>"])

    def _message(self) -> str:
        target = f"sip:{self.to}@[remote_ip]:[remote_port]"
        from_ = f"<sip:{self.login}@[remote_ip]>"
        return request(
            "MESSAGE", target, from_, f"<{target}>",
            body=self.text, content_type=self.content_type, headers=self.headers,
        )  # fmt: skip


@dataclass(frozen=True)
class ReceivingScenario:
    """Takes one MESSAGE and answers it; its step is `text`. With a realm it asks for credentials first."""

    answer: str = "200 OK"
    realm: str = ""

    def __str__(self) -> str:
        parts = ['<?xml version="1.0" encoding="UTF-8"?>', '<scenario name="reader">']
        if self.realm:
            challenge = f'Proxy-Authenticate: Digest realm="{self.realm}", nonce="n1", algorithm=MD5'
            asked = ok().replace("200 OK", "407 Proxy Authentication Required")
            parts += [
                f'<recv request="MESSAGE">{CAPTURE}</recv>',
                send(asked.replace("Content-Length", f"{challenge}\nContent-Length", 1)),
            ]
        parts += [
            f'<recv request="MESSAGE">{CAPTURE}</recv>',
            send(ok().replace("200 OK", self.answer)),
            report("text", "[$message]"),
            "</scenario>",
        ]
        return "\n".join(parts)


class SippWriter(SippPeer):
    """Sends its MESSAGE to `target` as soon as it starts."""

    def __init__(
        self, scenario: WritingScenario, target: tuple[str, int], directory: Path, *, transport: str = "UDP"
    ) -> None:
        super().__init__(scenario, directory, transport=transport)
        self._target = target

    def _addresses(self) -> list[str]:
        return [f"{self._target[0]}:{self._target[1]}"]

    async def answer(self, within: float = 10.0) -> SipMessage:
        """Return the final response."""
        found = await self.reached("answered", within=within)
        return found.message


class SippReader(SippCallee):
    """Takes one MESSAGE at its `port`."""

    async def text(self, within: float = 10.0) -> SipMessage:
        """Return the MESSAGE that came."""
        return (await self.reached("text", within=within)).message


class Writers:
    """Makes the SIPp peers of one test; they end with it."""

    def __init__(self, target: tuple[str, int], directory: Path) -> None:
        self._target = target
        self._directory = directory

    async def write(self, scenario: WritingScenario, *, transport: str = "UDP") -> SipMessage:
        """Send a text and return the final response."""
        async with SippWriter(scenario, self._target, self._directory, transport=transport) as writer:
            return await writer.answer(within=25.0)

    @asynccontextmanager
    async def reader(
        self, scenario: ReceivingScenario | None = None, *, port: int = 0
    ) -> AsyncIterator[SippReader]:
        """Wait for a text at a port."""
        reader = SippReader(scenario or ReceivingScenario(), self._directory)
        reader.port = port or reader.port
        async with reader:
            yield reader

    @asynccontextmanager
    async def client(self, login: str, password: str) -> AsyncIterator[SippReader]:
        """Register a client whose texts come to the reader that this gives."""
        async with self.reader() as reader:
            scenario = RegistrationScenario(login, password, contact_port=reader.port)
            async with SippPhone(scenario, self._target, self._directory) as phone:
                await phone.reached("registered")
                yield reader
                await phone.do(UNREGISTER)
