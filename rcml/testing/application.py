"""The application under test, as the kit asks it: a request in, an answer out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Request:
    """What an application is asked."""

    method: str
    url: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    call: object | None = field(default=None, compare=False, repr=False)
    """The same for all documents of a call, whose cookies are kept by it; None for a callback."""

    @property
    def path(self) -> str:
        """The URL's path and query."""
        parts = urlsplit(self.url)
        return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")

    def __str__(self) -> str:
        return f"{self.method} {self.url}"


@dataclass(frozen=True)
class Answer:
    """What an application answers."""

    body: bytes
    content_type: str | None = "text/xml"
    status: int = 200
    moved_to: str = ""
    """Where redirections led to; empty where there were none."""


class ApplicationDown(Exception):
    """The application gave no complete answer: refused, broke off, took too long."""


class Application(Protocol):
    """Answers requests. What it raises, unless it is :class:`ApplicationDown`, fails the test."""

    def answer(self, request: Request) -> Answer:
        """Answer one request."""
        ...


Document = str | Answer | ApplicationDown
"""What a table of documents may hold: a document's text, a whole answer, or a server that is down."""


class Documents:
    """An application that is a table of documents by URL, or by path; a list of them is used up in order."""

    def __init__(self, documents: Mapping[str, Document | list[Document]]) -> None:
        self._documents = {
            where: list(found) if isinstance(found, list) else [found] for where, found in documents.items()
        }

    def answer(self, request: Request) -> Answer:
        found = self._documents.get(request.url) or self._documents.get(urlsplit(request.url).path or "/")
        if not found:
            return Answer(b"", None, 404)
        document = found.pop(0) if len(found) > 1 else found[0]
        if isinstance(document, ApplicationDown):
            raise document
        return document if isinstance(document, Answer) else Answer(document.encode())
