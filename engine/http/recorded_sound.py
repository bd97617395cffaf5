"""Serves the sound of recordings, from this machine or from the storage that it was uploaded to."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import aiohttp
from aiohttp import web

from engine.http import dialect
from engine.http.problems import Problem
from engine.recordings.recording_copies import CopyFailed, NoSoundYet, RecordingCopies
from engine.reporting import log
from engine.s3.bucket import BucketError
from engine.s3.uploads import RecordingUploads
from engine.store import RecordingFolder

WAV, MP3 = "audio/x-wav", "audio/mpeg"
_PASSED_ON = ("Content-Length", "Content-Range", "Accept-Ranges", "ETag", "Last-Modified")
_PIECE = 65_536
_FILE = r"{sid:[^/.]+}{written:(?:\.wav)?}"
"""Twilio's RecordingUrl has no ending, so that its applications append ``.mp3`` or ``.wav`` to ours."""


class RecordedSound:
    """What RecordingUrl leads to, without authentication.

    A recording that was uploaded answers there as before: its octets are passed on rather than redirected to,
    since the storage may be in a network that who asks cannot reach.
    """

    def __init__(
        self, folder: Callable[[], RecordingFolder], uploads: Callable[[], RecordingUploads | None]
    ) -> None:
        self._folder = folder
        self._uploads = uploads
        self._copies = RecordingCopies()

    def add_routes(self, router: web.UrlDispatcher) -> None:
        """Add the paths in each dialect."""
        for spoken in dialect.ALL:
            for prefix in spoken.prefixes:
                path = f"{spoken.accounts(prefix)}/Recordings/{_FILE}"
                router.add_get(f"{path}.wav", self._wav)
                router.add_get(f"{path}.mp3", self._mp3)
        router.add_get("/restcomm/recordings/{sid:[^/.]+}.wav", self._wav)
        router.add_get("/restcomm/recordings/{sid:[^/.]+}.mp3", self._mp3)

    async def _wav(self, request: web.Request) -> web.StreamResponse:
        path = await asyncio.to_thread(self._folder().existing_file, request.match_info["sid"])
        if path is not None:
            return web.FileResponse(path, headers={"Content-Type": WAV})
        uploads = self._uploads()
        if uploads is None:
            raise web.HTTPNotFound
        wanted = {name: request.headers[name] for name in ("Range",) if name in request.headers}
        answer = None
        try:
            async with uploads.opened(request.match_info["sid"], request.method, wanted) as sound:
                if sound is None:
                    raise web.HTTPNotFound
                answer = _begun(sound)
                await answer.prepare(request)
                async for octets in sound.content.iter_chunked(_PIECE):
                    await answer.write(octets)
                await answer.write_eof()
        except BucketError as error:
            if answer is None or not answer.prepared:
                raise _unavailable(error) from error
            # Part of it was sent with its length, so a connection that closes says that some is missing.
            log.get("http").warning("recording.broke_off", error=str(error))
            answer.force_close()
            if request.transport is not None:
                request.transport.abort()
        return answer

    async def _mp3(self, request: web.Request) -> web.StreamResponse:
        folder, sid = self._folder(), request.match_info["sid"]
        try:
            path = await self._copies.of(folder, sid) or await self._copies.of_uploaded(folder, sid)
            if path is None and (uploads := self._uploads()) is not None:
                async with uploads.fetched(sid) as fetched:
                    path = await self._copies.of_uploaded(folder, sid, fetched) if fetched else None
        except NoSoundYet as error:
            message = f"The recording cannot be had as MP3 yet: {error}. Ask again in a moment."
            raise Problem(503, message, {"Retry-After": "1"}) from error
        except CopyFailed as error:
            message = f"The recording cannot be had as MP3 now: {error}. It is there as .wav."
            raise Problem(503, message, {"Retry-After": "10"}) from error
        except BucketError as error:
            raise _unavailable(error) from error
        if path is None:
            raise web.HTTPNotFound
        return web.FileResponse(path, headers={"Content-Type": MP3})


def _begun(sound: aiohttp.ClientResponse) -> web.StreamResponse:
    headers = {name: sound.headers[name] for name in _PASSED_ON if name in sound.headers}
    return web.StreamResponse(status=sound.status, headers={**headers, "Content-Type": WAV})


def _unavailable(error: BucketError) -> web.HTTPException | Problem:
    if error.status == 416:
        return web.HTTPRequestRangeNotSatisfiable()
    log.get("http").error("recording.not_fetched", error=str(error))
    message = "The recording is in the storage of recordings, which cannot be read now. Try again later."
    return Problem(503, message, {"Retry-After": "30"})
