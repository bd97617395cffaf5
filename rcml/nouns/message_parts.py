"""The nouns of Message: Body and Media."""

from __future__ import annotations

from rcml.schema import Element, noun, text
from rcml.values import Url


@noun()
class Body(Element):
    """The text of a message.

    Example:
        <Message><Body>Your parcel is here.</Body></Message>
    """

    words: str = text("What is sent.", default="")

    def line_of_text(self) -> str:
        """Return what stands in the message."""
        return self.words


@noun()
class Media(Element):
    """A picture or a sound that goes with a message, sent as its URL.

    Example:
        <Message><Body>The door, just now:</Body><Media>/door.jpg</Media></Message>
    """

    url: Url | None = text("Where it is; nothing is sent when empty.", default=None)

    def line_of_text(self) -> str:
        """Return what stands in the message; raises ``InvalidUrl``."""
        return "" if self.url is None else self.url.absolute()
