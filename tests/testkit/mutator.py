"""Makes hostile inputs out of good ones, from a seed: the same seed makes the same inputs."""

from __future__ import annotations

import random
from collections.abc import Sequence

LARGEST = 65_535
"""Octets of an input: what a datagram can carry."""

TOKENS = (
    *(
        b"\x00",
        b"\r\n",
        b"\n",
        b"\r\n\r\n",
        b"\t",
        b" ",
        b'"',
        b"\\",
        b"<",
        b">",
        b"&",
        b";",
        b",",
        b"=",
        b":",
    ),
    *(b"@", b"[", b"]", b"%", b"%00", b"--", b"\xff", b"\xc3\x28", b"\xed\xa0\x80", b"\xef\xbb\xbf", b"]]>"),
    *(b"-1", b"0", b"65536", b"2147483648", b"4294967296", b"18446744073709551616", b"1e999", b"9" * 400),
    *(b"<!DOCTYPE a [", b"<!ENTITY a 'b'>", b"&a;", b"<![CDATA[", b"\xe2\x80\xae", "\u0661".encode()),
)


class Mutator:
    """Draws inputs: a good one, changed in a few places, or grown to what a datagram carries."""

    def __init__(self, corpus: Sequence[bytes], seed: int, changes: tuple[int, int] = (1, 8)) -> None:
        """``changes`` is how often an input is changed, at least and at most."""
        self._corpus = corpus
        self._changes_of_one = changes
        self._random = random.Random(seed)
        self._changes = (
            self._flip,
            self._overwrite,
            self._cut,
            self._insert_token,
            self._insert_token,
            self._double,
            self._splice,
            self._repeat,
        )

    def next(self) -> bytes:
        """Return another input."""
        made = bytearray(self._random.choice(self._corpus))
        for _ in range(self._random.randint(*self._changes_of_one)):
            self._random.choice(self._changes)(made)
        return bytes(made[:LARGEST])

    def _place(self, made: bytearray) -> int:
        return self._random.randrange(len(made) + 1)

    def _part(self, octets: bytes | bytearray, longest: int) -> tuple[int, int]:
        start = self._random.randrange(len(octets) + 1)
        return start, min(len(octets), start + self._random.randint(1, longest))

    def _flip(self, made: bytearray) -> None:
        if made:
            made[self._random.randrange(len(made))] ^= 1 << self._random.randrange(8)

    def _overwrite(self, made: bytearray) -> None:
        start, end = self._part(made, 8)
        made[start:end] = self._random.randbytes(end - start)

    def _cut(self, made: bytearray) -> None:
        start, end = self._part(made, 64)
        del made[start:end]

    def _insert_token(self, made: bytearray) -> None:
        at = self._place(made)
        made[at:at] = self._random.choice(TOKENS)

    def _double(self, made: bytearray) -> None:
        start, end = self._part(made, 128)
        made[end:end] = made[start:end]

    def _splice(self, made: bytearray) -> None:
        other = self._random.choice(self._corpus)
        start, end = self._part(other, 256)
        at = self._place(made)
        made[at:at] = other[start:end]

    def _repeat(self, made: bytearray) -> None:
        """Repeat a short part as often as fits, seldom: this finds what is quadratic."""
        start, end = self._part(made, 16)
        if start < end and self._random.random() < 0.05:
            made[end:end] = made[start:end] * ((LARGEST - min(len(made), LARGEST)) // (end - start))
