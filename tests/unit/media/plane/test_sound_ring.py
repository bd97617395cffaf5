"""Readers and writers of sound rings, without a tick."""

import asyncio

import numpy as np
import pytest

from media.errors import MediaMisuse
from media.plane import layout as c
from media.plane.errors import SoundInterrupted
from media.plane.kernels import rings
from media.plane.sound_ring import SoundReader, SoundRing, SoundWriter


def ramp(samples):
    return np.arange(samples, dtype=np.int16)


@pytest.mark.parametrize("samples", [0, -4, 1000])
def test_a_ring_has_a_power_of_two(samples):
    with pytest.raises(MediaMisuse, match="power of two"):
        SoundRing(samples)


def test_a_reader_reads_what_has_come_and_never_waits():
    ring = SoundRing(1024)
    reader = SoundReader(ring, lambda: None)
    assert len(reader.read()) == 0
    ring.write(ramp(500))
    assert reader.available == 500
    assert np.array_equal(reader.read(200), ramp(500)[:200])
    assert np.array_equal(reader.read(), ramp(500)[200:])


def test_a_banded_ring_keeps_narrowband_sound_and_both_bands_together_around_its_end():
    ring = SoundRing(512, banded=True)
    sound = np.stack([ramp(1200) + 10000 * row for row in range(-1, 2)]).astype(np.int16)
    narrow, bands = np.zeros(c.FRAME, np.int16), np.zeros((2, c.FRAME), np.int16)
    heard: list[np.ndarray] = []
    written = 0
    while len(heard) < 7:
        written += ring.write(sound[:, written:])
        taken = rings.read_sound(ring.address, narrow.ctypes.data, c.FRAME, bands.ctypes.data)
        assert taken == c.FRAME
        heard.append(np.concatenate([narrow[np.newaxis], bands]))
    assert np.array_equal(np.concatenate(heard, axis=1), sound[:, : 7 * c.FRAME])


@pytest.mark.parametrize(("banded", "shape"), [(True, (100,)), (True, (2, 100)), (False, (3, 100))])
def test_a_ring_takes_only_what_it_was_opened_for(banded, shape):
    ring = SoundRing(512, banded=banded)
    with pytest.raises(MediaMisuse, match="shape"):
        ring.write(np.zeros(shape, np.int16))
    assert ring.waiting == 0


def test_a_reader_detaches_once():
    detached = []
    reader = SoundReader(SoundRing(64), lambda: detached.append(1))
    reader.close()
    reader.close()
    assert (detached, reader.closed) == ([1], True)


def test_what_was_written_before_closing_can_still_be_read():
    ring = SoundRing(64)
    reader = SoundReader(ring, lambda: None)
    ring.write(ramp(10))
    reader.leg_closed()
    assert reader.closed
    assert len(reader.read()) == 10


async def test_a_writer_waits_for_room_and_writes_all():
    ring = SoundRing(256)
    writer = SoundWriter(ring, lambda: None)
    writing = asyncio.create_task(writer.write(ramp(600)))
    read = []
    while not writing.done():
        await asyncio.sleep(0)
        if ring.words[c.SOUND_WANT_ROOM]:
            read += ring.read(256).tolist()
            ring.words[c.SOUND_WANT_ROOM] = 0
            writer.has_room()
    assert read + ring.read(256).tolist() == ramp(600).tolist()


def test_a_writer_knows_what_was_played_and_what_has_room():
    ring = SoundRing(1024)
    writer = SoundWriter(ring, lambda: None)
    writer.write_nowait(ramp(1000))
    ring.read(300)
    assert (writer.played, writer.room) == (300, 324)


def test_a_writer_holds_and_resumes():
    ring = SoundRing(64)
    writer = SoundWriter(ring, lambda: None)
    writer.hold()
    assert ring.words[c.SOUND_HELD]
    writer.resume()
    assert not ring.words[c.SOUND_HELD]


async def test_closing_lets_waiters_go():
    ring = SoundRing(256)
    writer = SoundWriter(ring, lambda: None)
    waiting = [asyncio.create_task(writer.write(ramp(600))), asyncio.create_task(writer.wait_played())]
    await asyncio.sleep(0)
    writer.close()
    results = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(result) for result in results] == [SoundInterrupted, SoundInterrupted]
    with pytest.raises(SoundInterrupted):
        writer.write_nowait(ramp(10))
