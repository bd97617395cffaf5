"""Identifiers: two letters and 32 hexadecimal digits, as Restcomm and Twilio have them."""

import os
import re
import secrets

ACCOUNT = "AC"
API_KEY = "SK"
APPLICATION = "AP"
CALL = "CA"
CLIENT = "CL"
CONFERENCE = "CF"
EMAIL = "EM"
EVENT = "EV"
INSTANCE = "ID"
NOTIFICATION = "NO"
NUMBER = "PN"
QUEUE = "QU"
RECORDING = "RE"
MESSAGE = "SM"
REGISTRATION = "RG"
RELAY = "VX"
STREAM = "MZ"
TRACE = "TX"
TRANSCRIPTION = "TR"
LIVE_TRANSCRIPTION = "GT"
TRUNK = "TK"
USAGE_TRIGGER = "UT"
USER = "US"

_AT_ONCE = 128
"""Identifiers whose bits are asked for in one system call: a call needs eight, and each would cost one."""
_STOCK: list[str] = []
"""32 hex digits each, taken by nobody yet. Taking one off a list is whole, whatever threads do."""
# A process that is forked off must not name things as this one is about to.
os.register_at_fork(after_in_child=_STOCK.clear)

_SID = re.compile(r"[A-Z]{2}[0-9a-f]{32}")
_CALL_SID = re.compile(r"(?:ID[0-9a-f]{32}-)?(CA[0-9a-f]{32})")


def new_sid(prefix: str) -> str:
    """Return a fresh identifier such as ``CA`` and 32 hex digits."""
    return prefix + _fresh()


def is_sid(text: str, prefix: str = "") -> bool:
    """Say whether ``text`` has the form of an identifier (of this prefix, when one is given)."""
    return _SID.fullmatch(text) is not None and text.startswith(prefix)


def call_sid_in(text: str) -> str | None:
    """Return the call identifier in ``text``, plain or in Restcomm's ``ID…-CA…`` form, else None."""
    match = _CALL_SID.fullmatch(text)
    return match[1] if match else None


def new_auth_token() -> str:
    """Return a fresh account token: 32 hex digits."""
    return secrets.token_hex(16)


def new_tag() -> str:
    """Return an unguessable string for branches, tags and Call-IDs (the token source of ``SipEndpoint``)."""
    return _fresh()[:20]


def _fresh() -> str:
    """Return 32 hex digits, 128 bits from the system's source."""
    try:
        return _STOCK.pop()
    except IndexError:
        digits = os.urandom(16 * _AT_ONCE).hex()
        first, *others = (digits[at : at + 32] for at in range(0, len(digits), 32))
        _STOCK.extend(others)
        return first
