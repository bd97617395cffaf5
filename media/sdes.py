"""Keys of encrypted sound in SDP: ``a=crypto`` (RFC 4568; RFC 7714 section 14.2).

What a line asks for beyond suite and key is not taken: a master key identifier, a key derivation
rate, streams that are not encrypted or not authenticated. Such a line is passed over, and with
it the stream when no other line can be taken (section 7.1.2).
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from secrets import token_bytes
from typing import Self

from media.sdp import MediaDescription
from media.sdp_values import Attribute
from media.srtp import SrtpKey, SrtpKeys, SrtpSuite

SUITES = (
    SrtpSuite.AES_CM_128_HMAC_SHA1_80,
    SrtpSuite.AES_CM_128_HMAC_SHA1_32,
    SrtpSuite.AEAD_AES_256_GCM,
    SrtpSuite.AEAD_AES_128_GCM,
)
"""What we offer, in order: every phone has the first, and some read no further."""


@dataclass(frozen=True, slots=True)
class Crypto:
    """One ``a=crypto`` line: a key for what its writer sends."""

    tag: int
    key: SrtpKey

    @classmethod
    def parse(cls, value: str) -> Self | None:
        """Read the value of a line; None when it is one that cannot be taken."""
        fields = value.split()
        if len(fields) < 3 or not (fields[0].isascii() and fields[0].isdigit() and len(fields[0]) <= 9):
            return None
        tag, suite_name, parameters, *session_parameters = fields
        suite = next((each for each in SrtpSuite if each.value == suite_name.upper()), None)
        if suite is None or not all(_may_be_ignored(each) for each in session_parameters):
            return None
        key = _inline_key(parameters, suite)
        return None if key is None else cls(int(tag), SrtpKey(suite, key))

    @property
    def attribute(self) -> Attribute:
        key = base64.b64encode(self.key.key).decode()
        return Attribute("crypto", f"{self.tag} {self.key.suite.value} inline:{key}")


def _may_be_ignored(parameter: str) -> bool:
    """Tell of a session parameter that changes nothing for us (RFC 4568 sections 6.3.6 and 6.3.7)."""
    return parameter.startswith("-") or parameter.upper().startswith("WSH=")


def _inline_key(parameters: str, suite: SrtpSuite) -> bytes | None:
    """Return the one key of ``inline:KEY|LIFETIME``; its lifetime ends after more packets than a call has."""
    method, _, text = parameters.partition(":")
    if method.lower() != "inline" or ";" in text:
        return None
    encoded, *rest = text.split("|")
    if any(":" in each for each in rest):
        # A master key identifier: it would be part of every packet.
        return None
    try:
        key = base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None
    return key if len(key) == suite.key_octets else None


def cryptos_in(media: MediaDescription) -> list[Crypto]:
    """Return the lines of ``media`` that can be taken, in its order of preference."""
    found = (Crypto.parse(value) for value in media.values("crypto"))
    return [crypto for crypto in found if crypto is not None]


def offered(
    previous: MediaDescription | None, random: Callable[[int], bytes] = token_bytes
) -> tuple[Crypto, ...]:
    """Return the lines of an offer; what ``previous`` said keeps its keys, so that packets go on.

    A previous answer had one line; its key is offered again for its suite alone.
    """
    before = cryptos_in(previous) if previous else []
    if before:
        return tuple(before)
    return tuple(
        Crypto(tag, SrtpKey(suite, random(suite.key_octets))) for tag, suite in enumerate(SUITES, start=1)
    )


def answered(
    theirs: Sequence[Crypto],
    previous: MediaDescription | None,
    random: Callable[[int], bytes] = token_bytes,
) -> Crypto:
    """Return our line for the first of ``theirs``: its tag and suite, and the key we send with.

    The key of ``previous`` is kept while the suite stays the same.
    """
    first = theirs[0]
    suite = first.key.suite
    kept = [each.key for each in (cryptos_in(previous) if previous else []) if each.key.suite is suite]
    return Crypto(first.tag, kept[0] if kept else SrtpKey(suite, random(suite.key_octets)))


def agreed(ours: Sequence[Crypto], theirs: Sequence[Crypto]) -> SrtpKeys | None:
    """Return the keys that an answer settles: its tag and suite say which line of the offer was taken."""
    for answer in theirs:
        for offer in ours:
            if offer.tag == answer.tag and offer.key.suite is answer.key.suite:
                return SrtpKeys(send=offer.key, receive=answer.key)
    return None
