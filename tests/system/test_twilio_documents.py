"""Documents as Twilio's manual writes them, run by the daemon: what is heard, recorded and told."""

from __future__ import annotations

from tests.testkit.application import ApplicationPort, FakeApplication
from tests.testkit.callee import Callees
from tests.testkit.daemon import Daemon
from tests.testkit.outside_sound import seconds_of_tone, tone
from tests.testkit.phone import Phones
from tests.testkit.recordings import download

# A SIPp that waits for its call takes an OPTIONS for a fault.
SETTINGS = {"sip": {"ping_interval": 0}}


def numbers(port: ApplicationPort) -> list[dict[str, str]]:
    return [{"number": "7000", "voice_url": port.url("/voice"), "api_version": "2010-04-01"}]


async def test_a_recording_of_start_goes_on_through_a_redirection_and_a_dial(
    phones: Phones, callees: Callees, application: FakeApplication, daemon: Daemon
):
    callee = await callees.add()
    both = '<Recording name="both" recordingStatusCallback="/both" recordingStatusCallbackEvent="completed"/>'
    mine = '<Recording name="mine" track="inbound" channels="mono" recordingStatusCallback="/mine"/>'
    begin = f"<Start>{both}{mine}</Start><Pause length='2'/><Redirect>/next</Redirect>"
    application.answer("/voice", f"<Response>{begin}</Response>")
    stop = '<Stop><Recording name="mine"/></Stop>'
    application.answer("/next", f"<Response>{stop}<Dial>{callee.noun}</Dial></Response>")
    for path in ("/both", "/mine"):
        application.answer(path, "")
    call = await (await phones.dial("7000")).answered()
    call.voice.say_nowait(tone(700, 10))
    await callee.answered()
    callee.voice.say_nowait(tone(1500, 2))
    await call.voice.hears(1500, 0.5)
    stopped = await application.request_to("/mine")
    assert (stopped["RecordingTrack"], stopped["RecordingChannels"]) == ("inbound", "1")
    await call.hang_up()
    ended = await application.request_to("/both")
    assert (ended["RecordingSource"], ended["RecordingChannels"]) == ("StartCallRecordingTwiML", "2")
    assert ended["CallSid"] == stopped["CallSid"]
    assert ended["RecordingStatus"] == "completed"
    said = await download(ended["RecordingUrl"], channel=0)
    heard = await download(ended["RecordingUrl"], channel=1)
    assert seconds_of_tone(said, 700) > seconds_of_tone(await download(stopped["RecordingUrl"]), 700) > 0.5
    assert seconds_of_tone(heard, 1500) > 0.4
    assert seconds_of_tone(said, 1500) == 0


async def test_a_menu_with_an_echo_leads_to_a_screened_callee_who_learns_what_the_call_is_about(
    phones: Phones, callees: Callees, application: FakeApplication
):
    callee = await callees.add()
    for path, frequency in (("/menu.wav", 600), ("/accept.wav", 1000)):
        application.serve_sound(path, tone(frequency, 1.0))
    asked = 'input="dtmf speech" hints="line test" numDigits="1" timeout="20" action="/choice"'
    menu = f"<Gather {asked}><Play>/menu.wav</Play></Gather><Say>We did not receive any input.</Say>"
    headers = '<Headers><Header name="X-Ticket" value="12"/></Headers>'
    noun = f'<Sip url="/screen" statusCallback="/leg">{callee.uri}?User-to-User=3132{headers}</Sip>'
    dial = f'<Dial action="/done" record="record-from-answer-dual" recordingTrack="inbound">{noun}</Dial>'
    accept = '<Gather numDigits="1" timeout="20" action="/accepted"><Play>/accept.wav</Play></Gather>'
    documents = {
        "/voice": menu,
        "/choice": f'<Echo timeout="2"/>{dial}',
        "/screen": f"{accept}<Hangup/>",
        "/accepted": "",
        "/done": "<Hangup/>",
        "/leg": "",
    }
    for path, verbs in documents.items():
        application.answer(path, f"<Response>{verbs}</Response>")
    call = await (await phones.dial("7000")).answered()
    await call.voice.hears(600, 0.1)
    await call.voice.press("1")
    chosen = await application.request_to("/choice")
    assert (chosen["Digits"], chosen.get("SpeechResult")) == ("1", None)
    call.voice.say_nowait(tone(700, 10))
    await call.voice.hears(700, 0.3)
    invite = await callee.invited()
    assert invite.header("User-to-User") == "3132"
    assert invite.header("X-Ticket") == "12"
    await callee.sip.reached("answered")
    assert (await application.request_to("/screen"))["ParentCallSid"] == call.call_sid
    await callee.voice.hears(1000, 0.1)
    await callee.voice.press("1")
    await callee.voice.hears(700, 0.3)
    callee.voice.say_nowait(tone(1500, 2))
    await call.voice.hears(1500, 0.3)
    await callee.sip.hang_up()
    done = await application.request_to("/done")
    assert (done["DialCallStatus"], done["DialBridged"]) == ("completed", "true")
    sound = await download(done["RecordingUrl"])
    assert done["RecordingSid"] in done["RecordingUrl"]
    assert seconds_of_tone(sound, 700) > 0.3
    assert seconds_of_tone(sound, 1500) == 0
    await application.request_to("/leg")
    assert [told["CallStatus"] for told in application.requests_to("/leg")] == ["completed"]
    await call.ended_by_server()
