"""TLS over a stream that is served in turns: a turn of the event loop has no more than one handshake."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from contextlib import suppress
from typing import Any, cast

from sip.transport.plain_stream import SLICE
from sip.transport.tls import HANDSHAKE_WITHIN


class TlsStream(asyncio.Transport, asyncio.Protocol):
    """The protocol of the stream below, and the transport of the protocol above.

    That one learns of the connection after the handshake.
    """

    def __init__(
        self,
        above: asyncio.Protocol,
        context: ssl.SSLContext,
        on_shaken: Callable[[Exception | None], None],
        *,
        server_hostname: str | None = None,
    ) -> None:
        """``on_shaken`` is told that the handshake is done, or why it never will be.

        With ``server_hostname`` we are the client, and that is whom we want.
        """
        super().__init__()
        self._above = above
        self._below: asyncio.Transport
        self._context = context
        self._on_shaken = on_shaken
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname is None, server_hostname)
        self._up = False
        """The handshake is done, and the protocol above was told of the connection."""
        self._failure: Exception | None = None
        self._late: asyncio.TimerHandle
        self._unencrypted = bytearray()
        """What can be encrypted only when more has come from the peer."""
        self._paused = False
        self._reading = False
        """What came is being handed over."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._below = cast(asyncio.Transport, transport)
        self._late = asyncio.get_running_loop().call_later(HANDSHAKE_WITHIN, self._too_late)
        self._shake_hands()

    def data_received(self, data: bytes) -> None:
        self._incoming.write(data)
        if not self._up:
            self._shake_hands()
        if self._up:
            self._encrypt()
            self._hand_over()

    def eof_received(self) -> bool:
        # What was read before is with the protocol above, or waits until that one reads on.
        self._incoming.write_eof()
        if not self._up:
            self._shake_hands()
        elif not self._paused:
            self._hand_over()
        return self._up

    def connection_lost(self, exc: Exception | None) -> None:
        self._late.cancel()
        if self._up:
            self._above.connection_lost(exc)
        else:
            self._on_shaken(self._failure or exc or ConnectionResetError("closed in the TLS handshake"))

    def pause_writing(self) -> None:
        if self._up:
            self._above.pause_writing()

    def resume_writing(self) -> None:
        if self._up:
            self._above.resume_writing()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        of_tls = {"ssl_object": self._tls, "sslcontext": self._context}
        return of_tls[name] if name in of_tls else self._below.get_extra_info(name, default)

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        self._above = cast(asyncio.Protocol, protocol)

    def get_protocol(self) -> asyncio.BaseProtocol:
        return self._above

    def is_closing(self) -> bool:
        return self._below.is_closing()

    def is_reading(self) -> bool:
        return not self._paused

    def pause_reading(self) -> None:
        self._paused = True
        self._below.pause_reading()

    def resume_reading(self) -> None:
        """Hand over what was decrypted meanwhile, then read on."""
        if not self._paused:
            return
        self._paused = False
        self._hand_over()
        if not self._paused and not self.is_closing():
            self._below.resume_reading()

    def get_write_buffer_size(self) -> int:
        return self._below.get_write_buffer_size() + len(self._unencrypted)

    def write(self, data: bytes | bytearray | memoryview) -> None:
        if not self.is_closing():
            self._unencrypted += data
            self._encrypt()

    def close(self) -> None:
        """Close after what is written has left, with a word to the peer (RFC 8446 section 6.1)."""
        if self.is_closing():
            return
        # The peer's word is not waited for, and in a handshake there is none to say.
        with suppress(ssl.SSLError):
            self._tls.unwrap()
        self._send()
        self._below.close()

    def abort(self) -> None:
        self._below.abort()

    def _shake_hands(self) -> None:
        try:
            self._tls.do_handshake()
        except ssl.SSLWantReadError:
            self._send()
            return
        except ssl.SSLError as error:
            self._failure = error
            self._send()  # the alert that says what is wrong
            self._below.close()
            return
        self._late.cancel()
        self._send()
        self._up = True
        self._on_shaken(None)
        self._above.connection_made(self)

    def _too_late(self) -> None:
        self._failure = TimeoutError(f"the TLS handshake took more than {HANDSHAKE_WITHIN:g} s")
        self._below.abort()

    def _hand_over(self) -> None:
        """Give the protocol above what came, until it wants no more now."""
        if self._reading:
            return
        self._reading = True
        try:
            while not self._paused and not self.is_closing() and (data := self._decrypted()):
                self._above.data_received(data)
        finally:
            self._reading = False

    def _decrypted(self) -> bytes:
        """Return what there is; nothing when more must come, or when nothing more will."""
        try:
            data = self._tls.read(SLICE)
        except ssl.SSLWantReadError:
            self._send()
            return b""
        except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
            data = b""
        except ssl.SSLError:
            self._send()
            self._below.abort()
            return b""
        if not data and not self._above.eof_received():
            self.close()
        return data

    def _encrypt(self) -> None:
        try:
            while self._unencrypted:
                del self._unencrypted[: self._tls.write(self._unencrypted)]
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLError:
            self._below.abort()
        self._send()

    def _send(self) -> None:
        if self._outgoing.pending and not self._below.is_closing():
            self._below.write(self._outgoing.read())
