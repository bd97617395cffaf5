import os
import re
import resource
from pathlib import Path

import pytest

from engine.file_limit import OF_OUR_OWN, PER_CALL, FileShares, grow_table, share_out


@pytest.mark.parametrize(
    ("files", "calls"),
    [(256, 10), (1024, 90), (4096, 410), (65_536, 10_073)],
)
def test_calls_get_what_the_other_uses_leave(files, calls):
    assert share_out(files).calls == calls


@pytest.mark.parametrize("files", [200, 256, 1024, 4096, 65_536, 1_048_576])
def test_the_shares_never_exceed_what_there_is(files):
    shares = share_out(files)
    assert 2 * shares.streams + shares.http + OF_OUR_OWN + PER_CALL * shares.calls <= files


def test_there_is_room_for_one_of_each_whatever_the_limit():
    assert share_out(3) == FileShares(streams=1, http=1, calls=1)


def room_for_descriptors() -> int:
    """Return for how many the kernel has room without making more."""
    return int(re.findall(r"FDSize:\s+(\d+)", Path("/proc/self/status").read_text())[0])


def test_the_kernel_makes_room_for_descriptors_before_they_are_needed():
    wanted = min(2 * room_for_descriptors(), resource.getrlimit(resource.RLIMIT_NOFILE)[0])
    open_before = os.listdir("/proc/self/fd")
    grow_table(wanted)
    assert room_for_descriptors() >= wanted
    assert os.listdir("/proc/self/fd") == open_before


def test_a_table_larger_than_the_system_allows_is_left_as_it_is():
    room = room_for_descriptors()
    grow_table(resource.getrlimit(resource.RLIMIT_NOFILE)[0] + 1)
    assert room_for_descriptors() >= room
