"""An application server under the control of a test: it records every request and answers what it is told."""

import asyncio
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from aiohttp import web

from tests.testkit.loopback_server import LoopbackServer
from tests.testkit.outside_sound import Samples, wav
from tests.testkit.waiting import eventually

Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Reply:
    """How one request is answered, well or badly."""

    body: str | bytes = ""
    status: int = 200
    content_type: str | None = "text/xml"
    """None: no Content-Type header."""
    headers: Pairs = ()
    delay: float = 0.0
    """Seconds before the answer begins."""
    hangs: bool = False
    """Never answer."""
    drip: float = 0.0
    """Seconds before each byte of the body."""
    raw: bytes = b""
    """Written to the connection instead of an HTTP answer; the connection is closed after it."""


@dataclass(frozen=True)
class Recorded:
    """One request that arrived."""

    method: str
    path: str
    query: Pairs
    form: Pairs
    headers: dict[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    at: float
    """The event loop's clock."""

    @property
    def parameters(self) -> Pairs:
        """Names and values in the order they were sent: of the query for GET, else of the form."""
        return self.query if self.method == "GET" else self.form

    def __getitem__(self, name: str) -> str:
        """Return the first value of a parameter; KeyError names what is there."""
        for key, value in self.parameters:
            if key == name:
                return value
        raise KeyError(f"{name} is not among {[key for key, _ in self.parameters]}")

    def get(self, name: str) -> str | None:
        return next((value for key, value in self.parameters if key == name), None)


@dataclass(frozen=True)
class ApplicationPort:
    """The port on which each test of a module opens its application; numbers are configured with it."""

    number: int

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.number}{path}"


class FakeApplication(LoopbackServer):
    """An HTTP server on loopback. Use as `async with`; a path nobody programmed answers 404."""

    def __init__(self, port: int = 0) -> None:
        super().__init__(port)
        self.requests: list[Recorded] = []
        self._replies: dict[str, list[Reply]] = {}
        self._closing = asyncio.Event()

    def _application(self) -> web.Application:
        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.router.add_route("*", "/{path:.*}", self._serve)
        return app

    def _close(self) -> None:
        self._closing.set()

    def url(self, path: str = "/") -> str:
        return f"http://127.0.0.1:{self._port}{path}"

    def answer(self, path: str, *replies: Reply | str) -> None:
        """Program a path: requests take the replies in turn, the last one stays. A text is a document."""
        self._replies[path] = [reply if isinstance(reply, Reply) else Reply(reply) for reply in replies]

    def serve_sound(self, path: str, samples: Samples) -> None:
        """Answer a path with a WAV file."""
        self.answer(path, Reply(wav(samples), content_type="audio/wav"))

    def requests_to(self, path: str) -> list[Recorded]:
        return [request for request in self.requests if request.path == path]

    async def request_to(self, path: str, number: int = 1, within: float = 10.0) -> Recorded:
        """Wait for the `number`-th request to a path and return it."""

        def seen() -> bool:
            return len(self.requests_to(path)) >= number

        await eventually(seen, within, f"request {number} to {path} arrives", context=self.story)
        return self.requests_to(path)[number - 1]

    def story(self) -> str:
        """What was asked, for the text of a failure."""
        lines = (f"{request.method} {request.path} {dict(request.parameters)}" for request in self.requests)
        return "requests:\n" + "\n".join(lines)

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        self.requests.append(
            Recorded(
                method=request.method,
                path=request.path,
                query=tuple(parse_qsl(request.query_string, keep_blank_values=True)),
                form=tuple(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)),
                headers=dict(request.headers),
                body=body,
                at=asyncio.get_running_loop().time(),
            )
        )
        return await self._reply(request, self._next_reply(request.path))

    def _next_reply(self, path: str) -> Reply:
        replies = self._replies.get(path, [Reply("no such page", 404, "text/plain")])
        return replies.pop(0) if len(replies) > 1 else replies[0]

    async def _reply(self, request: web.Request, reply: Reply) -> web.StreamResponse:
        if reply.hangs:
            await self._closing.wait()
        if reply.delay:
            await self._wait(reply.delay)
        body = reply.body.encode() if isinstance(reply.body, str) else reply.body
        if reply.raw or reply.content_type is None:
            return self._raw(request, reply.raw or _without_content_type(reply.status, body))
        headers = [*reply.headers, ("Content-Type", reply.content_type)]
        if reply.drip:
            return await self._drip(request, reply, body, headers)
        return web.Response(status=reply.status, body=body, headers=headers)

    @staticmethod
    def _raw(request: web.Request, octets: bytes) -> web.StreamResponse:
        assert request.transport
        request.transport.write(octets)
        request.transport.close()
        return web.Response()

    async def _drip(
        self, request: web.Request, reply: Reply, body: bytes, headers: list[tuple[str, str]]
    ) -> web.StreamResponse:
        response = web.StreamResponse(status=reply.status, headers=headers)
        await response.prepare(request)
        for byte in body:
            await self._wait(reply.drip)
            if self._closing.is_set() or request.transport is None:
                break
            await response.write(bytes([byte]))
        return response

    async def _wait(self, seconds: float) -> None:
        # A slow application must not slow down the end of its test.
        try:
            await asyncio.wait_for(self._closing.wait(), seconds)
        except TimeoutError:
            return


def _without_content_type(status: int, body: bytes) -> bytes:
    # aiohttp puts a Content-Type on every answer.
    head = f"HTTP/1.1 {status} Given\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    return head.encode() + body
