# Run: python examples/music_on_hold.py    and: dialplane serve --app http://127.0.0.1:9000/
# Dial: sip:desk@127.0.0.1:5060
"""Music on hold: a tune, made here when the program starts, plays until the caller presses a key."""

import io
import os
import wave

import numpy as np
from aiohttp import web

RATE = 8000
NOTES = (400, 500, 600, 800, 600, 500)
"""Hertz; a broken chord of which each note lasts 0.4 s."""


def tune() -> bytes:
    """Return the tune as a WAV file: every note swells and fades, so that the loop has no click."""
    time = np.arange(int(0.4 * RATE)) / RATE
    shape = 8000 * np.sin(np.pi * time / 0.4)
    sound = np.concatenate([shape * np.sin(2 * np.pi * note * time) for note in NOTES])
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes(sound.astype("<i2").tobytes())
    return file.getvalue()


def document(verbs: str) -> web.Response:
    return web.Response(text=f"<Response>{verbs}</Response>", content_type="application/xml")


async def hold(request: web.Request) -> web.Response:
    return document(
        '<Gather action="/back" numDigits="1">'
        "<Say>Please hold the line. Press any key to go on.</Say>"
        '<Play loop="0">/tune.wav</Play></Gather>'
    )


async def back(request: web.Request) -> web.Response:
    return document("<Say>Thank you for holding. Goodbye.</Say>")


async def music(request: web.Request) -> web.Response:
    return web.Response(body=request.app[TUNE], content_type="audio/wav")


TUNE = web.AppKey("tune", bytes)
app = web.Application()
app[TUNE] = tune()
app.add_routes([web.post("/", hold), web.post("/back", back), web.get("/tune.wav", music)])
if __name__ == "__main__":
    web.run_app(app, host="127.0.0.1", port=int(os.environ.get("PORT", "9000")))
