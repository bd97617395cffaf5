"""Documents as Twilio's manual writes them, run by the daemon: what is heard, recorded and told."""

from __future__ import annotations

from tests.testkit.application import ApplicationPort, FakeApplication
from tests.testkit.callee import Callees
from tests.testkit.daemon import Daemon
from tests.testkit.outside_sound import seconds_of_tone, tone
from tests.testkit.phone import Phones
from tests.testkit.recordings import download


def numbers(port: ApplicationPort) -> list[dict[str, str]]:
    return [{"number": "7000", "voice_url": port.url("/voice")}]


async def test_a_recording_of_start_goes_on_through_a_redirection_and_a_dial(
    phones: Phones, callees: Callees, application: FakeApplication, daemon: Daemon
):
    callee = await callees.add()
    both = '<Recording name="both" recordingStatusCallback="/both" recordingStatusCallbackEvent="completed"/>'
    mine = '<Recording name="mine" track="inbound" channels="mono" recordingStatusCallback="/mine"/>'
    begin = f"<Start>{both}{mine}</Start><Pause length='1'/><Redirect>/next</Redirect>"
    application.answer("/voice", f"<Response>{begin}</Response>")
    stop = '<Stop><Recording name="mine"/></Stop>'
    application.answer("/next", f"<Response>{stop}<Dial>{callee.noun}</Dial></Response>")
    for path in ("/both", "/mine"):
        application.answer(path, "")
    call = await (await phones.dial("7000")).answered()
    call.voice.say_nowait(tone(700, 4))
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
