"""The noun Sip, and the nouns Uri, Headers and Header inside."""

from __future__ import annotations

from collections.abc import Iterator

from rcml.dialling import Headers as SipHeaders
from rcml.dialling import SipAddress, SipTarget
from rcml.nouns.destination import MAX_HEADERS, SIP_ADDRESS, Destination, header, within_limit
from rcml.nouns.detected import Detected
from rcml.nouns.reached import Reached
from rcml.schema import Element, attr, nested, noun, text
from rcml.values import Kind, NotAllowed, Place

LARGEST = 65_535


@noun()
class Header(Element):
    """A SIP header of the INVITE; `X-` is put in front of a name that lacks it."""

    name: str = attr("Its name.", default="")
    value: str = attr("Its value, as it is sent.", default="")


@noun()
class Headers(Element):
    """The SIP headers that go along with a call to a SIP address."""

    headers: tuple[Header, ...] = nested("Sent in the INVITE.", default=())


def _read_number(written: str, place: Place) -> int:
    if not (written.isascii() and written.isdigit()) or len(written) > 5 or int(written) > LARGEST:
        raise NotAllowed
    return int(written)


_NUMBER = Kind(f"whole number from 0 to {LARGEST}", _read_number)


@noun()
class Uri(Element):
    """One of several addresses of a `Sip`: the next one is tried when one fails (5xx) or does not answer."""

    priority: int = attr("The smallest is tried first.", default=10, kind=_NUMBER)
    weight: int = attr(
        "Of those with one priority: the larger, the more often it comes first.", default=10, kind=_NUMBER
    )
    username: str | None = attr("Who we are when this address asks (401, 407).", default=None)
    password: str | None = attr("The password for that.", default=None, secret=True)
    destination: Destination | None = text("The address.", default=None, kind=SIP_ADDRESS, code=13243)

    def remarks(self) -> Iterator[str]:
        if self.destination is None:
            yield "<Uri> in <Sip> names nobody and is skipped"

    def address(self) -> SipAddress | None:
        """Return the address, None when there is none."""
        if self.destination is None:
            return None
        return SipAddress(
            uri=self.destination.address,
            headers=self.destination.headers,
            username=self.username,
            password=self.password,
            priority=self.priority,
            weight=self.weight,
        )


@noun(aliases=("Uri",))
class Sip(Reached, Detected):
    """A SIP address; `Uri` is its old name.

    `;transport=tcp`, `udp` or `tls` is followed. `?name=value&other=value` becomes SIP headers: `X-` is put
    in front of a name that lacks it, but for `User-to-User`, and values are percent-decoded. `Headers` may
    stand inside instead. Several `Uri` inside are tried one after another, by `priority` and `weight` as
    servers in the DNS are (RFC 2782), and the text does not count then.

    Example:
        <Dial><Sip username="us" password="secret">sip:bob@example.com;transport=tcp?ticket=12</Sip></Dial>

    TwiML: headers keep their names there, and only some names are allowed.
    """

    username: str | None = attr("Who we are when the callee's side asks (401, 407).", default=None)
    password: str | None = attr("The password for that.", default=None, secret=True)
    destination: Destination | None = text("The address.", default=None, kind=SIP_ADDRESS, code=13243)
    uris: tuple[Uri, ...] = nested("Several addresses, in place of the text.", default=(), at_most=16)
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

    def named(self) -> Destination | None:
        return next((uri.destination for uri in self.uris if uri.destination is not None), self.destination)

    def target(self) -> SipTarget | None:
        named = self.named()
        if named is None:
            return None
        addresses = tuple(address for uri in self.uris if (address := uri.address()) is not None)
        own = () if addresses else named.headers
        return SipTarget(
            uri=named.address,
            addresses=addresses,
            headers=(*own, *self._nested()),
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
