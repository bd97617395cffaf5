"""Recordings as an application gets them: over HTTP, by their URL."""

import aiohttp

from tests.testkit.outside_sound import Samples, read_wav


async def download(url: str, *, channel: int | None = None) -> Samples:
    """Fetch a recording, without credentials as an application does, and return its sound.

    `channel` is which one of a stereo recording is wanted.
    """
    async with aiohttp.ClientSession() as http, http.get(url) as answer:
        assert answer.status == 200, f"{url} answered {answer.status}"
        return read_wav(await answer.read(), channel)
