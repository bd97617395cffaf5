"""Writes in XML what the resources show in JSON (rest-api.md sections 1.1 and 1.5).

One rule names the elements, ``date_created`` is ``<DateCreated>``, and one table has the exceptions, so that
whatever has a JSON form has an XML form. What XML 1.0 cannot hold is replaced by U+FFFD.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from xml.sax.saxutils import escape, quoteattr

DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'

_ELEMENTS = {
    **{"sms": "SMS", "mms": "MMS", "sms_messages": "SMSMessages"},
    # Sic: Restcomm writes this one so.
    "ring_duration": "Ring_duration",
    # Restcomm's own XML has the blanks of its JSON in these names, which no parser can read.
    **{"Initial Invite": "InitialInvite", "Last Response": "LastResponse"},
}
_MEMBERS = {
    **{"prefixes": "Prefix", "allow_from": "Network", "looked_up": "Number", "patterns_tried": "Pattern"},
    "LiveCallDetails": "CallInfo",
}
"""What one of a list is called where it is not the list's name without its s."""
_CALLED = {
    "GathersDtmf": ("GatherDtmf", "GathersDtmf"),
    "GathersSpeech": ("GatherSpeech", "GathersSpeech"),
    **{
        f"IncomingPhoneNumbers{kind}": ("IncomingPhoneNumber", "IncomingPhoneNumbers")
        for kind in ("Local", "TollFree", "Mobile")
    },
    # As in Twilio's dialect, whose JSON has queue_members too.
    "Members": ("QueueMember", "QueueMembers"),
    "ManagementGateways": ("Gateway", "Gateways"),
}
_OTHER = "Item"
"""What is called nothing else: a list within a list, or something whose name is no name in XML."""

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""All but the characters of XML 1.0 section 2.2."""
_TO_ESCAPE = re.compile("[<>&\r]")
# A parser would read a carriage return as a line feed (XML 1.0 section 2.11).
_RETURN = {"\r": "&#13;"}


@dataclass(frozen=True, slots=True)
class Called:
    """The elements of a resource: one of them, and a list."""

    one: str
    several: str

    @classmethod
    def by(cls, name: str) -> Called:
        """Return those of a resource that has this name in paths, such as ``Calls`` or ``SMS/Messages``."""
        several = name.replace("/", "")
        return cls(*_CALLED.get(several, (several.removesuffix("s"), several)))


BARE = Called("", "")
"""What stands right below the root."""


@lru_cache(maxsize=2048)
def element(key: str) -> str | None:
    """Return the name of the element for a JSON key; None for a key that could be no element's name."""
    if key in _ELEMENTS:
        return _ELEMENTS[key]
    if not _NAME.fullmatch(key):
        return None
    return "".join(word[:1].upper() + word[1:] for word in key.split("_"))


@lru_cache(maxsize=2048)
def member(key: str) -> str:
    """Return the name of the element for one of the list that a JSON key has."""
    if key in _MEMBERS:
        return _MEMBERS[key]
    name = element(key) or _OTHER
    return name.removesuffix("s") if name.endswith("s") and len(name) > 1 else _OTHER


def attribute(key: str) -> str:
    """Return the name of the attribute of a list for a key of its page: ``numpages`` for ``num_pages``."""
    return key.replace("_", "")


def shown(name: str, value: Any) -> str:
    """Return what stands below the root: an element, or without a name what would lie in it."""
    if name:
        return written(name, value)
    return fields(value) if isinstance(value, Mapping) else _text(value)


def written(name: str, value: Any, *, of_list: str = _OTHER, attributes: str = "") -> str:
    """Return a JSON value as an element; ``of_list`` is what one of a list is called."""
    # Texts are asked for first: most values are texts, and to know a mapping takes long.
    if value is None or isinstance(value, str):
        content = _text(value)
    elif isinstance(value, Mapping):
        content = fields(value)
    elif isinstance(value, (list, tuple)):
        content = "".join(written(of_list, each) for each in value)
    else:
        content = _text(value)
    return f"<{name}{attributes}>{content}</{name}>" if content else f"<{name}{attributes}/>"


def fields(value: Mapping[str, Any]) -> str:
    """Return the elements of a JSON object's fields."""
    return "".join(_field(key, each) for key, each in value.items())


def opened(name: str, attributes: Mapping[str, Any]) -> str:
    """Return the start tag of a list whose page has these attributes."""
    pairs = "".join(f" {attribute(key)}={quoteattr(_plain(value))}" for key, value in attributes.items())
    return f"<{name}{pairs}>"


def _field(key: str, value: Any) -> str:
    name = element(key)
    if name is None:
        return written(_OTHER, value, attributes=f" name={quoteattr(_allowed(key))}")
    return written(name, value, of_list=member(key))


def _text(value: Any) -> str:
    text = _plain(value)
    return escape(text, _RETURN) if _TO_ESCAPE.search(text) else text


def _plain(value: Any) -> str:
    """Return a text, a number, yes or no as it is written; nothing is an empty text."""
    if isinstance(value, str):
        return _allowed(value)
    return "" if value is None else json.dumps(value)


def _allowed(text: str) -> str:
    # Most texts have no such character, and ASCII without controls is found fastest.
    if text.isascii() and text.isprintable():
        return text
    return _FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", text)
