"""An application at the other end of a stream: it records every message and does what a test tells it.

It speaks with `json`, `base64` and an aiohttp server, and uses nothing of the engine.
"""

import asyncio
import base64
import json
from dataclasses import dataclass, field
from typing import Any, ClassVar, cast

import numpy as np
from aiohttp import WSMsgType, web

from tests.testkit.loopback_server import LoopbackServer
from tests.testkit.outside_sound import Samples, from_ulaw, silence, to_ulaw
from tests.testkit.waiting import eventually


@dataclass
class Arrived:
    """One message, and when it came by the loop's clock."""

    at: float
    content: Any
    """The object of a text message, the octets of a binary one."""


@dataclass
class AgentStream:
    """One connection."""

    KIND: ClassVar[str] = "event"
    """The field of a message that says what it is."""
    FIRST: ClassVar[str] = "start"
    """What says that the connection is in use."""

    socket: web.WebSocketResponse
    path: str
    headers: dict[str, str]
    arrived: list[Arrived] = field(default_factory=list)
    close_code: int | None = None
    ended: bool = False

    @property
    def sid(self) -> str:
        return str(self.of("start")[0]["streamSid"])

    def of(self, event: str) -> list[dict[str, Any]]:
        """Return the messages of a kind."""
        return [each.content for each in self.arrived if self._event(each) == event]

    def times_of(self, event: str) -> list[float]:
        return [each.at for each in self.arrived if self._event(each) == event]

    def _event(self, arrived: Arrived) -> str:
        return str(arrived.content[self.KIND]) if isinstance(arrived.content, dict) else "binary"

    @property
    def events(self) -> list[str]:
        """What kinds of messages came, without those of sound."""
        kinds = [self._event(each) for each in self.arrived]
        return [kind for kind in kinds if kind not in ("media", "binary")]

    def heard(self, track: str = "inbound") -> Samples:
        """Return the sound of a track as it came."""
        payloads = [each["media"]["payload"] for each in self.of("media") if each["media"]["track"] == track]
        return np.concatenate([silence(0), *(from_ulaw(base64.b64decode(each)) for each in payloads)])

    def heard_binary(self) -> Samples:
        """Return the samples of the binary messages."""
        octets = [each.content for each in self.arrived if isinstance(each.content, bytes)]
        return np.frombuffer(b"".join(octets), "<i2")

    async def say(self, samples: Samples) -> None:
        """Send sound as one message, however long it is."""
        await self.send("media", {"payload": base64.b64encode(to_ulaw(samples)).decode()})

    async def mark(self, name: str) -> None:
        await self.send("mark", {"name": name})

    async def clear(self) -> None:
        await self.send("clear")

    async def send(self, event: str, content: dict[str, Any] | None = None) -> None:
        message = {"event": event, "streamSid": self.sid}
        await self.socket.send_str(json.dumps(message if content is None else {**message, event: content}))

    async def close(self, code: int = 1000, reason: bytes = b"") -> None:
        await self.socket.close(code=code, message=reason)

    def drop(self) -> None:
        """Break the connection without a word."""
        self._transport.abort()

    def stop_reading(self) -> None:
        """Leave what comes from now on in the socket."""
        self._transport.pause_reading()

    @property
    def _transport(self) -> asyncio.Transport:
        transport = self.socket._req.transport if self.socket._req else None
        return cast(asyncio.Transport, transport)

    async def until(self, event: str, number: int = 1, within: float = 5.0) -> dict[str, Any]:
        """Wait for the `number`-th message of a kind and return it."""
        await eventually(
            lambda: len(self.of(event)) >= number,
            within,
            f"{event} number {number} comes",
            every=0.005,
            context=lambda: f"came: {self.events}, closed with {self.close_code}",
        )
        return self.of(event)[number - 1]

    async def until_ended(self, within: float = 5.0) -> None:
        await eventually(lambda: self.ended, within, "the connection ends")


class StreamAgent(LoopbackServer):
    """A WebSocket server on loopback, for any path. Use as `async with`."""

    CONNECTION: ClassVar[type[AgentStream]] = AgentStream

    def __init__(self, *, echo: bool = False) -> None:
        super().__init__()
        self.streams: list[AgentStream] = []
        self.echo = echo

    def _application(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/refused", _refuse)
        app.router.add_get("/elsewhere", _redirect)
        app.router.add_get("/hangs", _hang)
        app.router.add_get("/{path:.*}", self._serve)
        return app

    def _close(self) -> None:
        for stream in self.streams:
            if not stream.socket.closed:
                stream.drop()

    def url(self, path: str = "/") -> str:
        return f"ws://127.0.0.1:{self._port}{path}"

    async def stream(self, number: int = 1, within: float = 5.0) -> AgentStream:
        """Wait for the `number`-th connection to have started and return it."""
        await eventually(lambda: len(self.streams) >= number, within, f"stream {number} connects")
        await self.streams[number - 1].until(self.CONNECTION.FIRST)
        return self.streams[number - 1]

    async def _serve(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(max_msg_size=0)
        await socket.prepare(request)
        stream = self.CONNECTION(socket, request.path_qs, dict(request.headers))
        self.streams.append(stream)
        clock = asyncio.get_running_loop().time
        while True:
            message = await socket.receive()
            if message.type is WSMsgType.TEXT:
                stream.arrived.append(Arrived(clock(), json.loads(message.data)))
            elif message.type is WSMsgType.BINARY:
                stream.arrived.append(Arrived(clock(), message.data))
            else:
                break
            if self.echo:
                await _echo(stream)
        stream.close_code = socket.close_code
        stream.ended = True
        return socket


async def _echo(stream: AgentStream) -> None:
    content = stream.arrived[-1].content
    if isinstance(content, bytes):
        await stream.socket.send_bytes(content)
    elif content["event"] == "media":
        await stream.send("media", {"payload": content["media"]["payload"]})


async def _refuse(_request: web.Request) -> web.Response:
    return web.Response(status=403, text="not for you")


async def _redirect(_request: web.Request) -> web.Response:
    return web.Response(status=302, headers={"Location": "ws://127.0.0.1:1/"})


async def _hang(_request: web.Request) -> web.Response:
    await asyncio.sleep(60)
    return web.Response()
