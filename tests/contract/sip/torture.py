"""Reads the torture messages, written in the markup of RFC 4475 section 2.1.

``<allOneLine>`` joins its lines, ``<hex>`` holds octets, ``<repeat count=N>`` repeats text. Every
other line ends with CR LF. ``<end>`` stands after the last octet, so that no editor can add or
take away a line break there.
"""

from __future__ import annotations

import re
from pathlib import Path

DATA = Path(__file__).parent / "data"

_one_line = re.compile(r"<allOneLine>\n(.*?)\n</allOneLine>", re.DOTALL)
_repeat = re.compile(r"<repeat count=(\d+)>(.*?)</repeat>")
_hex = re.compile(rb"<hex>([0-9A-Fa-f]*)</hex>")


def expand(text: str) -> bytes:
    """Return the octets that ``text`` describes."""
    text = _one_line.sub(lambda found: found[1].replace("\n", ""), text)
    text = _repeat.sub(lambda found: found[2] * int(found[1]), text)
    octets = text.partition("<end>")[0].replace("\n", "\r\n").encode("ascii")
    return _hex.sub(lambda found: bytes.fromhex(found[1].decode()), octets)


def torture_message(family: str, name: str) -> bytes:
    """Return message ``name`` of ``rfc4475`` or ``rfc5118``."""
    return expand((DATA / family / f"{name}.txt").read_text("ascii"))


def torture_names(family: str) -> list[str]:
    """Return the names of all messages of a family."""
    return sorted(path.stem for path in (DATA / family).glob("*.txt"))
