"""The noun Sip inside Refer."""

from __future__ import annotations

from rcml.nouns.destination import REFER_ADDRESS, Destination
from rcml.referring import ReferRequest
from rcml.schema import Element, noun, text


@noun(aliases=("Uri",))
class Sip(Element):
    """The SIP address that the caller is transferred to.

    `?name=value&other=value` are headers that the caller's telephone is asked to send along; they keep their
    names, and values are percent-decoded.

    Example:
        <Refer><Sip>sip:bob@example.com?X-Ticket=12</Sip></Refer>
    """

    destination: Destination | None = text("The address.", default=None, kind=REFER_ADDRESS, code=13243)

    def request(self) -> ReferRequest | None:
        """Return what to ask of the caller's telephone; None when the noun names nobody."""
        if self.destination is None:
            return None
        return ReferRequest(uri=self.destination.address, headers=self.destination.headers)
