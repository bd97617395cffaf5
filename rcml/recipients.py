"""Whom a text is written to, and addresses of mail, as documents and requests write them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from rcml.dialling import ClientTarget, NumberTarget, Recipient, SipTarget
from rcml.nouns.destination import LOGIN, NUMBER, SIP_ADDRESS, Destination
from rcml.nouns.party import CALLER_ID
from rcml.values import Kind, NotAllowed, Place

_CHANNEL = re.compile(r"(?:sms|mms):", re.IGNORECASE)
_CLIENT = re.compile(r"client:", re.IGNORECASE)
_SIP = re.compile(r"sips?:", re.IGNORECASE)
# What no login of a client has, besides what no header may hold.
_NOT_IN_A_LOGIN = re.compile(r'[\s=:"\\<>,;]')

MAX_MAIL_ADDRESS = 254
"""RFC 5321 section 4.5.3.1.3, without the angle brackets."""
MAX_MAIL_ADDRESSES = 50
"""Recipients of one mail in each of To, Cc and Bcc; RFC 5321 lets a server refuse more than 100 in all."""
# RFC 5322 sections 3.2.3 and 3.4.1, without quoted local parts and address literals.
_ATOMS = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
_HOST = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*"
_NAMED = rf'(?P<name>[^<>@,;:\\"]*)<(?P<named>{_ATOMS}@{_HOST})>'
_MAIL_ADDRESS = re.compile(rf"{_NAMED}|(?P<bare>{_ATOMS}@{_HOST})")
_LONGEST_WITH_NAME = 2 * MAX_MAIL_ADDRESS


def read_recipient(written: str, place: Place = Place()) -> Recipient:  # noqa: B008  a frozen value
    """Return whom a text goes to; raises ``NotAllowed``.

    `sip:` or an `@` makes a SIP address, `client:` a client, digits a number and any other word a client.
    """
    written = _CHANNEL.sub("", written.strip(), count=1)
    for kind, make in _readers(written):
        try:
            return make(kind.read(written, place))
        except NotAllowed as refusal:
            if isinstance(refusal.instead, Destination):
                # Whom is clear, and one of the headers is none.
                raise NotAllowed(instead=make(refusal.instead)) from None
    raise NotAllowed


def _readers(written: str) -> Iterator[tuple[Kind, Callable[[Destination], Recipient]]]:
    if _SIP.match(written) or "@" in written.partition("?")[0]:
        yield SIP_ADDRESS, _as_address
        return
    if not _CLIENT.match(written):
        yield NUMBER, _as_number
    yield LOGIN, _as_client


def _as_address(found: Destination) -> Recipient:
    return SipTarget(uri=found.address, headers=found.headers)


def _as_number(found: Destination) -> Recipient:
    return NumberTarget(number=found.address, headers=found.headers)


def _as_client(found: Destination) -> Recipient:
    if _NOT_IN_A_LOGIN.search(found.address):
        raise NotAllowed
    return ClientTarget(login=found.address, headers=found.headers)


def _read_sender(written: str, place: Place) -> str:
    return str(CALLER_ID.read(_CHANNEL.sub("", written, count=1), place))


def read_mail_address(written: str) -> tuple[str, str]:
    """Return name, maybe empty, and address of `user@host` or `Name <user@host>`; raises ``NotAllowed``."""
    written = written.strip()
    if len(written) > _LONGEST_WITH_NAME or not written.isprintable():
        raise NotAllowed
    found = _MAIL_ADDRESS.fullmatch(written)
    if found is None:
        raise NotAllowed
    address = found["named"] or found["bare"]
    if len(address) > MAX_MAIL_ADDRESS:
        raise NotAllowed
    return (found["name"] or "").strip(), address


def read_mail_addresses(written: str, place: Place = Place()) -> tuple[str, ...]:  # noqa: B008
    """Return the addresses of a list separated by commas; raises ``NotAllowed``."""
    addresses = tuple(part.strip() for part in written.split(",") if part.strip())
    if not addresses or len(addresses) > MAX_MAIL_ADDRESSES:
        raise NotAllowed
    for address in addresses:
        read_mail_address(address)
    return addresses


def _read_one_mail_address(written: str, place: Place) -> str:
    read_mail_address(written)
    return written.strip()


RECIPIENT = Kind(
    "telephone number, login of a client (`client:` in front does not count) or SIP address;"
    " `?X-Name=value` for SIP headers",
    read_recipient,
)
SENDER = Kind(CALLER_ID.allowed, _read_sender)
MAIL_ADDRESS = Kind("`user@host` or `Name <user@host>`", _read_one_mail_address)
MAIL_ADDRESSES = Kind(
    f"mail addresses separated by commas, at most {MAX_MAIL_ADDRESSES}", read_mail_addresses
)
