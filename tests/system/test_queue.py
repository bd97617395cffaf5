"""Queues: the daemon as a process between outside phones that wait, take, speak and listen."""

from __future__ import annotations

import asyncio
from urllib.parse import quote, urlencode

import pytest

from tests.testkit.application import ApplicationPort, FakeApplication
from tests.testkit.callee import Callees
from tests.testkit.daemon import Daemon
from tests.testkit.outside_sound import tone
from tests.testkit.phone import HOLD, RESUME, Phones
from tests.testkit.queues import enqueue, take, waiting
from tests.testkit.sip_scenario import InDialog
from tests.testkit.sip_text import replaces

CALLERS, IMPORTANT, AGENTS, CONSULTED = "5001", "5002", "5003", "5004"
SETTINGS = {"queues": {"max_size": 2}}


def numbers(port: ApplicationPort) -> list[dict[str, str]]:
    return [
        {"number": CONSULTED, "voice_url": port.url("/consult")},
        *({"number": each, "voice_url": port.url(f"/{each}")} for each in (CALLERS, IMPORTANT, AGENTS)),
    ]


@pytest.fixture(autouse=True)
def ends(application: FakeApplication) -> None:
    """What follows a queue hangs up."""
    application.answer("/served", "<Response/>")
    application.answer("/next", "<Response/>")


async def test_who_waits_hears_the_document_until_an_agent_takes_them_and_both_hear_each_other(
    phones: Phones, application: FakeApplication, daemon: Daemon
):
    application.answer(f"/{CALLERS}", enqueue(waitUrl="/wait", action="/served"))
    application.answer(f"/{AGENTS}", take(url="/whisper", dial='action="/next" record="record-from-answer"'))
    application.answer("/wait", "<Response><Play>/please-wait.wav</Play></Response>")
    application.answer("/whisper", "<Response><Play>/you-are-next.wav</Play></Response>")
    application.serve_sound("/please-wait.wav", tone(600, 1.0))
    application.serve_sound("/you-are-next.wav", tone(1000, 0.3))
    caller = await (await phones.dial(CALLERS)).answered()
    await caller.voice.hears(600, 0.3)
    agent = await (await phones.dial(AGENTS)).answered()
    await caller.voice.hears(1000, 0.2)
    caller.voice.say_nowait(tone(700, 20.0))
    agent.voice.say_nowait(tone(1500, 20.0))
    await asyncio.gather(agent.voice.hears(700, 0.3), caller.voice.hears(1500, 0.3))
    assert (await caller.sip.do(HOLD)).message.status == 200
    assert (await caller.sip.do(RESUME)).message.status == 200
    await agent.hang_up()
    await caller.ended_by_server()
    asked, told = await application.request_to("/wait"), await application.request_to("/whisper")
    queue = asked["QueueSid"]
    assert (asked["QueuePosition"], asked["CurrentQueueSize"], asked["EstimatedWaitTime"]) == ("1", "1", "")
    assert (told["CallSid"], told["DequeingCallSid"]) == (caller.call_sid, agent.call_sid)
    served, following = await application.request_to("/served"), await application.request_to("/next")
    assert (served["QueueResult"], served["QueueSid"], queue[:2]) == ("bridged", queue, "QU")
    assert (following["DialCallStatus"], following["DialCallSid"]) == ("completed", caller.call_sid)
    assert following["RecordingUrl"].startswith("http")
    await waiting(daemon)


async def test_an_agent_waits_for_a_caller_and_ends_the_talk_by_the_star_key(
    phones: Phones, application: FakeApplication, daemon: Daemon
):
    application.answer(f"/{CALLERS}", enqueue(action="/served"))
    application.answer(f"/{AGENTS}", take(dial='hangupOnStar="true" action="/next"'))
    agent = await (await phones.dial(AGENTS)).answered()
    await waiting(daemon, agents=1)
    caller = await (await phones.dial(CALLERS)).answered()
    caller.voice.say_nowait(tone(700, 20.0))
    await agent.voice.hears(700, 0.3)
    await agent.voice.press("*")
    await asyncio.gather(agent.ended_by_server(), caller.ended_by_server())
    assert (await application.request_to("/next"))["DialCallStatus"] == "completed"


async def test_the_smaller_priority_is_taken_first_and_a_full_queue_lets_nobody_in(
    phones: Phones, application: FakeApplication, daemon: Daemon
):
    application.answer(f"/{CALLERS}", enqueue(action="/served"))
    application.answer(f"/{IMPORTANT}", enqueue(priority="1", action="/served"))
    application.answer(f"/{AGENTS}", take(dial='action="/next"'))
    usual = await (await phones.dial(CALLERS)).answered()
    await waiting(daemon, members=1)
    important = await (await phones.dial(IMPORTANT)).answered()
    await waiting(daemon, members=2)
    late = await (await phones.dial(CALLERS)).answered()
    await late.ended_by_server()
    assert (await application.request_to("/served"))["QueueResult"] == "queue-full"
    important.voice.say_nowait(tone(1500, 20.0))
    agent = await (await phones.dial(AGENTS)).answered()
    await agent.voice.hears(1500, 0.3)
    await important.hang_up()
    await agent.ended_by_server()
    await usual.hang_up()
    results = [(await application.request_to("/served", number)) for number in (2, 3)]
    assert {told["CallSid"]: told["QueueResult"] for told in results} == {
        important.call_sid: "bridged",
        usual.call_sid: "hangup",
    }


async def test_a_key_takes_the_caller_out_and_max_wait_does(
    phones: Phones, application: FakeApplication, daemon: Daemon
):
    application.answer(f"/{CALLERS}", enqueue(waitUrl="/wait", action="/served"))
    application.answer(f"/{IMPORTANT}", enqueue(maxWait="1", action="/served"))
    application.answer(
        "/wait", '<Response><Gather numDigits="1" action="/key" timeout="60"></Gather></Response>'
    )
    application.answer("/key", "<Response><Leave/></Response>")
    caller = await (await phones.dial(CALLERS)).answered()
    patient = await (await phones.dial(IMPORTANT)).answered()
    await application.request_to("/wait")
    await caller.voice.press("0")
    await asyncio.gather(caller.ended_by_server(), patient.ended_by_server())
    results = [await application.request_to("/served", number) for number in (1, 2)]
    assert {told["CallSid"]: told["QueueResult"] for told in results} == {
        caller.call_sid: "leave",
        patient.call_sid: "timeout",
    }


async def test_a_member_who_is_redirected_leaves_the_queue_and_the_agent_finds_nobody(
    phones: Phones, application: FakeApplication, daemon: Daemon
):
    application.answer(f"/{CALLERS}", enqueue(action="/served"))
    application.answer(f"/{AGENTS}", take(dial='timeout="1" action="/next"'))
    application.answer("/elsewhere", "<Response><Play>/elsewhere.wav</Play></Response>")
    application.serve_sound("/elsewhere.wav", tone(1000, 0.5))
    caller = await (await phones.dial(CALLERS)).answered()
    await waiting(daemon, members=1)
    await daemon.change(caller.call_sid, Url=application.url("/elsewhere"))
    await caller.voice.hears(1000, 0.3)
    assert (await application.request_to("/served"))["QueueResult"] == "redirected"
    await waiting(daemon)
    agent = await (await phones.dial(AGENTS)).answered()
    await agent.ended_by_server()
    assert (await application.request_to("/next"))["DialCallStatus"] == "no-answer"


async def test_an_agent_transfers_the_caller_and_is_hung_up(
    phones: Phones, callees: Callees, application: FakeApplication, daemon: Daemon
):
    alice = await callees.add()
    application.answer(f"/{CALLERS}", enqueue(action="/served"))
    application.answer(f"/{AGENTS}", take(dial='referUrl="/transferred" action="/next"'))
    application.answer("/transferred", f"<Response><Dial>{alice.noun}</Dial></Response>")
    caller = await (await phones.dial(CALLERS)).answered()
    refer = InDialog("REFER", headers=(("Refer-To", "<sip:alice@127.0.0.1>"),))
    agent = await (await phones.dial(AGENTS, actions={"refer": refer})).answered()
    agent.voice.say_nowait(tone(1500, 20.0))
    await caller.voice.hears(1500, 0.3)
    assert (await agent.sip.do("refer")).message.status == 202
    await agent.ended_by_server()
    await alice.invited()
    await alice.sip.reached("answered")
    alice.voice.say_nowait(tone(700, 3.0))
    await caller.voice.hears(700, 0.3)
    assert (await application.request_to("/served"))["QueueResult"] == "redirected"
    await alice.sip.hang_up()
    await caller.ended_by_server()


async def test_a_caller_from_the_queue_connects_the_agent_with_whom_they_consulted(
    phones: Phones, callees: Callees, application: FakeApplication, daemon: Daemon
):
    """An attended transfer (RFC 5589 section 7) by the telephone of the one who waited."""
    carol = await callees.add()
    application.answer("/consult", f"<Response><Dial>{carol.noun}</Dial></Response>")
    application.answer(f"/{CALLERS}", enqueue(action="/served"))
    application.answer(f"/{AGENTS}", take(dial='action="/next"'))
    consulting = await (await phones.dial(CONSULTED)).answered()
    await carol.answered()
    target = f"<sip:carol@127.0.0.1?{urlencode(replaces(consulting.answer), quote_via=quote)}>"
    refer = InDialog("REFER", headers=(("Refer-To", target),))
    caller = await (await phones.dial(CALLERS, actions={"refer": refer})).answered()
    await waiting(daemon, members=1)
    agent = await (await phones.dial(AGENTS)).answered()
    caller.voice.say_nowait(tone(1500, 5.0))
    await agent.voice.hears(1500, 0.3)
    assert (await caller.sip.do("refer")).message.status == 202
    await asyncio.gather(caller.ended_by_server(), consulting.ended_by_server())
    carol.voice.say_nowait(tone(700, 5.0))
    agent.voice.say_nowait(tone(1900, 5.0))
    await asyncio.gather(agent.voice.hears(700, 0.3), carol.voice.hears(1900, 0.3))
    await carol.sip.hang_up()
    done = await application.request_to("/next")
    assert done["DialCallStatus"] == "completed"
    await agent.ended_by_server()
