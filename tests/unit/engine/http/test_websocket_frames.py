"""Heads of frames in any pieces, and who must wait."""

from __future__ import annotations

import asyncio
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.http.websocket_frames import FrameHeads, MaskedFrames
from tests.testkit.virtual_loop import run_virtual
from tests.testkit.websocket_octets import CONTINUATION, PING, TEXT, frame

LENGTHS = st.sampled_from([0, 1, 125, 126, 300, 65_535, 65_536])
BREACH = b"\x83\x80\x00\x00\x00\x00"


def in_pieces(heads: FrameHeads, stream: bytes, step: int) -> bytes:
    return b"".join(heads.receive(stream[at : at + step]) for at in range(0, len(stream), step))


@given(st.lists(LENGTHS, min_size=1, max_size=4), st.integers(1, 70_000))
def test_masked_frames_pass_unchanged_in_whatever_pieces_they_come(lengths, step):
    heads = FrameHeads()
    stream = b"".join(frame(TEXT, bytes(length)) for length in lengths)
    assert in_pieces(heads, stream, max(step, len(stream) // 500)) == stream
    assert heads.messages == len(lengths)
    assert not heads.inside_message


@pytest.mark.parametrize("step", [1, 3, 1000])
@pytest.mark.parametrize("length", [0, 5, 200])
def test_a_breach_stands_in_the_place_of_an_unmasked_frame_and_of_all_behind_it(step, length):
    good = frame(TEXT, b"good")
    stream = good + frame(TEXT, bytes(length), masked=False) + good
    assert in_pieces(FrameHeads(), stream, step) == good + BREACH


def test_a_message_lasts_from_its_first_octet_to_its_final_frame():
    heads = FrameHeads()
    told = []
    for piece in (
        frame(TEXT, b"a", final=False),
        frame(PING, b""),
        frame(CONTINUATION, b"b", final=False),
        frame(CONTINUATION, b"c")[:1],
    ):
        heads.receive(piece)
        told.append((heads.inside_message, heads.messages))
    assert told == [(True, 1)] * 4
    heads.receive(frame(CONTINUATION, b"c")[1:])
    assert not heads.inside_message


class Stream:
    """A transport and the protocol behind it, as far as they are asked."""

    def __init__(self) -> None:
        self.aborted = False
        self.received = b""
        self.protocol: object = self

    def get_protocol(self) -> object:
        return self.protocol

    def set_protocol(self, protocol: object) -> None:
        self.protocol = protocol

    def get_extra_info(self, name: str) -> Stream:
        return self

    def setsockopt(self, level: int, name: int, value: int) -> None:
        self.kept_by_kernel = value

    def abort(self) -> None:
        self.aborted = True

    def data_received(self, data: bytes) -> None:
        self.received += data


def fed(pieces: list[bytes]) -> Stream:
    """Return the stream after pieces that came a second apart, and the time that a message may take."""

    async def feed() -> Stream:
        stream = Stream()
        MaskedFrames.stand_before(cast(asyncio.Transport, stream), message_within=5.0)
        for piece in pieces:
            cast(MaskedFrames, stream.protocol).data_received(piece)
            await asyncio.sleep(1.0)
        await asyncio.sleep(5.0)
        return stream

    return run_virtual(feed())


def test_messages_that_come_slowly_but_whole_are_taken():
    sent = b"".join(frame(TEXT, bytes(30)) for _ in range(10))
    stream = fed([sent[at : at + 10] for at in range(0, len(sent), 10)])
    assert (stream.aborted, stream.received) == (False, sent)


@pytest.mark.parametrize("kind", [CONTINUATION, PING])
def test_a_message_in_whose_midst_frames_go_on_for_ever_ends_its_connection(kind):
    begun = frame(TEXT, b"O", final=False)
    assert fed([begun, *(frame(kind, b" ", final=kind == PING) for _ in range(10))]).aborted
