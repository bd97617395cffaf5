"""The steered SIPp caller, proved against a SIPp that answers."""

from contextlib import AsyncExitStack

import pytest

from tests.testkit.raw_sip import RawUdp
from tests.testkit.sip_scenario import AnswerScenario, CallScenario, InDialog, Invite
from tests.testkit.sip_text import Offer, audio_of
from tests.testkit.sipp import SIPP, SippCallee, SippCaller
from tests.testkit.waiting import eventually

pytestmark = [
    pytest.mark.loopback,
    pytest.mark.skipif(SIPP is None, reason="sipp is not installed"),
]

OFFER = str(Offer(port=40000))
ANSWER = str(Offer(port=41000, payload_types=(8,)))


def call(**actions: InDialog) -> CallScenario:
    return CallScenario("1111", Invite(OFFER), actions)


def calling(scenario: CallScenario, callee: SippCallee, tmp_path, transport: str = "UDP") -> SippCaller:
    return SippCaller(scenario, ("127.0.0.1", callee.port), tmp_path, transport=transport)


@pytest.mark.parametrize("transport", ["UDP", "TCP"])
async def test_a_call_is_answered_and_hung_up_by_the_caller(tmp_path, transport):
    async with (
        SippCallee(AnswerScenario(ANSWER, waits=True), tmp_path, transport=transport) as callee,
        calling(call(), callee, tmp_path, transport) as caller,
    ):
        # Over TCP a 200 that comes at once finds SIPp amid its report of the INVITE, and is unexpected then.
        await caller.reached("provisional")
        await callee.pick_up()
        answered = await caller.answered()
        await caller.hang_up()
        await callee.finished()
    assert audio_of(answered.message.body).port == 41000
    assert caller.steps == ["started", "provisional", "answered", "hang-up"]
    assert callee.steps == ["invited", "ringing", "answered", "byed"]


async def test_the_other_side_hangs_up(tmp_path):
    async with (
        SippCallee(AnswerScenario(ANSWER), tmp_path) as callee,
        calling(call(), callee, tmp_path) as caller,
    ):
        await caller.answered()
        await callee.reached("answered")
        await callee.do("hang-up")
        bye = await caller.ended_by_server()
    assert bye.message.method == "BYE"


async def test_a_refusal_is_reported_with_its_status(tmp_path):
    async with (
        SippCallee(AnswerScenario(ANSWER, refusal="486 Busy Here"), tmp_path) as callee,
        calling(call(), callee, tmp_path) as caller,
    ):
        refused = await caller.refused()
        await caller.finished()
        await callee.finished()
    assert refused.message.status == 486


async def test_a_ringing_call_is_cancelled(tmp_path):
    async with (
        SippCallee(AnswerScenario(ANSWER, waits=True), tmp_path) as callee,
        calling(call(), callee, tmp_path) as caller,
    ):
        await callee.reached("ringing")
        await caller.reached("provisional")
        refused = await caller.cancel()
        await callee.reached("cancelled")
    assert refused.message.status == 487


async def test_a_word_to_answer_that_comes_after_the_cancel_changes_nothing(tmp_path):
    async with SippCallee(AnswerScenario(ANSWER, waits=True), tmp_path) as callee, AsyncExitStack() as stack:
        caller = await RawUdp.open(("127.0.0.1", callee.port))
        stack.callback(caller.close)
        caller.send(_of_a_call("INVITE", caller.port))
        await callee.reached("ringing")
        caller.send(_of_a_call("CANCEL", caller.port))
        terminated = lambda: any(b"487" in answer for answer in caller.answers)  # noqa: E731
        await eventually(terminated, 5.0, "the INVITE is refused", context=callee.story)
        await callee.start("pick-up")
        caller.send(_of_a_call("ACK", caller.port))
        await callee.reached("cancelled")
        await callee.finished()


def _of_a_call(method: str, port: int) -> bytes:
    return (
        f"{method} sip:callee@127.0.0.1 SIP/2.0\r\n"
        f"Via: SIP/2.0/UDP 127.0.0.1:{port};branch=z9hG4bKcrossed\r\n"
        "Max-Forwards: 70\r\nFrom: <sip:bob@127.0.0.1>;tag=bob\r\nTo: <sip:callee@127.0.0.1>\r\n"
        f"Call-ID: crossed\r\nCSeq: 1 {method}\r\nContact: <sip:bob@127.0.0.1:{port}>\r\n"
        "Content-Length: 0\r\n\r\n"
    ).encode()


async def test_requests_inside_the_dialog_arrive_as_written(tmp_path):
    digit = InDialog("INFO", "Signal=7\r\nDuration=160\r\n", "application/dtmf-relay")
    hold = InDialog("INVITE", str(Offer(port=40000, direction="sendonly", version=2)), "application/sdp")
    async with (
        SippCallee(AnswerScenario(ANSWER, waits=True), tmp_path) as callee,
        calling(call(digit=digit, hold=hold), callee, tmp_path) as caller,
    ):
        await callee.reached("ringing")
        await callee.pick_up()
        await caller.answered()
        for _ in range(3):
            await caller.do("digit")
        await caller.do("hold")
        await caller.hang_up()
        await callee.finished()
    digits = [report.message for report in callee.reports if report.step == "asked"]
    assert [message.body.strip() for message in digits] == ["Signal=7\nDuration=160"] * 3
    assert len({message.header("Via") for message in digits}) == 3
    held = next(report.message for report in callee.reports if report.step == "reinvited")
    assert audio_of(held.body).direction == "sendonly"


async def test_an_invite_may_carry_headers_and_the_ack_the_answer_to_a_late_offer(tmp_path):
    invite = Invite(None, None, headers=(("X-Colour", "blue"),), display_name="Bob B", ack_body=OFFER)
    async with (
        SippCallee(AnswerScenario(ANSWER), tmp_path) as callee,
        calling(CallScenario("1111", invite), callee, tmp_path) as caller,
    ):
        await caller.answered()
        acknowledged = await callee.reached("answered")
        await caller.hang_up()
    invited = callee.reports[0].message
    assert invited.header("X-Colour") == "blue"
    assert invited.header("From").startswith('"Bob B" <sip:bob@')
    assert invited.body.strip() == ""
    assert audio_of(acknowledged.message.body).port == 40000
