"""The noun Client."""

from __future__ import annotations

from rcml.dialling import ClientTarget
from rcml.nouns.destination import LOGIN, Destination
from rcml.nouns.reached import Reached
from rcml.schema import noun, text


@noun()
class Client(Reached):
    """A client by its login, rung at every place where it is registered.

    `client:` in front does not count. `?X-Name=value` adds SIP headers, whose names begin with `X-`.

    Example:
        <Dial><Client statusCallback="/leg">alice?X-Ticket=12&amp;X-Queue=gold</Client></Dial>

    TwiML: `Identity` and `Parameter` inside are not read.
    """

    destination: Destination | None = text("The login.", default=None, kind=LOGIN)

    def target(self) -> ClientTarget | None:
        if self.destination is None:
            return None
        return ClientTarget(
            login=self.destination.address,
            headers=self.destination.headers,
            screening=self.screening(),
            status_callback=self.told(),
            detection=self.detection(),
        )
