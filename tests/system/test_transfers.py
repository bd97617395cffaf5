"""Transfers by REFER, named after the rows of testcases.md R: the daemon between SIPp callers and callees."""

from __future__ import annotations

import pytest

from tests.testkit.application import ApplicationPort, FakeApplication
from tests.testkit.callee import Callee, Callees
from tests.testkit.daemon import Daemon
from tests.testkit.outside_sound import tone
from tests.testkit.phone import Call, Phones
from tests.testkit.raw_sip import RawUdp
from tests.testkit.sip_scenario import InDialog
from tests.testkit.sip_text import SipMessage, replaces
from tests.testkit.waiting import eventually

REFER = "refer"
TO_ALICE = {REFER: InDialog("REFER", headers=(("Refer-To", "<sip:alice@127.0.0.1>"),))}


def numbers(port: ApplicationPort) -> list[dict[str, str]]:
    transferred = {"refer_url": port.url("/2222"), "refer_method": "GET"}
    return [
        {"number": "3000", "voice_url": port.url("/dial"), **transferred},
        {"number": "3001", "voice_url": port.url("/dial")},
        {"regex": "054[0-9]", "voice_url": port.url("/dial"), **transferred},
    ]


def dial(nouns: str, attributes: str = "") -> str:
    return f"<Response><Dial {attributes}>{nouns}</Dial></Response>"


async def talk(
    phones: Phones, callees: Callees, application: FakeApplication, number: str = "3000", attributes: str = ""
) -> tuple[Call, Callee]:
    """Let bob talk to george, either of whom may refer the other to alice."""
    george = await callees.add(actions=TO_ALICE)
    application.answer("/dial", dial(f"<Sip>sip:+131313@127.0.0.1:{george.sip.port}</Sip>", attributes))
    bob = await (await phones.dial(number, actions=TO_ALICE)).answered()
    await george.invited()
    await george.sip.reached("answered")
    george.voice.say_nowait(tone(2300, 1))
    await bob.voice.hears(2300, 0.1)
    return bob, george


def told(peer: Call | Callee) -> list[str]:
    """The fragments that a transferor was notified of, in order."""
    notified = (report.message for report in peer.sip.reports if report.step == "notified")
    return [message.body.strip() for message in notified]


async def hear_each_other(one: Call | Callee, other: Call | Callee) -> None:
    one.voice.say_nowait(tone(700, 3))
    other.voice.say_nowait(tone(1500, 3))
    await one.voice.hears(1500, 0.5)
    await other.voice.hears(700, 0.5)


@pytest.mark.parametrize("number", ["3000", "0545"], ids=["a_number", "any_number"])
async def test_r01_r02_george_transfers_bob_to_alice(
    phones: Phones, callees: Callees, application: FakeApplication, daemon: Daemon, number: str
):
    bob, george = await talk(phones, callees, application, number)
    alice = await callees.add()
    application.answer("/2222", dial(alice.noun))
    answer = (await george.sip.do(REFER)).message
    assert answer.status == 202
    assert answer.header("Event") == "refer"
    await george.sip.reached("byed")
    assert told(george) == ["SIP/2.0 100 Trying"]
    await alice.invited()
    await alice.sip.reached("answered")
    request = await application.request_to("/2222")
    assert request.method == "GET"
    assert (request["Transferor"], request["Transferee"], request["ReferTarget"]) == (
        "+131313",
        "bob",
        "alice",
    )
    assert request["ReferTransferTarget"] == "sip:alice@127.0.0.1"
    assert request["CallSid"] == bob.call_sid
    await hear_each_other(bob, alice)
    assert daemon.metrics()["dialplane_calls_active"] == 2
    await alice.sip.hang_up()
    await bob.ended_by_server()


async def test_r04_bob_hangs_up_after_the_transfer(
    phones: Phones, callees: Callees, application: FakeApplication
):
    bob, george = await talk(phones, callees, application)
    alice = await callees.add()
    application.answer("/2222", dial(alice.noun))
    await george.sip.do(REFER)
    await george.sip.reached("byed")
    await alice.sip.reached("answered")
    await bob.hang_up()
    await alice.sip.reached("byed")


async def test_r05_bob_transfers_george_to_alice(
    phones: Phones, callees: Callees, application: FakeApplication, daemon: Daemon
):
    bob, george = await talk(phones, callees, application)
    alice = await callees.add()
    application.answer("/2222", dial(alice.noun))
    assert (await bob.sip.do(REFER)).message.status == 202
    await bob.ended_by_server()
    await alice.invited()
    await alice.sip.reached("answered")
    request = await application.request_to("/2222")
    assert (request["Transferor"], request["ReferTarget"]) == ("bob", "alice")
    await hear_each_other(george, alice)
    assert daemon.metrics()["dialplane_calls_active"] == 2
    assert daemon.call(bob.call_sid)["status"] == "completed"
    await alice.sip.hang_up()
    await george.sip.reached("byed")


async def test_r07_a_refer_outside_a_call_is_answered_404(daemon: Daemon, phones: Phones):
    raw = await RawUdp.open(daemon.sip)
    refer = (
        f"REFER sip:3000@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:{raw.port};branch=z9hG4bK-r07\r\n"
        "Max-Forwards: 70\r\nFrom: <sip:bob@127.0.0.1>;tag=r07\r\nTo: <sip:3000@127.0.0.1>\r\n"
        f"Contact: <sip:bob@127.0.0.1:{raw.port}>\r\nRefer-To: <sip:alice@127.0.0.1>\r\n"
        "Call-ID: r07\r\nCSeq: 1 REFER\r\nContent-Length: 0\r\n\r\n"
    )
    answer = await raw.ask(refer.encode())
    raw.close()
    assert answer.status == 404
    assert "SIP REFER should be sent in dialog" in answer.header("Reason")


async def test_r08_a_target_that_cannot_be_reached_ends_both(
    phones: Phones, callees: Callees, application: FakeApplication
):
    bob, george = await talk(phones, callees, application)
    application.answer("/2222", dial("<Client>joe</Client>"))
    assert (await george.sip.do(REFER)).message.status == 202
    await george.sip.reached("byed")
    await bob.ended_by_server()


async def test_a_number_without_a_refer_url_refuses_and_the_talk_goes_on(
    phones: Phones, callees: Callees, application: FakeApplication
):
    bob, george = await talk(phones, callees, application, "3001")
    answer = (await george.sip.do(REFER)).message
    assert answer.status == 404
    assert "Set Refer URL" in answer.header("Reason")
    await hear_each_other(bob, george)
    await bob.hang_up()
    await george.sip.reached("byed")


async def test_the_refer_url_of_a_dial_comes_first(
    phones: Phones, callees: Callees, application: FakeApplication
):
    bob, george = await talk(phones, callees, application, attributes='referUrl="/other"')
    application.answer("/other", "<Response><Play>/bye.wav</Play></Response>")
    application.serve_sound("/bye.wav", tone(1900, 0.6))
    await george.sip.do(REFER)
    await bob.voice.hears(1900, 0.4)
    assert (await application.request_to("/other"))["Transferee"] == "bob"
    assert application.requests_to("/2222") == []
    await bob.ended_by_server()


async def test_an_invite_with_replaces_takes_the_callers_place(
    phones: Phones, callees: Callees, application: FakeApplication
):
    """RFC 3891: who picks bob's call up talks to george."""
    bob, george = await talk(phones, callees, application)
    zoe = await (await phones.dial("3000", headers=replaces(bob.answer))).answered()
    await bob.ended_by_server()
    await hear_each_other(zoe, george)
    await george.sip.hang_up()
    await zoe.ended_by_server()


async def test_an_invite_with_replaces_takes_the_callees_place_and_the_document_goes_on(
    phones: Phones, callees: Callees, application: FakeApplication
):
    bob, george = await talk(phones, callees, application, attributes='action="/done"')
    application.answer("/done", "<Response><Play>/done.wav</Play></Response>")
    application.serve_sound("/done.wav", tone(1900, 0.6))
    ack = next(report.message for report in george.sip.reports if report.step == "answered")
    swapped = dict(replaces(ack))
    call_id, to_tag, from_tag = swapped["Replaces"].split(";")
    header = f"{call_id};to-tag={from_tag.partition('=')[2]};from-tag={to_tag.partition('=')[2]}"
    zoe = await (await phones.dial("3000", headers={"Replaces": header})).answered()
    await george.sip.reached("byed")
    await hear_each_other(bob, zoe)
    await zoe.hang_up()
    await bob.voice.hears(1900, 0.4)
    assert (await application.request_to("/done"))["DialCallStatus"] == "completed"
    await bob.ended_by_server()


async def test_an_invite_that_replaces_no_call_is_refused(phones: Phones, application: FakeApplication):
    call = await phones.dial("3000", headers={"Replaces": "nobody;to-tag=a;from-tag=b"})
    assert (await call.refused()).status == 481


async def test_the_verb_refer_hands_the_caller_over(phones: Phones, application: FakeApplication):
    """rcml.md 5.14: REFER, NOTIFY with a fragment, action."""
    application.answer(
        "/dial",
        '<Response><Play>/wait.wav</Play><Refer action="/referred">'
        "<Sip>sip:carol@example.com?X-Ctx=1</Sip></Refer></Response>",
    )
    application.serve_sound("/wait.wav", tone(1100, 0.2))
    application.answer("/referred", "<Response><Play>/still.wav</Play></Response>")
    application.serve_sound("/still.wav", tone(1900, 0.6))
    states = (("Event", "refer"), ("Subscription-State", "terminated;reason=noresource"))
    busy = InDialog("NOTIFY", "SIP/2.0 486 Busy Here", "message/sipfrag", states)
    bob = await (await phones.dial("3000", actions={"busy": busy})).answered()
    refer: SipMessage = (await bob.sip.reached("referred")).message
    assert refer.header("Refer-To") == "<sip:carol@example.com?X-Ctx=1>"
    assert refer.header("Referred-By").startswith("<sip:3000@127.0.0.1")
    assert (await bob.sip.do("busy")).message.status == 200
    request = await application.request_to("/referred")
    assert request["ReferCallStatus"] == "busy"
    assert (request["ReferSipResponseCode"], request["NotifySipResponseCode"]) == ("202", "486")
    await bob.voice.hears(1900, 0.4)
    await bob.ended_by_server()


async def test_a_document_holds_its_caller_with_music_and_resumes(
    phones: Phones, application: FakeApplication
):
    """rcml.md 5.15, 5.16."""
    application.answer(
        "/dial",
        '<Response><Play>/wait.wav</Play><Hold holdMusic="/music.wav"/><Pause length="1"/>'
        '<Resume action="/resumed"/></Response>',
    )
    application.serve_sound("/wait.wav", tone(700, 0.2))
    application.serve_sound("/music.wav", tone(1100, 0.5))
    application.answer("/resumed", "<Response><Play>/back.wav</Play></Response>")
    application.serve_sound("/back.wav", tone(1900, 0.6))
    bob = await (await phones.dial("3000")).answered()
    held = (await bob.sip.reached("reinvited")).message
    assert "a=sendonly" in held.body
    await bob.voice.hears(1100, 0.5)
    resumed = (await bob.sip.reached("reinvited", after=len(bob.sip.reports))).message
    assert "a=sendrecv" in resumed.body
    request = await application.request_to("/resumed")
    assert (request["ResumeStatus"], request["ResumeSipResponseCode"]) == ("resumed", "200")
    await bob.voice.hears(1900, 0.4)
    await eventually(lambda: bob.sip.steps[-1] == "byed", 5, "the document ends the call")
