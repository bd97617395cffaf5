import sys

import pytest

from engine.http.same_user import our_users, user_of

OURS = ("127.0.0.1", 8080)
HEAD = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode"


def written(address: str) -> str:
    """Write an address as Linux does: its 32-bit words as numbers of this machine."""
    words = [bytes.fromhex(address[begin : begin + 8]) for begin in range(0, len(address), 8)]
    return "".join((word[::-1] if sys.byteorder == "little" else word).hex() for word in words).upper()


LOOPBACK = written("7f000001")
LOOPBACK_6 = written("00000000000000000000000000000001")
MAPPED = written("00000000000000000000ffff7f000001")


def row(local: str, port: int, remote: str, user: int, *, state: str = "01", to: int = 8080) -> str:
    ends = f"{local}:{port:04X} {remote}:{to:04X}"
    return (
        f"   7: {ends} {state} 00000000:00000000 00:00000000 00000000  {user}        0 4711 1 0 20 4 30 10 -1"
    )


ROWS = [
    HEAD,
    # Our own end of the first one: the same addresses the other way round.
    row(LOOPBACK, 8080, LOOPBACK, 0, to=50000),
    row(LOOPBACK, 50000, LOOPBACK, 1000),
    row(LOOPBACK, 50001, LOOPBACK, 1001),
    row(LOOPBACK, 50002, LOOPBACK, 0, state="06"),
    row(LOOPBACK_6, 50003, LOOPBACK_6, 1003),
    row(MAPPED, 50004, MAPPED, 1004),
    "a row that nobody understands",
]


@pytest.mark.parametrize(("port", "user"), [(50000, 1000), (50001, 1001), (50004, 1004), (50009, None)])
def test_the_user_of_a_connection_is_that_of_its_other_end(port, user):
    assert user_of(("127.0.0.1", port), OURS, ROWS) == user


def test_of_a_connection_that_its_client_has_closed_nobody_is_known():
    # Linux forgets whose it was and says root's.
    assert user_of(("127.0.0.1", 50002), OURS, ROWS) is None


def test_ipv6_has_users_too():
    assert user_of(("::1", 50003), ("::1", 8080), ROWS) == 1003
    assert user_of(("::1", 50000), ("::1", 8080), ROWS) is None


def test_a_listener_of_ipv6_sees_who_comes_by_ipv4():
    assert user_of(("::ffff:127.0.0.1", 50000), ("::ffff:127.0.0.1", 8080), ROWS) == 1000


def test_who_started_us_and_root_are_ours():
    assert our_users(1000, {"SUDO_UID": "1001"}) == {0, 1000}
    assert our_users(0, {}) == {0}
    assert our_users(0, {"SUDO_UID": "1000"}) == {0, 1000}
    assert our_users(0, {"SUDO_UID": "me"}) == {0}
