"""Live calls steered through the REST API (testcases.md L): ended, redirected, moved, muted."""

from __future__ import annotations

from tests.testkit.application import ApplicationPort, FakeApplication
from tests.testkit.callee import Callee, Callees
from tests.testkit.daemon import Daemon
from tests.testkit.outside_sound import tone
from tests.testkit.phone import Phones
from tests.testkit.waiting import eventually

PAUSE = "<Response><Pause length='60'/></Response>"
UNKNOWN = "CA" + "0" * 32


def numbers(port: ApplicationPort) -> list[dict[str, str]]:
    return [{"number": "3000", "voice_url": port.url("/incoming")}]


def dial(*callees: Callee) -> str:
    return f"<Response><Dial>{''.join(each.noun for each in callees)}</Dial></Response>"


async def bridged(
    daemon: Daemon, application: FakeApplication, callees: Callees
) -> tuple[str, Callee, Callee]:
    """Call bob, who dials george; return the call's sid when both are connected."""
    bob, george = await callees.add(), await callees.add()
    application.answer("/url", dial(george))
    placed = await daemon.place(bob.uri, Url=application.url("/url"))
    await bob.answered()
    await george.answered()
    bob.voice.say_nowait(tone(700, 20))
    await george.voice.hears(700, 0.3)
    return placed["sid"], bob, george


def leg_of(daemon: Daemon, parent_sid: str) -> str:
    """Return the CallSid of the only leg that a call dialled."""
    (leg,) = daemon.resource(f"Calls.json?ParentCallSid={parent_sid}")["calls"]
    return str(leg["sid"])


async def test_l01_completed_ends_both_legs(daemon: Daemon, application: FakeApplication, callees: Callees):
    sid, bob, george = await bridged(daemon, application, callees)
    seen = daemon.resource("Supervisor.json/metrics?LiveCallDetails=true")
    ended = await daemon.change(sid, Status="completed")
    await bob.hung_up_on()
    await george.hung_up_on()
    assert ended["status"] == "completed"
    await daemon.clean()
    live = {call["sid"]: (call["Initial Invite"], call["Last Response"]) for call in seen["LiveCallDetails"]}
    assert live == {sid: (bob.uri, 200), leg_of(daemon, sid): (george.uri, 200)}
    figures = daemon.resource("Supervisor.json/metrics")["Metrics"]
    assert (seen["Metrics"]["LiveCalls"], seen["Metrics"]["MediaLegs"]) == (2, 2)
    assert (figures["LiveCalls"], figures["MediaLegs"], figures["MaximumConcurrentCalls"]) == (0, 0, 2)
    assert (figures["CompletedCalls"], figures["OutgoingCallsSinceUptime"]) == (2, 2)


async def test_a_limit_that_is_set_anew_ends_a_call_with_the_leg_that_it_dialled(
    daemon: Daemon, application: FakeApplication, callees: Callees
):
    sid, bob, george = await bridged(daemon, application, callees)
    refused = await daemon.ask("POST", f"Calls/{leg_of(daemon, sid)}.json", TimeLimit="60")
    assert refused.status == 409
    changed = await daemon.ask("POST", f"Calls/{sid}.json", TimeLimit="1")
    assert changed.status == 200
    await bob.hung_up_on()
    await george.hung_up_on()
    await daemon.clean()
    assert daemon.call(sid)["status"] == "completed"


async def test_l04_canceled_ends_a_call_that_rings(daemon: Daemon, callees: Callees):
    bob = await callees.add(waits=True)
    placed = await daemon.place(bob.uri, Twiml=PAUSE)
    await bob.sip.reached("ringing")
    ended = await daemon.change(placed["sid"], Status="canceled")
    await bob.sip.reached("cancelled")
    assert ended["status"] == "canceled"


async def test_an_answered_call_cannot_be_canceled(daemon: Daemon, callees: Callees):
    bob = await callees.add()
    placed = await daemon.place(bob.uri, Twiml=PAUSE)
    await bob.answered()
    answer = await daemon.ask("POST", f"Calls/{placed['sid']}.json", Status="canceled")
    assert (answer.status, answer.json["message"]) == (
        409,
        "The call is answered: it can be completed, not canceled.",
    )
    await bob.sip.hang_up()


async def test_l05_another_url_ends_the_dial_and_runs(
    daemon: Daemon, application: FakeApplication, callees: Callees
):
    sid, bob, george = await bridged(daemon, application, callees)
    alice = await callees.add()
    application.answer("/other", dial(alice))
    await daemon.change(sid, Url=application.url("/other"))
    await george.hung_up_on()
    assert (await application.request_to("/other"))["CallSid"] == sid
    await alice.answered()
    await alice.voice.hears(700, 0.3)
    await alice.sip.hang_up()
    await bob.hung_up_on()


async def test_l07_both_legs_run_the_document_when_the_connected_leg_moves_too(
    daemon: Daemon, application: FakeApplication, callees: Callees
):
    sid, bob, george = await bridged(daemon, application, callees)
    application.answer("/hold", "<Response><Play loop='0'>/music.wav</Play></Response>")
    application.serve_sound("/music.wav", tone(1100, 1))
    leg = leg_of(daemon, sid)
    await daemon.change(sid, Url=application.url("/hold"), MoveConnectedCallLeg="true")
    await bob.voice.hears(1100, 0.5)
    await george.voice.hears(1100, 0.5)
    asked = {each["CallSid"] for each in application.requests_to("/hold")}
    assert asked == {sid, leg}
    # Both are calls of their own now.
    await daemon.change(leg, Status="completed")
    await george.hung_up_on()
    assert daemon.call(sid)["status"] == "in-progress"
    await bob.sip.hang_up()
    await daemon.clean()
    assert {daemon.call(each)["status"] for each in (sid, leg)} == {"completed"}


async def test_a_dialled_leg_gets_a_document_of_its_own_and_the_caller_is_hung_up(
    daemon: Daemon, application: FakeApplication, callees: Callees
):
    sid, bob, george = await bridged(daemon, application, callees)
    application.answer("/other", "<Response><Play loop='0'>/music.wav</Play></Response>")
    application.serve_sound("/music.wav", tone(1100, 1))
    await daemon.change(leg_of(daemon, sid), Url=application.url("/other"))
    await bob.hung_up_on()
    await george.voice.hears(1100, 0.5)
    await george.sip.hang_up()


async def test_l08_an_unknown_call_is_406_and_nothing_happens(
    daemon: Daemon, application: FakeApplication, callees: Callees
):
    sid, bob, _ = await bridged(daemon, application, callees)
    answer = await daemon.ask("POST", f"Calls/{UNKNOWN}.json", Url=application.url("/other"))
    assert answer.status == 406
    malformed = await daemon.ask("POST", "Calls/CAnonsense.json", Url=application.url("/other"))
    assert malformed.status == 400
    assert daemon.call(sid)["status"] == "in-progress"
    await bob.sip.hang_up()


async def test_a_call_that_has_ended_is_410(daemon: Daemon, callees: Callees):
    bob = await callees.add("486 Busy Here")
    placed = await daemon.place(bob.uri, Twiml=PAUSE)
    await bob.sip.reached("refused")
    await daemon.clean()
    answer = await daemon.ask("POST", f"Calls/{placed['sid']}.json", Status="completed")
    assert (answer.status, answer.json["message"]) == (410, "Call is already completed.")


async def test_l10_completed_cancels_those_who_are_rung(
    daemon: Daemon, application: FakeApplication, callees: Callees
):
    bob, one, other = await callees.add(), await callees.add(waits=True), await callees.add(waits=True)
    application.answer("/url", dial(one, other))
    placed = await daemon.place(bob.uri, Url=application.url("/url"))
    await one.sip.reached("ringing")
    await other.sip.reached("ringing")
    await daemon.change(placed["sid"], Status="completed")
    await one.sip.reached("cancelled")
    await other.sip.reached("cancelled")
    await bob.hung_up_on()


async def test_l11_a_hangup_document_ends_the_call_and_the_ringing(
    daemon: Daemon, application: FakeApplication, callees: Callees
):
    bob, one = await callees.add(), await callees.add(waits=True)
    application.answer("/url", dial(one))
    application.answer("/hangup", "<Response><Hangup/></Response>")
    placed = await daemon.place(bob.uri, Url=application.url("/url"))
    await one.sip.reached("ringing")
    await daemon.change(placed["sid"], Url=application.url("/hangup"))
    await one.sip.reached("cancelled")
    await bob.hung_up_on()


async def test_a_leg_that_rings_in_a_dial_can_be_canceled_and_the_document_goes_on(
    daemon: Daemon, application: FakeApplication, callees: Callees
):
    bob, one = await callees.add(), await callees.add(waits=True)
    application.answer("/url", dial(one).replace("</Response>", "<Pause length='60'/></Response>"))
    placed = await daemon.place(bob.uri, Url=application.url("/url"))
    await one.sip.reached("ringing")
    leg = leg_of(daemon, placed["sid"])
    await daemon.change(leg, Status="canceled")
    await one.sip.reached("cancelled")
    await eventually(lambda: daemon.call(leg)["status"] == "canceled", 3, "the leg is canceled")
    assert daemon.call(placed["sid"])["status"] == "in-progress"
    await bob.sip.hang_up()


async def test_a_call_that_came_in_is_redirected_and_muted(
    daemon: Daemon, phones: Phones, application: FakeApplication, callees: Callees
):
    george = await callees.add()
    application.answer("/incoming", PAUSE.replace("<Pause", "<Say>hello</Say><Pause"))
    call = await (await phones.dial("3000")).answered()
    await daemon.change(call.call_sid, Twiml=dial(george))
    await george.answered()
    await daemon.change(call.call_sid, Mute="true")
    call.voice.say_nowait(tone(700, 4))
    george.voice.say_nowait(tone(1500, 1))
    await call.voice.hears(1500, 0.5)
    assert george.voice.last_heard(700) == 0
    await daemon.change(call.call_sid, Mute="false")
    await george.voice.hears(700, 0.3)
    await call.hang_up()
    await george.hung_up_on()


async def test_l13_a_caller_who_is_kept_ringing_is_ended_and_redirected_all_the_same(
    daemon: Daemon, phones: Phones, application: FakeApplication, callees: Callees
):
    one, other, george = [await callees.add(waits=waits) for waits in (True, True, False)]
    rings = dial(one).replace("<Dial>", "<Dial answerOnBridge='true'>")
    application.answer("/incoming", rings)
    call = await phones.dial("3000")
    await one.sip.reached("ringing")
    sid = daemon.resource("Calls.json?Status=ringing")["calls"][0]["parent_call_sid"]
    too_early = await daemon.ask("POST", f"Calls/{sid}.json", Mute="true")
    assert (too_early.status, too_early.json["message"]) == (409, "The call is not answered yet.")
    await daemon.change(sid, Twiml=dial(george))
    await one.sip.reached("cancelled")
    await george.answered()
    await call.answered()
    await george.sip.hang_up()
    await call.ended_by_server()

    application.answer("/incoming", dial(other).replace("<Dial>", "<Dial answerOnBridge='true'>"))
    again = await phones.dial("3000")
    await other.sip.reached("ringing")
    sid = daemon.resource("Calls.json?Status=ringing")["calls"][0]["parent_call_sid"]
    ended = await daemon.change(sid, Status="canceled")
    await other.sip.reached("cancelled")
    assert (await again.refused()).status == 487
    assert ended["status"] == "canceled"


async def test_a_live_call_is_recorded_and_keys_are_pressed_towards_it(
    daemon: Daemon, application: FakeApplication, callees: Callees
):
    application.answer("/recorded", "")
    bob = await callees.add()
    sid = (await daemon.place(bob.uri, Twiml=PAUSE))["sid"]
    await bob.answered()
    await daemon.change(
        sid,
        Record="true",
        RecordingChannels="dual",
        RecordingStatusCallback=application.url("/recorded"),
        SendDigits="12w#",
    )
    await eventually(lambda: bob.voice.digits_heard() == "12#", 5, "bob was pressed the keys")
    await daemon.change(sid, Record="false")
    told = await application.request_to("/recorded")
    assert (told["CallSid"], told["RecordingStatus"], told["RecordingChannels"]) == (sid, "completed", "2")
    assert daemon.call(sid)["status"] == "in-progress"
    nothing = await daemon.ask("POST", f"Calls/{sid}.json")
    assert nothing.status == 400
    await bob.sip.hang_up()


async def test_an_ended_call_is_deleted_and_a_live_one_is_not(daemon: Daemon, callees: Callees):
    bob = await callees.add()
    placed = await daemon.place(bob.uri, Twiml=PAUSE)
    await bob.answered()
    assert (await daemon.ask("DELETE", f"Calls/{placed['sid']}.json")).status == 409
    await bob.sip.hang_up()
    await daemon.clean()
    assert (await daemon.ask("DELETE", f"Calls/{placed['sid']}.json")).status == 200
    assert (await daemon.ask("DELETE", f"Calls/{placed['sid']}.json")).status == 404
