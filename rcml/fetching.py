"""What runs documents asks of a call besides what their verbs ask: the documents.

A verb does not fetch: it returns a ``Fetch``, and whoever runs it goes on with that.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from rcml.call import Call
from rcml.document import Document
from rcml.values import HttpMethod


class FetchingCall(Call, Protocol):
    """A call in whose name documents are requested; also when it is over."""

    @property
    def now(self) -> float:
        """Seconds on a clock that only goes forward; for a text, which takes no time, it may stand still."""
        ...

    async def fetch(self, url: str, method: HttpMethod, parameters: Mapping[str, str]) -> Document:
        """Request a document with the call's base parameters followed by ``parameters``, and parse it.

        Raises ``FetchFailed`` when there is no usable answer and ``RcmlError`` when the answer cannot be
        parsed. The document's ``url`` is the one requested here, before any HTTP redirection.
        """
        ...
