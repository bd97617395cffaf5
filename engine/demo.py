"""The application behind ``dialplane dev``: a menu that speaks, plays, collects digits, records and confers.

It is an application server like any other, on a loopback port of its own, so that what a newcomer hears
has come through the same fetches as a call in production.
"""

from __future__ import annotations

import io
import wave
from xml.sax.saxutils import escape, quoteattr

import numpy as np
from aiohttp import web

from media.music import melody

RATE = 8000

_NOTES = ((523.25, 0.25), (659.25, 0.25), (783.99, 0.25), (1046.5, 0.5), (783.99, 0.25), (1046.5, 0.75))
"""A rising C major chord: hertz and seconds."""


class DemoApplication:
    """Serves the demo on a free port of 127.0.0.1."""

    def __init__(self) -> None:
        self._runner: web.AppRunner | None = None
        self._present: dict[str, str] = {}
        """Who is in the conference, by CallSid."""
        self._tune = _wav(melody(_NOTES))

    async def start(self) -> str:
        """Start serving and return the URL that calls run."""
        app = web.Application()
        app.router.add_post("/", self._menu)
        app.router.add_post("/choice", self._choice)
        app.router.add_post("/keys", self._keys)
        app.router.add_post("/recorded", self._recorded)
        app.router.add_post("/conference", self._conference_event)
        app.router.add_post("/left", self._left)
        app.router.add_get("/tune.wav", self._serve_tune)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        host, port = self._runner.addresses[0][:2]
        return f"http://{host}:{port}/"

    async def stop(self) -> None:
        """Stop serving."""
        if self._runner is not None:
            await self._runner.cleanup()

    async def _menu(self, request: web.Request) -> web.Response:
        return _document(_menu("Welcome to Dialplane."))

    async def _choice(self, request: web.Request) -> web.Response:
        form = await request.post()
        match form.get("Digits"):
            case "1":
                return _document("<Play>/tune.wav</Play>" + _menu())
            case "2":
                return _document(
                    "<Say>Speak after the tone. Press the hash key when you are done.</Say>"
                    '<Record action="/recorded" maxLength="60" timeout="4" finishOnKey="#"/>'
                    "<Say>I heard nothing.</Say>" + _menu()
                )
            case "3":
                return _document(
                    '<Gather action="/keys" finishOnKey="#" timeout="5">'
                    "<Say>Press some keys, then the hash key.</Say></Gather>" + _menu("I heard no key.")
                )
            case "4":
                return self._conference(str(form.get("From", "")))
            case "0":
                return _document("<Say>Thank you for calling. Goodbye.</Say><Hangup/>")
        return _document(_menu("That key does nothing."))

    async def _keys(self, request: web.Request) -> web.Response:
        digits = str((await request.post()).get("Digits", ""))
        spelt = " ".join({"*": "star", "#": "hash"}.get(key, key) for key in digits)
        return _document(f"<Say>You pressed {escape(spelt)}.</Say>" + _menu())

    async def _recorded(self, request: web.Request) -> web.Response:
        url = str((await request.post()).get("RecordingUrl", ""))
        return _document(f"<Say>This is what you said.</Say><Play>{escape(url)}</Play>" + _menu())

    def _conference(self, caller: str) -> web.Response:
        """Say who is in the conference, then let the caller in; the star leads back to the menu."""
        others = list(self._present.values())
        match len(others):
            case 0:
                who = "Nobody is in the conference yet."
            case 1:
                who = f"One other is in the conference: {others[0]}."
            case count:
                who = f"{count} others are in the conference: {', '.join(others)}."
        return _document(
            f"<Say>{escape(who)} Press star to leave it.</Say>"
            '<Dial action="/left" hangupOnStar="true"><Conference statusCallback="/conference"'
            f' statusCallbackEvent="join leave" participantLabel={quoteattr(caller)}>demo</Conference></Dial>'
        )

    async def _conference_event(self, request: web.Request) -> web.Response:
        form = await request.post()
        sid = str(form.get("CallSid", ""))
        if form.get("StatusCallbackEvent") == "participant-join":
            self._present[sid] = str(form.get("ParticipantLabel") or "somebody")
        else:
            self._present.pop(sid, None)
        return web.Response()

    async def _left(self, request: web.Request) -> web.Response:
        return _document(_menu("You have left the conference."))

    async def _serve_tune(self, request: web.Request) -> web.Response:
        return web.Response(body=self._tune, content_type="audio/wav")


def _menu(greeting: str = "") -> str:
    return (
        '<Gather action="/choice" numDigits="1" timeout="6">'
        f"<Say>{escape(greeting)} For a tune, press 1. To record a message and hear it again, press 2. "
        "To have your keys read back, press 3. To join the conference, press 4. "
        "To end the call, press 0.</Say></Gather>"
        "<Say>Goodbye.</Say>"
    )


def _document(verbs: str) -> web.Response:
    text = f'<?xml version="1.0" encoding="UTF-8"?><Response>{verbs}</Response>'
    return web.Response(text=text, content_type="application/xml")


def _wav(samples: np.ndarray) -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(samples.tobytes())
    return out.getvalue()
