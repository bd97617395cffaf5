import pytest

from engine.file_limit import OF_OUR_OWN, PER_CALL, FileShares, share_out


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
