"""Recordings as an application gets them: over HTTP, by their URL."""

import aiohttp

from tests.testkit.outside_sound import Samples, read_wav


async def download(url: str) -> Samples:
    """Fetch a recording, without credentials as an application does, and return its sound."""
    async with aiohttp.ClientSession() as http, http.get(url) as answer:
        assert answer.status == 200, f"{url} answered {answer.status}"
        return read_wav(await answer.read())
