"""The process in which espeak-ng speaks: ``python -m media.speech.espeak_worker``.

espeak-ng is GPL, keeps global state and can crash; alone in a process it does none of that to
us. Messages travel on standard input and output, each behind its length in four octets, big
end first (:mod:`media.speech.espeak` is the other side):

* in: JSON, ``{"id": 1, "voice": "en-us+f3", "text": "Hello", "ssml": false}`` or ``{"cancel": 1}``;
* out: one octet of kind and four of the id, then for ``S`` 16-bit little-endian samples at the
  rate of the library, for ``E`` nothing (the text is spoken), for ``F`` a reason in UTF-8.

The first message out has id 0, kind ``R`` and the rate in four octets. Input that ends, ends
the process.
"""

from __future__ import annotations

import ctypes
import json
import os
import select
import struct
import sys
from collections import deque
from typing import Any

from media.own_programs import leave_signals_to_the_daemon

LENGTH = struct.Struct("!I")
HEAD = struct.Struct("!cI")
RATE = struct.Struct("!I")
MAX_MESSAGE = 1 << 20

NICENESS = 2
"""Enough that calls which are up come first; more, and the first sound waits for whatever else runs."""

READY, SOUND, END, FAILED = b"R", b"S", b"E", b"F"

_SYNCHRONOUS_OUTPUT = 2
_BUFFER_MS = 60
"""How much sound espeak-ng hands over at once: the first comes within a millisecond."""
_LARGEST_SOUND = 24_000
"""Octets of one message, half a second: more messages cost the reader more, fewer make it stand still."""
_DO_NOT_EXIT = 0x8000
_UTF8_WITH_PAUSE_AT_END = 0x1001
_SSML = 0x10
_CHARACTER_POSITION = 1
_STOP = 1

_Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)


class _Inbox:
    """Requests as they come in, and those that were cancelled meanwhile."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._octets = b""
        self._requests: deque[dict[str, Any]] = deque()
        self._cancelled: set[int] = set()
        self.ended = False

    def next_request(self) -> dict[str, Any] | None:
        """Wait for the next request that still stands; None at the end of the input."""
        while True:
            while self._requests:
                request = self._requests.popleft()
                if request["id"] not in self._cancelled:
                    return request
                self._cancelled.discard(request["id"])
            if self.ended:
                return None
            # A cancellation that crossed the end of its request has nothing left to cancel.
            self._cancelled.clear()
            self._read()

    def is_cancelled(self, request_id: int) -> bool:
        """Look, without waiting, whether ``request_id`` has lost its purpose."""
        while not self.ended and select.select([self._descriptor], [], [], 0)[0]:
            self._read()
        return self.ended or request_id in self._cancelled

    def _read(self) -> None:
        octets = os.read(self._descriptor, 65536)
        self.ended = not octets
        self._octets += octets
        while len(self._octets) >= LENGTH.size:
            (length,) = LENGTH.unpack_from(self._octets)
            if length > MAX_MESSAGE:
                raise ValueError(f"a message of {length} octets is longer than {MAX_MESSAGE}")
            end = LENGTH.size + length
            if len(self._octets) < end:
                return
            message = json.loads(self._octets[LENGTH.size : end])
            self._octets = self._octets[end:]
            if "cancel" in message:
                self._cancelled.add(message["cancel"])
            else:
                self._requests.append(message)


def _write(descriptor: int, kind: bytes, request_id: int, payload: bytes = b"") -> None:
    message = LENGTH.pack(HEAD.size + len(payload)) + HEAD.pack(kind, request_id) + payload
    while message:
        message = message[os.write(descriptor, message) :]


class _Espeak:
    """The library, through ctypes (espeak-ng's ``speak_lib.h``)."""

    def __init__(self, library: str, voices: str) -> None:
        self._library = ctypes.CDLL(library)
        self.rate: int = self._library.espeak_Initialize(
            _SYNCHRONOUS_OUTPUT, _BUFFER_MS, voices.encode(), _DO_NOT_EXIT
        )
        if self.rate <= 0:
            raise OSError(f"espeak-ng cannot read its voices in {voices}")

    def speak(self, voice: str, text: str, ssml: bool, callback: Any) -> str | None:
        """Speak ``text`` into ``callback``; return what went wrong, if anything did."""
        if self._library.espeak_SetVoiceByName(voice.encode()) != 0:
            return f"espeak-ng has no voice {voice}"
        self._library.espeak_SetSynthCallback(callback)
        # A zero octet would end the text for C.
        octets = text.replace("\0", " ").encode("utf-8", "replace") + b"\0"
        flags = _UTF8_WITH_PAUSE_AT_END | (_SSML if ssml else 0)
        status = self._library.espeak_Synth(octets, len(octets), 0, _CHARACTER_POSITION, 0, flags, None, None)
        return f"espeak-ng answered {status}" if status != 0 else None


class _Outlet:
    """Sends the sound of one request: the first at once, then more and more in one message."""

    def __init__(self, descriptor: int, request_id: int) -> None:
        self._descriptor = descriptor
        self._request_id = request_id
        self._waiting = b""
        self._enough = 0

    def take(self, octets: bytes) -> None:
        self._waiting += octets
        if len(self._waiting) >= self._enough:
            self._enough = min(2 * len(self._waiting), _LARGEST_SOUND)
            self.flush()

    def flush(self) -> None:
        if self._waiting:
            _write(self._descriptor, SOUND, self._request_id, self._waiting)
            self._waiting = b""


def _speak_one(espeak: _Espeak, inbox: _Inbox, output: int, request: dict[str, Any]) -> None:
    request_id: int = request["id"]
    outlet = _Outlet(output, request_id)

    def take(samples: Any, count: int, _events: int | None) -> int:
        try:
            if inbox.is_cancelled(request_id):
                return _STOP
            if samples and count > 0:
                outlet.take(ctypes.string_at(samples, 2 * count))
        except OSError:
            # Whoever asked is gone; an exception cannot pass through C.
            return _STOP
        return 0

    failure = espeak.speak(request["voice"], request["text"], bool(request.get("ssml")), _Callback(take))
    outlet.flush()
    if failure is None:
        _write(output, END, request_id)
    else:
        _write(output, FAILED, request_id, failure.encode())


def main() -> int:
    leave_signals_to_the_daemon()
    import espeakng_loader

    # The messages get a descriptor of their own, so that nothing the library prints mixes with them.
    output = os.dup(1)
    os.nice(NICENESS)
    os.dup2(2, 1)
    espeak = _Espeak(espeakng_loader.get_library_path(), espeakng_loader.get_data_path())
    inbox = _Inbox(0)
    try:
        _write(output, READY, 0, RATE.pack(espeak.rate))
        while (request := inbox.next_request()) is not None:
            _speak_one(espeak, inbox, output, request)
    except BrokenPipeError:
        return 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
