"""What the nouns that ring somebody have in common."""

from __future__ import annotations

import abc
from collections.abc import Iterator

from rcml.call import Callback
from rcml.dialling import LegEvent, Target
from rcml.flow import Fetch
from rcml.nouns.destination import Destination
from rcml.schema import Element, attr, part
from rcml.values import HttpMethod, Url


@part
class Reached(Element, abc.ABC):
    """A noun that names somebody to ring."""

    destination: Destination | None = None
    """Declared as its text by each noun, which knows how to read it."""

    url: Url | None = attr(
        "Screening: the document run for the callee, after they answered and before they are connected.",
        default=None,
    )
    method: HttpMethod = attr("How `url` is requested.", default=HttpMethod.POST)
    status_callback: Url | None = attr("Told how the leg fares.", default=None)
    status_callback_method: HttpMethod = attr("How it is told.", default=HttpMethod.POST)
    status_callback_event: tuple[LegEvent, ...] = attr(
        "What is told; when absent everything, or to an application of Twilio's the end alone.", default=()
    )

    @abc.abstractmethod
    def target(self) -> Target | None:
        """Return whom to ring, None when the noun names nobody; raises ``InvalidUrl``."""

    def named(self) -> Destination | None:
        """Return whom the noun names."""
        return self.destination

    def remarks(self) -> Iterator[str]:
        if self.named() is None:
            yield f"<{self.schema.name}> names nobody and is skipped"

    def screening(self) -> Fetch | None:
        """Return the request for the screening document."""
        return None if self.url is None else Fetch(Url(self.url.absolute()), self.method)

    def told(self) -> Callback | None:
        """Return the status callback."""
        events = tuple(event.value for event in self.status_callback_event)
        return Callback.at(self.status_callback, self.status_callback_method, events)
