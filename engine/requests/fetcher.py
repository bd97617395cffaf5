"""Fetches what a caller waits for: documents and sounds (rcml.md section 2.1).

Who needs a request delivered rather than answered uses :mod:`engine.requests.webhooks`.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from urllib.parse import urljoin

from engine import ids
from engine.config import Settings
from engine.errors import Cause, FetchError, RequestRefused
from engine.reporting import log
from engine.reporting.metrics import Metrics
from engine.requests import behalf
from engine.requests.cookies import Cookies
from engine.requests.fetch_options import FetchOptions
from engine.requests.http_request import Answer, Parameters, Request, pairs, shown
from engine.requests.network_policy import NetworkPolicy
from engine.requests.requester import Requester, Trace
from engine.requests.sound_cache import Key, SoundCache
from media.prompts import digested


class Fetcher:
    """Asks applications for documents and sounds on behalf of the account whose call needs them."""

    def __init__(
        self,
        settings: Settings,
        signing_key: Callable[[str], str],
        metrics: Metrics | None = None,
        trace: Trace | None = None,
    ) -> None:
        """``signing_key`` returns the key of an account by its sid, which is empty for nobody's requests."""
        self._signing_key = signing_key
        self._metrics = metrics or Metrics()
        self._trace = trace
        self._sounds = SoundCache()
        self._downloads: dict[Key, asyncio.Task[Answer]] = {}
        self._retired: list[Requester] = []
        self._settings = settings
        self.requester = requester_for(settings, trace)

    def apply(self, settings: Settings) -> None:
        """Use new settings for what is fetched from now on; requests under way keep the old ones."""
        self._retired.append(self.requester)
        self._settings = settings
        self.requester = requester_for(settings, self._trace)

    async def document(
        self,
        url: str,
        method: str = "POST",
        parameters: Parameters = (),
        *,
        auth_token: str | None = None,
        cookies: Cookies | None = None,
        redirected_as_get: bool = False,
    ) -> Answer:
        """Return the application's answer to a request with these parameters, and with the call's cookies.

        ``redirected_as_get`` is what becomes of a POST that is sent elsewhere. A path such as
        ``/demos/hello.xml`` is one of this server. Raises :exc:`engine.errors.FetchError` unless the answer
        is 2xx and fits the limits.
        """
        whose = behalf.current()
        request = Request(
            url=self._absolute(url),
            method=method.upper(),
            parameters=pairs(parameters),
            auth_token=self._signing_key(whose.account_sid) if auth_token is None else auth_token,
            account_sid=whose.account_sid,
            call_sid=whose.call_sid,
            event_id=ids.new_sid(ids.EVENT),
            headers={"Accept": "text/xml, application/xml, text/html, text/plain, audio/*, */*;q=0.1"},
            largest=self._settings.webhooks.max_document_bytes,
            cookies=cookies,
            redirected_as_get=redirected_as_get,
        )
        answer = await self._send("document", request)
        if answer.status == 304:
            raise FetchError(Cause.STATUS, "answered 304 though nothing was kept", answer.url, status=304)
        return answer

    async def sound(self, url: str, *, auth_token: str | None = None) -> Answer:
        """Return a sound file, from the cache when its server allows; raise FetchError.

        Calls that want the same sound at once share one download, which goes on when one of them ends.
        """
        own = self._signing_key(behalf.current().account_sid) if auth_token is None else auth_token
        key = (own, self._absolute(url))
        kept = self._sounds.fresh(key, time.monotonic())
        if kept is not None:
            self._metrics.series(self._metrics.fetches, "sound", "cached").inc()
            return kept
        task = self._downloads.get(key)
        if task is None:
            task = self._downloads[key] = asyncio.create_task(self._download(key), name="sound download")
            task.add_done_callback(lambda done: self._download_done(key, done))
        return await asyncio.shield(task)

    async def close(self) -> None:
        """Stop downloads and close all connections."""
        for task in self._downloads.values():
            task.cancel()
        await asyncio.gather(*self._downloads.values(), return_exceptions=True)
        for requester in (*self._retired, self.requester):
            await requester.close()

    async def _download(self, key: Key) -> Answer:
        answer = await self._ask_for_sound(key, self._sounds.conditions(key))
        sound = self._sounds.receive(key, answer, time.monotonic())
        if sound is None:
            # It was dropped to make room while we asked whether it had changed.
            sound = await self._ask_for_sound(key, {})
            self._sounds.receive(key, sound, time.monotonic())
        return sound

    async def _ask_for_sound(self, key: Key, conditions: Mapping[str, str]) -> Answer:
        auth_token, url = key
        whose = behalf.current()
        request = Request(
            url=url,
            auth_token=auth_token,
            account_sid=whose.account_sid,
            call_sid=whose.call_sid,
            event_id=ids.new_sid(ids.EVENT),
            headers={"Accept": "audio/*, */*;q=0.1", **conditions},
            largest=self._settings.webhooks.max_audio_bytes,
        )
        answer = await self._send("sound", request)
        # Once for the file, and not for each call that plays it: a prompt is found by it.
        return replace(answer, digest=await digested(answer.body, asyncio.to_thread))

    def _download_done(self, key: Key, task: asyncio.Task[Answer]) -> None:
        del self._downloads[key]
        # Every caller may have hung up; asking for the exception keeps it from being reported as lost.
        if not task.cancelled():
            task.exception()

    async def _send(self, kind: str, request: Request) -> Answer:
        begun = time.perf_counter()
        outcome = "cancelled"
        try:
            with log.step(f"fetch_{kind}", method=request.method, url=shown(request.url)) as result:
                answer = await self.requester.send(request)
                result.update(status=answer.status, bytes=len(answer.body))
            outcome = "ok"
            return answer
        except RequestRefused as refused:
            outcome = refused.outcome
            raise FetchError(
                refused.cause, refused.reason, refused.url, refused.status, refused.headers, refused.body
            ) from refused
        finally:
            metrics = self._metrics
            metrics.series(metrics.fetches, kind, outcome).inc()
            metrics.series(metrics.fetch_seconds, kind).observe(time.perf_counter() - begun)

    def _absolute(self, url: str) -> str:
        return urljoin(self._settings.public_url + "/", url) if url.startswith("/") else url


def requester_for(settings: Settings, trace: Trace | None = None) -> Requester:
    """Return a requester that follows the ``[webhooks]`` section.

    Trusted whatever their address: what the operator wrote down himself, and this server, whose
    recordings documents play.
    """
    webhooks = settings.webhooks
    defaults = FetchOptions(
        connect_timeout=webhooks.connect_timeout,
        read_timeout=webhooks.timeout,
        total_timeout=webhooks.timeout,
    )
    policy = NetworkPolicy(webhooks.allow_networks, settings.trusted_origins)
    return Requester(defaults, policy, trace=trace)
