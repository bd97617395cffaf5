"""The noun Application, and the noun ApplicationSid inside."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rcml.dialling import ApplicationTarget
from rcml.nouns.destination import Destination
from rcml.nouns.parameter import Parameter
from rcml.nouns.reached import Reached
from rcml.schema import Element, attr, nested, noun, text
from rcml.values import Kind, NotAllowed, Place

MAX_CUSTOMER_ID = 256
"""As many characters as TwiML takes."""

_SID = re.compile(r"AP[0-9a-fA-F]{32}")


def _read_sid(written: str, place: Place) -> Destination:
    if not _SID.fullmatch(written):
        raise NotAllowed
    return Destination(f"AP{written[2:].lower()}")


def _read_customer_id(written: str, place: Place) -> str:
    if len(written) > MAX_CUSTOMER_ID:
        raise NotAllowed
    return written


SID = Kind("sid of an application, `AP` and 32 hexadecimal digits", _read_sid)
CUSTOMER_ID = Kind(f"text of at most {MAX_CUSTOMER_ID} characters", _read_customer_id)


@noun()
class ApplicationSid(Element):
    """The sid of an `Application` that holds more than its sid."""

    destination: Destination | None = text("The sid.", default=None, kind=SID)


@noun()
class Application(Reached):
    """An application of the account, which is called like a number: it answers in a call of its own.

    The sid is the text, or stands in `ApplicationSid`. The application is told the caller as `From` and its
    own sid as `To`; with its first request also each `Parameter`, of which `name="a"` becomes `Param_a`, and
    as `CustomerId` what `customerId` says, else the sid of the account that dials.

    Example:
        <Dial>
          <Application>
            <ApplicationSid>AP0123456789abcdef0123456789abcdef</ApplicationSid>
            <Parameter name="ticket" value="12"/>
          </Application>
        </Dial>

    TwiML: applications of other accounts may be dialled there if they allow it, one at a time, and what
    `Hangup` and `Reject` send back is told to `action`.
    """

    customer_id: str | None = attr("Told to the application.", default=None, kind=CUSTOMER_ID)
    copy_parent_to: bool = attr("Whether `To` is whom the caller called.", default=False)
    destination: Destination | None = text("The sid.", default=None, kind=SID)
    sids: tuple[ApplicationSid, ...] = nested("The sid, instead of the text.", default=(), at_most=1)
    parameters: tuple[Parameter, ...] = nested("Told to the application.", default=())

    def named(self) -> Destination | None:
        return self.destination or next((each.destination for each in self.sids), None)

    def remarks(self) -> Iterator[str]:
        yield from super().remarks()
        if any(not parameter.name for parameter in self.parameters):
            yield "<Parameter> in <Application> has no name and is not told"

    def target(self) -> ApplicationTarget | None:
        named = self.named()
        if named is None:
            return None
        return ApplicationTarget(
            sid=named.address,
            parameters=tuple((each.name, each.value) for each in self.parameters if each.name),
            customer_id=self.customer_id,
            copy_parent_to=self.copy_parent_to,
            screening=self.screening(),
            status_callback=self.told(),
        )
