"""The noun Sip, and the nouns Headers and Header inside."""

from __future__ import annotations

from collections.abc import Iterator

from rcml.dialling import Headers as SipHeaders
from rcml.dialling import SipTarget
from rcml.nouns.destination import MAX_HEADERS, SIP_ADDRESS, Destination, header, within_limit
from rcml.nouns.detected import Detected
from rcml.nouns.reached import Reached
from rcml.schema import Element, attr, nested, noun, text


@noun()
class Header(Element):
    """A SIP header of the INVITE; `X-` is put in front of a name that lacks it."""

    name: str = attr("Its name.", default="")
    value: str = attr("Its value, as it is sent.", default="")


@noun()
class Headers(Element):
    """The SIP headers that go along with a call to a SIP address."""

    headers: tuple[Header, ...] = nested("Sent in the INVITE.", default=())


@noun(aliases=("Uri",))
class Sip(Reached, Detected):
    """A SIP address; `Uri` is its old name.

    `;transport=tcp`, `udp` or `tls` is followed. `?name=value&other=value` becomes SIP headers: `X-` is put
    in front of a name that lacks it, but for `User-to-User`, and values are percent-decoded. `Headers` may
    stand inside instead.

    Example:
        <Dial><Sip username="us" password="secret">sip:bob@example.com;transport=tcp?ticket=12</Sip></Dial>

    TwiML: headers keep their names there, and only some names are allowed. Several addresses may be rung.
    """

    username: str | None = attr("Who we are when the callee's side asks (401, 407).", default=None)
    password: str | None = attr("The password for that.", default=None, secret=True)
    destination: Destination | None = text("The address.", default=None, kind=SIP_ADDRESS, code=13243)
    headers: tuple[Headers, ...] = nested(
        f"Sent along, {MAX_HEADERS} characters of them.", default=(), at_most=1
    )

    def remarks(self) -> Iterator[str]:
        yield from super().remarks()
        sent = dict(self._nested())
        for each in self._written():
            read = header(each.name, each.value)
            if read is None or read[0] not in sent:
                yield f"<Header name={each.name!r}> in <Sip> fits no SIP message and is not sent"

    def target(self) -> SipTarget | None:
        if self.destination is None:
            return None
        return SipTarget(
            uri=self.destination.address,
            headers=(*self.destination.headers, *self._nested()),
            username=self.username,
            password=self.password,
            screening=self.screening(),
            status_callback=self.told(),
            detection=self.detection(),
        )

    def _written(self) -> Iterator[Header]:
        for headers in self.headers:
            yield from headers.headers

    def _nested(self) -> SipHeaders:
        return within_limit(header(each.name, each.value) for each in self._written())
