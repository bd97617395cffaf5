"""The socket that knows when the kernel took in what is read later."""

import socket
import time

import pytest

from tests.testkit.stamped_socket import StampedSocket

pytestmark = pytest.mark.loopback


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_what_is_read_late_came_when_it_came(host):
    with StampedSocket.bound(host) as plug, socket.socket(plug.family, socket.SOCK_DGRAM) as sender:
        _wait_for_stamps(plug, sender)
        before = time.time()
        sender.sendto(b"hello", plug.getsockname())
        sent = time.time()
        while time.time() < sent + 0.01:
            pass
        read = time.time()
        data, source = plug.recvfrom(100)
        after = time.time()
        assert (data, source[:2]) == (b"hello", (host, sender.getsockname()[1]))
        assert plug.waited >= read - sent
        assert plug.waited <= after - before


def _wait_for_stamps(plug: StampedSocket, sender: socket.socket) -> None:
    """Return when the kernel stamps what arrives: it begins a moment after the first socket asks for it."""
    limit = time.monotonic() + 5
    while plug.waited < 0.001:
        assert time.monotonic() < limit, "the kernel stamps what is read, not what arrives"
        sender.sendto(b"stamped?", plug.getsockname())
        read_at = time.monotonic() + 0.002
        while time.monotonic() < read_at:
            pass
        plug.recvfrom(100)


def test_there_may_be_nothing_to_read():
    with StampedSocket.bound("127.0.0.1") as plug, pytest.raises(BlockingIOError):
        plug.recvfrom(100)
