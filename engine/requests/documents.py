"""Documents of an application, fetched and parsed."""

from __future__ import annotations

import asyncio

from engine.errors import FetchError
from engine.requests.http_request import Answer
from rcml import parser
from rcml.document import Document
from rcml.errors import FetchFailed

LARGEST_PARSED_ON_LOOP = 8_192
"""Bytes; a larger document is parsed in a thread, to keep the loop quiet."""


async def parsed(answer: Answer, url: str) -> Document:
    """Return the document that an application answered a request for ``url`` with; raises ``RcmlError``."""
    if len(answer.body) > LARGEST_PARSED_ON_LOOP:
        return await asyncio.to_thread(parser.parse, answer.body, answer.content_type, url)
    return parser.parse(answer.body, answer.content_type, url)


def failure(error: FetchError) -> FetchFailed:
    """Return what a document's interpreter is told of a request that brought none."""
    return FetchFailed(error.reason, url=error.url, code=error.code, status=error.status)
