"""Documents of an application, fetched and parsed."""

from __future__ import annotations

import asyncio
from functools import lru_cache

from engine.errors import FetchError
from engine.requests.http_request import Answer
from rcml import parser
from rcml.document import Document
from rcml.errors import FetchFailed

LARGEST_PARSED_ON_LOOP = 8_192
"""Bytes; a larger document is parsed in a thread, to keep the loop quiet."""
LARGEST_KEPT, MOST_KEPT = 2_048, 128
"""Bytes of a document that is kept parsed, and how many are: 20 MB if all of them were nothing but verbs."""


async def parsed(answer: Answer, url: str) -> Document:
    """Return the document that an application answered a request for ``url`` with; raises ``RcmlError``."""
    body, content_type = answer.body, answer.content_type
    if len(body) > LARGEST_PARSED_ON_LOOP:
        return await asyncio.to_thread(parser.parse, body, content_type, url)
    # Nothing of a document ever changes, so calls that are answered the same can share it.
    parse = _parsed_before if len(body) <= LARGEST_KEPT else parser.parse
    return parse(body, content_type, url)


@lru_cache(MOST_KEPT)
def _parsed_before(body: bytes, content_type: str | None, url: str) -> Document:
    return parser.parse(body, content_type, url)


def failure(error: FetchError) -> FetchFailed:
    """Return what a document's interpreter is told of a request that brought none."""
    return FetchFailed(error.reason, url=error.url, code=error.code, status=error.status)
