"""The noun Client, and the noun Identity inside."""

from __future__ import annotations

from collections.abc import Iterator

from rcml.dialling import ClientTarget, Headers
from rcml.nouns.destination import LOGIN, Destination, header, within_limit
from rcml.nouns.detected import Detected
from rcml.nouns.parameter import Parameter
from rcml.nouns.reached import Reached
from rcml.schema import Element, nested, noun, text


@noun()
class Identity(Element):
    """The login of a `Client` that holds more than its login."""

    destination: Destination | None = text("The login.", default=None, kind=LOGIN)


@noun()
class Client(Reached, Detected):
    """A client by its login, rung at every place where it is registered.

    `client:` in front does not count. The login is the text, or stands in `Identity`. `?X-Name=value` adds
    SIP headers, whose names begin with `X-`, and so does each `Parameter`: `name="a"` becomes `X-a`.

    Example:
        <Dial><Client statusCallback="/leg">alice?X-Ticket=12&amp;X-Queue=gold</Client></Dial>

    TwiML: what its SDK calls custom parameters are headers here, of 1024 characters together.
    """

    destination: Destination | None = text("The login.", default=None, kind=LOGIN)
    identities: tuple[Identity, ...] = nested("The login, instead of the text.", default=(), at_most=1)
    parameters: tuple[Parameter, ...] = nested("Sent along as SIP headers.", default=())

    def named(self) -> Destination | None:
        return self.destination or next((each.destination for each in self.identities), None)

    def remarks(self) -> Iterator[str]:
        yield from super().remarks()
        sent = {name for name, _ in self._headers()}
        for parameter in self.parameters:
            written = header(parameter.name, parameter.value)
            if written is None or written[0] not in sent:
                yield f"<Parameter name={parameter.name!r}> in <Client> fits no SIP header and is not sent"

    def _headers(self) -> Headers:
        """Return the headers that the parameters make, as many as are allowed."""
        return within_limit(header(each.name, each.value) for each in self.parameters)

    def target(self) -> ClientTarget | None:
        named = self.named()
        if named is None:
            return None
        return ClientTarget(
            login=named.address,
            headers=(*named.headers, *self._headers()),
            screening=self.screening(),
            status_callback=self.told(),
            detection=self.detection(),
        )
