"""WebSockets whose frames come all at once."""

import asyncio
import itertools

import pytest

from sip.flow import Flow
from sip.transport.connections import StreamLimits
from sip.transport.turns import A_TURN, Turns
from sip.transport.websocket import WebSocketTransport
from tests.testkit.virtual_loop import run_virtual

US, CROWD = ("192.0.2.20", 443), 40


class Page:
    """A connection that remembers only that it was aborted."""

    aborted = False

    def send(self, data: bytes) -> None:
        """Nothing is sent in these tests."""

    def close(self) -> None:
        """Nor closed."""

    def abort(self) -> None:
        self.aborted = True


class Server:
    """Reads frames that each take a turn of the loop, and notes what it was told."""

    def __init__(self) -> None:
        self._now = 0.0
        turns = Turns(asyncio.get_running_loop(), lambda: self._now)
        self.told: list[str] = []
        self.transport = WebSocketTransport(
            self._read, lambda flow: self.told.append("closed"), lambda route: None, StreamLimits(), turns
        )

    def connect(self, number: int) -> Flow:
        flow = self.transport.open(Page(), US, ("192.0.2.66", 1024 + number), secure=True)
        assert flow is not None
        return flow

    def _read(self, frame: bytes, flow: Flow) -> None:
        self._now += 1.01 * A_TURN
        self.told.append(frame.decode())


@pytest.mark.hostile("S10", sent="a frame on each of 40 WebSockets in the same moment")
def test_s10_frames_of_a_crowd_are_read_in_turns_and_each_peer_waits_for_its_own(record_property):
    async def main() -> None:
        server = Server()
        flows = [server.connect(number) for number in range(CROWD)]
        waiting = [
            asyncio.ensure_future(server.transport.receive(str(number).encode(), flow))
            for number, flow in enumerate(flows)
        ]
        counts = []
        while len(server.told) < CROWD:
            counts.append(len(server.told))
            assert sum(one.done() for one in waiting) <= len(server.told)
            await asyncio.sleep(0)
        await asyncio.gather(*waiting)
        assert max(after - before for before, after in itertools.pairwise(counts)) == 1
        assert server.told == [str(number) for number in range(CROWD)]
        record_property("held", "a turn of the loop has a millisecond of them; who sends more waits")

    run_virtual(main())


def test_the_end_of_a_connection_is_told_after_the_frame_that_waits():
    async def main() -> None:
        server = Server()
        other, flow = server.connect(1), server.connect(2)
        await server.transport.receive(b"other", other)
        waiting = asyncio.ensure_future(server.transport.receive(b"last", flow))
        await asyncio.sleep(0)
        waiting.cancel()
        server.transport.closed(flow)
        for _ in range(5):
            await asyncio.sleep(0)
        assert server.told == ["other", "last", "closed"]

    run_virtual(main())


def test_at_the_close_nobody_waits_any_longer():
    async def main() -> None:
        server = Server()
        flow = server.connect(1)
        waiting = [asyncio.ensure_future(server.transport.receive(b"frame", flow)) for _ in range(9)]
        await asyncio.sleep(0)
        assert len(server.told) == 1
        server.transport.close()
        await asyncio.gather(*waiting)

    run_virtual(main())
