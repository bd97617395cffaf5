"""A SIP client over WebSocket (RFC 7118), as a page in a browser is one: registers, calls and is called.

Written apart from `sip/` on purpose, as all that looks at Dialplane from outside.
"""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import re
import secrets
import ssl
from collections.abc import Awaitable, Callable, Mapping
from types import TracebackType
from typing import Self

import aiohttp

from tests.testkit.sip_text import SipMessage
from tests.testkit.waiting import eventually

Answer = Callable[[str], Awaitable[str]]
"""From the offer of a re-INVITE to our answer."""


class PhoneCall:
    """One call of a phone, whoever began it."""

    def __init__(self, phone: WebSocketPhone, local: str, remote: str, call_id: str, target: str) -> None:
        self.phone = phone
        self.local = local
        self.remote = remote
        self.call_id = call_id
        self.target = target
        self.offers: list[str] = []
        """What the server offered us in this call."""
        self.answer_offer: Answer | None = None
        self.acknowledged = asyncio.Event()
        self.ended = asyncio.Event()
        self.bye: SipMessage | None = None
        """The server's BYE."""
        self.invitation: SipMessage | None = None
        """The server's INVITE, of a call to us."""
        self._numbers = itertools.count(2)

    @property
    def call_sid(self) -> str:
        """The CallSid that the server wrote into its answer."""
        return next(
            frame.call_sid for frame in map(SipMessage.parse, self.phone.frames) if self._is_ours(frame)
        )

    def _is_ours(self, message: SipMessage) -> bool:
        return message.header("Call-ID") == self.call_id and bool(message.call_sid)

    async def request(self, method: str, body: str = "", kind: str = "application/sdp") -> SipMessage:
        """Send a request in the dialog and return the final response."""
        lines = {"From": self.local, "To": self.remote, "Call-ID": self.call_id}
        number = next(self._numbers)
        response = await self.phone.ask(method, self.target, lines, number, body, kind)
        if method == "INVITE" and response.status < 300:
            self.acknowledge(number)
        return response

    def acknowledge(self, number: int) -> None:
        """Send the ACK of a 200."""
        lines = {"From": self.local, "To": self.remote, "Call-ID": self.call_id}
        self.phone.send_request("ACK", self.target, lines, number)

    async def hang_up(self) -> None:
        assert (await self.request("BYE")).status == 200
        self.ended.set()

    async def receive(self, request: SipMessage) -> None:
        """Take a request of the server in this call."""
        if request.method == "ACK":
            self.acknowledged.set()
        elif request.method == "BYE":
            self.bye = request
            self.phone.respond(request, 200)
            self.ended.set()
        elif request.method == "INVITE" and self.answer_offer is not None:
            self.offers.append(request.body)
            self.phone.respond(request, 200, await self.answer_offer(request.body))
        else:
            self.phone.respond(request, 200)

    def take(self, body: str, tag: str = "") -> None:
        """Answer the server's INVITE."""
        assert self.invitation is not None
        self.phone.respond(self.invitation, 200, body, tag=tag or self.local.partition("tag=")[2])


class WebSocketPhone:
    """One connection and who speaks along it. Use as `async with`."""

    def __init__(
        self,
        url: str,
        login: str,
        password: str,
        *,
        origin: str | None = None,
        headers: Mapping[str, str] | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.url = url
        self.login = login
        self.host = f"{secrets.token_hex(6)}.invalid"
        self.contact = f"sip:{login}@{self.host};transport=ws"
        self.responses: dict[str, asyncio.Queue[SipMessage]] = {}
        """By branch."""
        self.calls: dict[str, PhoneCall] = {}
        self.incoming: asyncio.Queue[PhoneCall] = asyncio.Queue()
        self.frames: list[str] = []
        """All that came, in order."""
        self.socket: aiohttp.ClientWebSocketResponse
        self._password = password
        self._headers = {**({"Origin": origin} if origin else {}), **(headers or {})}
        self._tls = tls
        self._http: aiohttp.ClientSession
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._http = aiohttp.ClientSession()
        try:
            self.socket = await self._http.ws_connect(
                self.url, protocols=("sip",), headers=self._headers, ssl=self._tls or True
            )
        except BaseException:
            await self._http.close()
            raise
        self._begin(self._read())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.socket.close()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._http.close()

    async def reconnect(self) -> None:
        """Lose the connection, make another one, and register anew as JsSIP does."""
        await self.socket.close()
        self.socket = await self._http.ws_connect(self.url, protocols=("sip",), headers=self._headers)
        self._begin(self._read())
        assert (await self.register()).status == 200

    async def register(self, expires: int = 600) -> SipMessage:
        """Register our contact and return the final response."""
        address = f"<sip:{self.login}@dialplane.test>"
        lines = {
            "From": f"{address};tag={secrets.token_hex(4)}",
            "To": address,
            "Call-ID": secrets.token_hex(8),
            "Contact": f"<{self.contact}>;+sip.ice;reg-id=1;expires={expires}",
        }
        return await self.ask("REGISTER", "sip:dialplane.test", lines)

    async def call(self, user: str, offer: str, headers: Mapping[str, str] | None = None) -> PhoneCall:
        """Call and return the call once it is answered; `answer` of it is the server's description."""
        call, response = await self.invite(user, offer, headers)
        assert response.status == 200, response.first_line
        return call

    async def invite(
        self, user: str, offer: str, headers: Mapping[str, str] | None = None
    ) -> tuple[PhoneCall, SipMessage]:
        """Call and return the final response with the call, acknowledged."""
        target = f"sip:{user}@dialplane.test"
        local = f"<sip:{self.login}@dialplane.test>;tag={secrets.token_hex(4)}"
        call = PhoneCall(self, local, f"<{target}>", secrets.token_hex(8), target)
        self.calls[call.call_id] = call
        lines = {"From": local, "To": f"<{target}>", "Call-ID": call.call_id, **(headers or {})}
        response = await self.ask("INVITE", target, lines, 1, offer)
        if response.status < 300:
            call.remote = response.header("To")
            call.target = _uri(response.header("Contact"))
            call.offers.append(response.body)
            call.acknowledge(int(response.header("CSeq").split()[0]))
            call.acknowledged.set()
            call._numbers = itertools.count(int(response.header("CSeq").split()[0]) + 1)
        return call, response

    async def called(self, within: float = 8.0) -> PhoneCall:
        """Wait for a call to us, and ring."""
        async with asyncio.timeout(within):
            call = await self.incoming.get()
        assert call.invitation is not None
        self.respond(call.invitation, 180, tag=call.local.partition("tag=")[2])
        return call

    async def ask(
        self,
        method: str,
        uri: str,
        lines: Mapping[str, str],
        number: int = 1,
        body: str = "",
        kind: str = "application/sdp",
    ) -> SipMessage:
        """Send a request, answer one challenge, and return the final response."""
        response = await self._final(self.send_request(method, uri, lines, number, body, kind), method)
        if response.status not in (401, 407):
            return response
        name = "WWW-Authenticate" if response.status == 401 else "Proxy-Authenticate"
        asked = next(value for key, value in response.headers if key == name and "MD5" in value)
        if method == "INVITE":
            self.send_request("ACK", uri, {**lines, "To": response.header("To")}, number, of=response)
        field = "Authorization" if response.status == 401 else "Proxy-Authorization"
        again = {**lines, field: self._credentials(asked, method, uri)}
        branch = self.send_request(method, uri, again, number + 1, body, kind)
        return await self._final(branch, method)

    def send_request(
        self,
        method: str,
        uri: str,
        lines: Mapping[str, str],
        number: int = 1,
        body: str = "",
        kind: str = "application/sdp",
        of: SipMessage | None = None,
    ) -> str:
        """Send a request and return its branch; `of` is the refusal that an ACK acknowledges."""
        branch = "z9hG4bK" + secrets.token_hex(6)
        via = of.header("Via") if of else f"SIP/2.0/WS {self.host};branch={branch}"
        head = {"Via": via, "Max-Forwards": "70", **lines, "CSeq": f"{number} {method}"}
        if "Contact" not in lines and method != "ACK":
            head["Contact"] = f"<{self.contact}>"
        if body:
            head["Content-Type"] = kind
        self.responses.setdefault(branch, asyncio.Queue())
        self.send(f"{method} {uri} SIP/2.0", head, body)
        return branch

    def respond(self, request: SipMessage, status: int, body: str = "", *, tag: str = "") -> None:
        """Answer a request of the server."""
        head: dict[str, str] = {
            name: request.header(name) for name in ("Via", "From", "To", "Call-ID", "CSeq")
        }
        if tag and "tag=" not in head["To"]:
            head["To"] += f";tag={tag}"
        head["Contact"] = f"<{self.contact}>"
        if body:
            head["Content-Type"] = "application/sdp"
        self.send(f"SIP/2.0 {status} {_REASONS.get(status, 'No')}", head, body)

    def send(self, first_line: str, head: Mapping[str, str], body: str = "") -> None:
        """Send one message in one frame, without Content-Length, as RFC 7118 section 5.3 allows."""
        lines = [first_line, *(f"{name}: {value}" for name, value in head.items())]
        self._begin(self.socket.send_str("\r\n".join([*lines, "", body])))

    async def _final(self, branch: str, method: str, within: float = 20.0) -> SipMessage:
        async with asyncio.timeout(within):
            while True:
                response = await self.responses[branch].get()
                if response.status >= 200:
                    return response

    async def _read(self) -> None:
        async for frame in self.socket:
            self.frames.append(frame.data)
            message = SipMessage.parse(frame.data)
            if message.status:
                branch = re.findall(r"branch=([^;,\s]+)", message.header("Via"))[0]
                self.responses.setdefault(branch, asyncio.Queue()).put_nowait(message)
            else:
                await self._receive(message)

    async def _receive(self, request: SipMessage) -> None:
        call = self.calls.get(request.header("Call-ID"))
        if call is not None:
            self._begin(call.receive(request))
        elif request.method == "INVITE":
            local = f"{request.header('To')};tag={secrets.token_hex(4)}"
            call = PhoneCall(
                self,
                local,
                request.header("From"),
                request.header("Call-ID"),
                _uri(request.header("Contact")),
            )
            call.invitation = request
            call.offers.append(request.body)
            self.calls[call.call_id] = call
            self.incoming.put_nowait(call)
        else:
            self.respond(request, 200, tag=secrets.token_hex(4))

    def _credentials(self, asked: str, method: str, uri: str) -> str:
        realm, nonce = (re.findall(f'{name}="([^"]*)"', asked)[0] for name in ("realm", "nonce"))
        secret = _md5(f"{self.login}:{realm}:{self._password}")
        response = _md5(f"{secret}:{nonce}:00000001:c:auth:{_md5(f'{method}:{uri}')}")
        return (
            f'Digest username="{self.login}", realm="{realm}", nonce="{nonce}", uri="{uri}", '
            f'algorithm=MD5, qop=auth, nc=00000001, cnonce="c", response="{response}"'
        )

    def _begin(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def heard(self, text: str, within: float = 5.0) -> str:
        """Wait for a frame that contains a text."""
        found = await eventually(
            lambda: [frame for frame in self.frames if text in frame], within, f"a frame with {text!r}"
        )
        return found[0]


_REASONS = {180: "Ringing", 200: "OK", 486: "Busy Here", 603: "Decline"}


def _uri(contact: str) -> str:
    return str(re.findall(r"<([^>]+)>", contact)[0])


def _md5(text: str) -> str:
    return hashlib.md5(text.encode()).hexdigest()
