"""Registers phones that do not do it themselves, each with a REGISTER and digest (RFC 3261 10.2, RFC 7616).

Written apart from `sip/` on purpose, as all that looks at Dialplane from outside.
"""

import hashlib
import itertools
import re
from types import TracebackType
from typing import Self

from tests.testkit.raw_sip import RawUdp
from tests.testkit.sip_text import SipMessage

PASSWORD = "wonderland7"
"""Of every client that a test registers."""
_NUMBERS = itertools.count(1)


class Contacts:
    """Where the clients of one test can be reached. Use as `async with`; leaving unregisters them all."""

    def __init__(self, registrar: tuple[str, int]) -> None:
        self._registrar = registrar
        self._socket: RawUdp | None = None
        self._bound: set[str] = set()

    async def __aenter__(self) -> Self:
        self._socket = await RawUdp.open(self._registrar)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._socket
        for login in list(self._bound):
            await self.unbind(login)
        self._socket.close()

    async def bind(self, login: str, port: int, parameters: str = "") -> None:
        """Let a client be reached at a port of this machine; `parameters` of its URI, such as `;line=2`."""
        await self._register(login, f"<sip:{login}@127.0.0.1:{port}{parameters}>", 600)
        self._bound.add(login)

    async def unbind(self, login: str) -> None:
        """Let a client be reached nowhere."""
        await self._register(login, "*", 0)
        self._bound.discard(login)

    async def _register(self, login: str, contact: str, expires: int) -> None:
        assert self._socket
        challenged = await self._socket.ask(self._request(login, contact, expires))
        assert challenged.status == 401, challenged.first_line
        credentials = self._credentials(login, challenged)
        accepted = await self._socket.ask(self._request(login, contact, expires, credentials))
        assert accepted.status == 200, accepted.first_line

    def _request(self, login: str, contact: str, expires: int, credentials: str = "") -> bytes:
        assert self._socket
        number = next(_NUMBERS)
        via = f"SIP/2.0/UDP 127.0.0.1:{self._socket.port};branch=z9hG4bK-bind-{number}"
        address = f"<sip:{login}@127.0.0.1>"
        return (
            f"REGISTER sip:127.0.0.1 SIP/2.0\r\nVia: {via}\r\nMax-Forwards: 70\r\n"
            f"From: {address};tag={number}\r\nTo: {address}\r\nCall-ID: bind-{number}\r\n"
            f"CSeq: {number} REGISTER\r\nContact: {contact}\r\nExpires: {expires}\r\n"
            f"{credentials}Content-Length: 0\r\n\r\n"
        ).encode()

    def _credentials(self, login: str, challenged: SipMessage) -> str:
        asked = challenged.header("WWW-Authenticate")
        realm, nonce = (re.findall(f'{name}="([^"]*)"', asked)[0] for name in ("realm", "nonce"))
        secret = _md5(f"{login}:{realm}:{PASSWORD}")
        response = _md5(f"{secret}:{nonce}:00000001:c:auth:{_md5('REGISTER:sip:127.0.0.1')}")
        return (
            f'Authorization: Digest username="{login}", realm="{realm}", nonce="{nonce}", '
            f'uri="sip:127.0.0.1", algorithm=MD5, qop=auth, nc=00000001, cnonce="c", '
            f'response="{response}"\r\n'
        )


def _md5(text: str) -> str:
    return hashlib.md5(text.encode()).hexdigest()
