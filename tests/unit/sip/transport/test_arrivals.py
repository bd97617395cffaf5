"""Whose datagrams go first when more comes than a turn of the loop has time for."""

import asyncio
from functools import partial

import pytest

from sip.events import Acknowledged, IncomingInvite, IncomingRequest, RequestAnswered, SessionEnded, SipEvent
from sip.flow import Destination, Flow
from sip.message import Request, Response
from sip.transport.arrivals import MOST_OF_A_CALL, Arrivals
from sip.transport.turns import A_TURN, MOST_WAITING, OF_CALLS, Lane, Turns
from tests.testkit.sip_messages import request, response
from tests.testkit.virtual_loop import run_virtual
from tests.testkit.virtual_stack import PHONE, VirtualStack
from tests.testkit.waiting import eventually

FIT = 4
"""Datagrams that a turn has time for."""
STRANGER = Flow("UDP", ("127.0.0.1", 5060), ("192.0.2.66", 5060))


class Post:
    """Reads datagrams of the form ``call:number``, where nobody has no call, and notes their order."""

    def __init__(self) -> None:
        self._now = 0.0
        self.turns = Turns(asyncio.get_running_loop(), lambda: self._now)
        self.arrivals = Arrivals(self, self.turns, self._read, lambda: self._now)
        self.read: list[str] = []
        self.too_many = False

    def belongs_to(self, data: bytes) -> str | None:
        return data.decode().partition(":")[0] or None

    def drops_unread(self, data: bytes, flow: Flow, now: float) -> bool:
        return self.too_many

    def receive(self, *datagrams: str) -> None:
        for datagram in datagrams:
            self.arrivals.receive(datagram.encode(), STRANGER)

    def _read(self, data: bytes, flow: Flow) -> None:
        self._now += 1.01 * A_TURN / FIT
        self.read.append(data.decode())


def strangers(first: int, count: int) -> list[str]:
    return [f":{number}" for number in range(first, first + count)]


def test_datagrams_are_read_in_the_order_in_which_they_came_while_there_is_time():
    async def main() -> None:
        post = Post()
        post.receive(":1", "a:2", ":3")
        assert post.read == [":1", "a:2", ":3"]

    run_virtual(main())


def test_a_call_goes_before_strangers_who_wait_and_keeps_its_own_order():
    async def main() -> None:
        post = Post()
        post.receive(*strangers(0, FIT + 3), "a:1", "b:1", "a:2")
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert post.read[FIT:] == ["a:1", "b:1", "a:2", ":4", ":5", ":6"]

    run_virtual(main())


def test_strangers_have_a_quarter_of_each_turn_however_much_calls_send():
    async def main() -> None:
        post = Post()
        post.receive(*strangers(0, FIT + 2), *(f"{call}:1" for call in "abcdefgh"))
        for _ in range(2):
            await asyncio.sleep(0)
        assert OF_CALLS == 0.75 * A_TURN
        assert post.read[FIT : 3 * FIT] == ["a:1", "b:1", "c:1", ":4", "d:1", "e:1", "f:1", ":5"]

    run_virtual(main())


def test_one_call_has_only_so_many_places_before_others():
    async def main() -> None:
        post = Post()
        post.receive(*strangers(0, FIT + 1), *(f"a:{number}" for number in range(1000)), "b:1")
        for _ in range(MOST_OF_A_CALL):
            await asyncio.sleep(0)
        assert [each for each in post.read if each.startswith("a")] == [
            f"a:{number}" for number in range(MOST_OF_A_CALL)
        ]
        for _ in range(3):
            await asyncio.sleep(0)
        post.receive(*strangers(10, FIT + 1), "a:again")
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert "a:again" in post.read

    run_virtual(main())


def test_a_flood_that_is_dropped_unread_takes_no_place_of_others():
    async def main() -> None:
        post = Post()
        post.receive(*strangers(0, FIT + 1))
        post.too_many = True
        post.receive(*strangers(100, 10 * MOST_WAITING))
        post.too_many = False
        assert not post.turns.full
        post.receive(":last")
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert post.read[FIT:] == [":4", ":last"]

    run_virtual(main())


def test_streams_and_strangers_go_one_by_one():
    async def main() -> None:
        post = Post()
        post.receive(*strangers(0, FIT + 3))
        for number in range(3):
            post.turns.take(partial(post.read.append, f"stream {number}"), Lane.STREAMS)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert post.read[FIT:] == ["stream 0", ":4", "stream 1", ":5", "stream 2", ":6"]

    run_virtual(main())


class Callee:
    """A stack with one call that is up, whose caller is at ``PHONE``."""

    def __init__(self) -> None:
        self.read_by: dict[type[SipEvent], int] = {}
        """Messages that were read when the last event of a kind came about."""
        self.stack = VirtualStack(self._on_event)
        self.stack.deliver(request("INVITE", body=b"offer"))
        (self.answer,) = (one for one in self.stack.all(Response) if one.status == 200)
        self.stack.deliver(self.asked("ACK"))
        assert Acknowledged in self.read_by

    def _on_event(self, event: SipEvent) -> None:
        self.read_by[type(event)] = self.read
        if isinstance(event, IncomingInvite):
            event.session.answer(self.stack.now(), b"answer")
        elif isinstance(event, IncomingRequest):
            self.stack.endpoint.reply(self.stack.now(), event.transaction, 200)

    def asked(self, method: str, **headers: str) -> Request:
        to = self.answer.headers.get("To") or ""
        return request(method, headers={"To": to, **headers}, cseq=1 if method == "ACK" else 2)

    def receive(self, datagram: bytes, flow: Flow = PHONE) -> None:
        self.stack._arrivals.receive(datagram, flow)

    def strangers_come(self) -> None:
        """More of them than may wait, each from an address of its own."""
        for number in range(MOST_WAITING + 200):
            host = f"198.51.{number // 250}.{number % 250 + 1}"
            via = f"SIP/2.0/UDP {host}:5060;branch=z9hG4bK-{number}"
            options = request("OPTIONS", headers={"Via": via, "Call-ID": f"stranger-{number}"})
            self.receive(options.to_bytes(), Flow("UDP", ("127.0.0.1", 5060), (host, 5060)))

    @property
    def read(self) -> int:
        return self.stack.endpoint.statistics().messages_received

    async def read_until(self, kind: type[SipEvent]) -> int:
        """Wait for an event; return how many messages were read from now on when it came about."""
        before = self.read
        await eventually(lambda: kind in self.read_by, 60.0, f"{kind.__name__}", every=0)
        return self.read_by[kind] - before


@pytest.mark.hostile("T12", sent="a BYE, and an answer, behind 2,200 requests of 2,200 strangers")
def test_t12_the_bye_of_a_call_passes_a_queue_of_strangers(record_property):
    async def main() -> None:
        callee = Callee()
        callee.strangers_come()
        callee.receive(callee.asked("BYE").to_bytes())
        assert await callee.read_until(SessionEnded) == 1
        record_property("held", "it is the next that is read")

    run_virtual(main())


def test_t12_the_answer_to_a_request_of_ours_passes_a_queue_of_strangers():
    async def main() -> None:
        callee = Callee()
        ours = request("OPTIONS", headers={"Via": None})
        callee.stack.endpoint.send_request(callee.stack.now(), ours, Destination("UDP", *PHONE.remote))
        callee.stack.settle()
        sent = next(one for one, _ in callee.stack.sent if getattr(one, "method", "") == "OPTIONS")
        callee.strangers_come()
        answer = response(
            headers={name: sent.headers.get(name) for name in ("Via", "From", "To", "Call-ID", "CSeq")}
        )
        callee.receive(answer.to_bytes())
        assert await callee.read_until(RequestAnswered) == 1

    run_virtual(main())


@pytest.mark.hostile("T12", sent="forged BYEs behind 2,200 requests of strangers")
@pytest.mark.parametrize(
    "forged",
    [
        {"To": "<sip:bob@example.org>"},
        {"To": "<sip:bob@example.org>;tag=guessed"},
        {"From": "<sip:alice@example.org>;tag=guessed"},
        {"Call-ID": "guessed"},
    ],
    ids=["no tag", "another To tag", "another From tag", "another Call-ID"],
)
def test_t12_who_guesses_at_a_call_waits_as_a_stranger(forged: dict[str, str], record_property):
    async def main() -> None:
        callee = Callee()
        callee.strangers_come()
        waited = callee.stack._turns.full
        callee.receive(callee.asked("BYE", **forged).to_bytes())
        callee.receive(callee.asked("BYE").to_bytes())
        assert waited
        assert await callee.read_until(SessionEnded) == 1
        record_property("held", "it is lost as theirs are; the true one is the next that is read")

    run_virtual(main())
