"""The noun Sip."""

from __future__ import annotations

from rcml.dialling import SipTarget
from rcml.nouns.destination import SIP_ADDRESS, Destination
from rcml.nouns.detected import Detected
from rcml.nouns.reached import Reached
from rcml.schema import attr, noun, text


@noun(aliases=("Uri",))
class Sip(Reached, Detected):
    """A SIP address; `Uri` is its old name.

    `;transport=tcp`, `udp` or `tls` is followed. `?name=value&other=value` becomes SIP headers: `X-` is put
    in front of a name that lacks it, and values are percent-decoded.

    Example:
        <Dial><Sip username="us" password="secret">sip:bob@example.com;transport=tcp?ticket=12</Sip></Dial>

    TwiML: headers keep their names there, and only some names are allowed. Several addresses may be rung.
    """

    username: str | None = attr("Who we are when the callee's side asks (401, 407).", default=None)
    password: str | None = attr("The password for that.", default=None, secret=True)
    destination: Destination | None = text("The address.", default=None, kind=SIP_ADDRESS, code=13243)

    def target(self) -> SipTarget | None:
        if self.destination is None:
            return None
        return SipTarget(
            uri=self.destination.address,
            headers=self.destination.headers,
            username=self.username,
            password=self.password,
            screening=self.screening(),
            status_callback=self.told(),
            detection=self.detection(),
        )
