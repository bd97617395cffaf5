"""Somebody named by one text, without a noun around it: in Dial, and in a request for a call."""

from __future__ import annotations

import re

from rcml.nouns.client import Client
from rcml.nouns.destination import LOGIN, NUMBER, SIP_ADDRESS, VISUAL_SEPARATORS
from rcml.nouns.number import Number
from rcml.nouns.reached import Reached
from rcml.nouns.sip import Sip
from rcml.values import Kind, NotAllowed, Place


def read_party(written: str, place: Place) -> Reached:
    """Return the noun that the text stands for; raises ``NotAllowed``."""
    try:
        if "@" in written or written.lower().startswith(("sip:", "sips:")):
            return Sip(destination=SIP_ADDRESS.read(written, place), line=place.line)
        if written.lower().startswith("client"):
            return Client(destination=LOGIN.read(written, place), line=place.line)
        return Number(destination=NUMBER.read(written, place), line=place.line)
    except NotAllowed:
        raise NotAllowed from None


PARTY = Kind("telephone number, `client:` and a login, or SIP address", read_party)

# Everything that a user part of a SIP address takes, and nothing that could end a header (RFC 3261 25.1).
_CALLER_ID = re.compile(r"[A-Za-z0-9+*#._~!$&'()=@%/-]{1,128}")

_WRITTEN_FOR_PEOPLE = re.compile(r"\+?[0-9(][0-9 ()-]*")


def _read_caller_id(written: str, place: Place) -> str:
    caller = re.sub(r"^client:", "", written, flags=re.IGNORECASE)
    if _WRITTEN_FOR_PEOPLE.fullmatch(caller):
        caller = VISUAL_SEPARATORS.sub("", caller)
    if not _CALLER_ID.fullmatch(caller):
        raise NotAllowed
    return caller


CALLER_ID = Kind("number or login of a client", _read_caller_id)
