"""The noun Number."""

from __future__ import annotations

from rcml.dialling import NumberTarget
from rcml.nouns.destination import NUMBER, Destination
from rcml.nouns.detected import Detected
from rcml.nouns.reached import Reached
from rcml.schema import attr, noun, text
from rcml.values import Presses


@noun()
class Number(Reached, Detected):
    """A telephone number, rung through a trunk; one of this server is called here, in a call of its own.

    Blanks, hyphens, dots and brackets in it do not count. `?X-Name=value` adds SIP headers, whose names
    begin with `X-`.

    Example:
        <Dial><Number sendDigits="ww4711#" url="/screening">+1 305 555 0100</Number></Dial>

    TwiML: numbers are E.164 there, headers cannot be sent, and without `statusCallbackEvent` only
    `completed` is told.
    """

    send_digits: Presses | None = attr(
        "Keys pressed towards the callee once they answered, such as an extension.", default=None, code=13222
    )
    destination: Destination | None = text("The number.", default=None, kind=NUMBER, code=13223)

    def target(self) -> NumberTarget | None:
        if self.destination is None:
            return None
        return NumberTarget(
            number=self.destination.address,
            headers=self.destination.headers,
            send_digits=self.send_digits or "",
            screening=self.screening(),
            status_callback=self.told(),
            detection=self.detection(),
        )
